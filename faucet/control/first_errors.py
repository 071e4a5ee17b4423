"""The first errors of a manifest: a load reports no more than an author can read. Pure."""

from collections.abc import Iterable
from typing import Final

from faucet.diagnostics import Diagnostic, Severity

MOST_ERRORS: Final = 200
MORE: Final = Diagnostic(
    code="FCT1109",
    message=f"the manifest has more errors than these {MOST_ERRORS}",
    hint="correct these, and check it again",
)


def first_errors(findings: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """
    Return *findings*, each once, up to the first `MOST_ERRORS` errors; if there are others, `MORE`.

    No more of *findings* are made than needed: tens of thousands would delay the next reload, and
    with it a revocation, by many seconds.
    """
    kept: dict[Diagnostic, None] = {}
    errors = 0
    for found in findings:
        if found in kept:
            continue
        if errors == MOST_ERRORS:
            return (*kept, MORE)
        kept[found] = None
        errors += found.severity is Severity.ERROR and found != MORE
    return tuple(kept)
