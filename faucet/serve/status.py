"""The result of the latest reload, as in `GET system/generation`."""

from collections.abc import Callable
from datetime import UTC, datetime

from faucet.diagnostics import Diagnostic, as_json_form
from faucet.request.generation import GenerationStatus, LastReload


def timestamp(seconds: float) -> str:
    """Return *seconds* since 1970 as RFC 3339, in UTC."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Status:
    """The process's `GenerationStatus`, kept by the supervisor and read by requests."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._status = GenerationStatus(
            number=0, fingerprint=None, loaded_at=None, last_reload=None
        )

    def now(self) -> GenerationStatus:
        """Return the status."""
        return self._status

    def record_switch(
        self,
        number: int,
        fingerprint: str | None,
        diagnostics: tuple[Diagnostic, ...] | None,
    ) -> None:
        """
        Record that generation *number* is in service; without *diagnostics* no reload led to it.
        """
        last = self._status.last_reload
        if number and diagnostics is not None:
            last = self._reload(diagnostics, ok=True)
        self._status = GenerationStatus(
            number=number,
            fingerprint=fingerprint,
            loaded_at=timestamp(self._clock()),
            last_reload=last,
        )

    def record_attempt(self, diagnostics: tuple[Diagnostic, ...], *, ok: bool) -> None:
        """Record a reload that changed nothing: refused, or without a change."""
        before = self._status
        self._status = GenerationStatus(
            number=before.number,
            fingerprint=before.fingerprint,
            loaded_at=before.loaded_at,
            last_reload=self._reload(diagnostics, ok=ok),
        )

    def _reload(self, diagnostics: tuple[Diagnostic, ...], *, ok: bool) -> LastReload:
        return LastReload(
            ok=ok,
            at=timestamp(self._clock()),
            diagnostics=tuple(map(as_json_form, diagnostics)),
        )
