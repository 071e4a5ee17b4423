"""What the operator is told of loads: each refusal once, and from the first line in one format."""

from collections.abc import Callable

from faucet import events
from faucet.diagnostics import Diagnostic
from faucet.model.settings import LoggingSettings
from faucet.serve.loading import Loader
from faucet.serve.logs import Log

Report = Callable[[tuple[Diagnostic, ...], str], bool]
"""Shows why nothing starts, given the log's format; returns whether it did."""


class LoadReporter:
    """
    Stands between what happens and the log.

    *settings* gives the logging of the manifest that was loaded, or None before there is one;
    *report* may show the findings of a refused start in its own way, in place of the log.
    """

    def __init__(
        self,
        log: Log,
        *,
        loader: Loader,
        settings: Callable[[], LoggingSettings | None],
        report: Report | None = None,
    ) -> None:
        self._log = log
        self._loader = loader
        self._settings = settings
        self._report = report
        self._starting = True
        self._first = True
        self._refused: tuple[object, ...] | None = None

    def started(self) -> None:
        """From now on a refusal is one of a reload."""
        self._starting = False

    def tell_again(self) -> None:
        """Tell the next refusal even where nothing changed: somebody asks."""
        self._refused = None

    def publish(self, event: events.Event) -> None:
        """Pass *event* on to the log, unless it was told already."""
        if self._first or isinstance(event, events.Switched):
            self._first = False
            self._log.configure(self._settings() or self._loader.logging_asked())
        match event:
            case events.Refused():
                self._refuse(event)
            case events.Switched() | events.Unchanged():
                self._refused = None
                self._log.publish(event)
            case _:
                self._log.publish(event)

    def _refuse(self, event: events.Refused) -> None:
        if self._starting and self._report and self._report(event.diagnostics, self._log.format):
            return
        told = (event, self._loader.loaded_last)
        if told != self._refused:
            self._refused = told
            self._log.publish(event)
