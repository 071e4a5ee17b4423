"""Reports loads in the log: each refusal once, and all lines in one format."""

from collections.abc import Callable

from faucet import events
from faucet.diagnostics import Diagnostic
from faucet.model.settings import LoggingSettings
from faucet.serve.loading import Loader
from faucet.serve.logs import Log

Report = Callable[[tuple[Diagnostic, ...], str], bool]
"""Shows why the start was refused, given the log's format; returns whether it did."""


class LoadReporter:
    """
    Filters events on their way to the log.

    *report* may show the findings of a refused start in its own form, instead of the log.
    """

    def __init__(self, log: Log, *, loader: Loader, report: Report | None = None) -> None:
        self._log = log
        self._loader = loader
        self._report = report
        self._starting = True
        self._first = True
        self._refused: tuple[object, ...] | None = None

    def mark_started(self) -> None:
        """Treat every later refusal as one of a reload."""
        self._starting = False

    def configure(self, settings: LoggingSettings) -> None:
        """Write the log as *settings* say, which are those of the first load."""
        self._first = False
        self._log.configure(settings)

    def report_again(self) -> None:
        """
        Report the next refusal even if nothing changed, since an operator requested the reload.
        """
        self._refused = None

    def publish(self, event: events.Event) -> None:
        """Pass *event* on to the log, unless it was already reported."""
        if self._first and not isinstance(event, events.Switched):
            self._log.configure(self._loader.logging_settings())
        self._first = False
        match event:
            case events.Refused():
                self._report_refusal(event)
            case events.Switched():
                self._refused = None
                self._log.configure(event.logging)
                self._log.publish(event)
            case events.Unchanged():
                self._refused = None
                self._log.publish(event)
            case _:
                self._log.publish(event)

    def _report_refusal(self, event: events.Refused) -> None:
        if self._starting and self._report and self._report(event.diagnostics, self._log.format):
            return
        refusal = (event.generation, event.diagnostics, self._loader.loaded_last)
        if refusal != self._refused:
            self._refused = refusal
            self._log.publish(event)
