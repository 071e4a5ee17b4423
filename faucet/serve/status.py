"""How the newest reload ended, as `GET system/generation` shows it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from faucet.diagnostics import Diagnostic
from faucet.request.generation import GenerationStatus, LastReload

_DOCUMENTATION: Final = "docs/diagnostics.md"


def as_json_form(found: Diagnostic) -> Mapping[str, object]:
    """Return *found* as the JSON output of `faucet check` has it."""
    span = found.span
    return {
        "code": found.code,
        "severity": found.severity.value,
        "message": found.message,
        "hint": found.hint,
        "file": span.file if span else None,
        "line": span.line if span else None,
        "column": span.column if span else None,
        "end_line": span.end_line if span else None,
        "end_column": span.end_column if span else None,
        "address": list(found.address),
        "url": f"{_DOCUMENTATION}#{found.code.lower()}",
    }


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

    def switched(
        self,
        number: int,
        fingerprint: str | None,
        diagnostics: tuple[Diagnostic, ...] | None,
    ) -> None:
        """Note that generation *number* serves; without *diagnostics* no reload led to it."""
        last = self._status.last_reload
        if number and diagnostics is not None:
            last = self._reload(diagnostics, ok=True)
        self._status = GenerationStatus(
            number=number,
            fingerprint=fingerprint,
            loaded_at=timestamp(self._clock()),
            last_reload=last,
        )

    def attempted(self, diagnostics: tuple[Diagnostic, ...], *, ok: bool) -> None:
        """Note a reload that changed nothing: refused, or found to be the same."""
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
