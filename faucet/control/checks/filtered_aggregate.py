"""FCT1234: aggregates over filtered rows. Pure."""

from collections.abc import Iterator

from faucet.control.checks.subject import Subject, grants
from faucet.diagnostics import Diagnostic, Severity

CODE = "FCT1234"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a warning for each grant that aggregates what it filters."""
    for placed in grants(subject.manifest):
        if placed.grant.aggregate and placed.filtered:
            yield Diagnostic(
                code=CODE,
                severity=Severity.WARNING,
                message="aggregates over few rows tell the values of each of them",
                hint="leave aggregate out, or accept it with --allow FCT1234",
                address=(*placed.address, "aggregate"),
            )
