"""FCT1208: a grant of every verb. Pure."""

from collections.abc import Iterator

from faucet.control.checks.subject import Subject, grants
from faucet.diagnostics import Diagnostic, Severity

CODE = "FCT1208"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a warning for each `*` among verbs."""
    for placed in grants(subject.manifest):
        verbs = placed.grant.verbs or ()
        if "*" in verbs:
            yield Diagnostic(
                code=CODE,
                severity=Severity.WARNING,
                message=f'the role "{placed.role}" gets every verb, DELETE among them',
                hint="list the verbs that are meant: [GET, POST, PUT, PATCH, DELETE]",
                address=(*placed.address, "verbs", verbs.index("*")),
            )
