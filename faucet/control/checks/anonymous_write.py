"""FCT1209: writes by anyone. Pure."""

from collections.abc import Iterator

from faucet.control.checks.subject import Subject, grants, lineage
from faucet.diagnostics import Diagnostic, Severity

CODE = "FCT1209"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a warning for each write verb that requests without a credential get."""
    anonymous = subject.manifest.auth.anonymous
    roles = lineage(subject.manifest, anonymous) if anonymous else ()
    for placed in grants(subject.manifest):
        writes = placed.verbs - {"GET"}
        if placed.role in roles and writes:
            yield Diagnostic(
                code=CODE,
                severity=Severity.WARNING,
                message=f"requests without a credential get {', '.join(sorted(writes))} here",
                hint="leave GET alone to the anonymous role",
                address=(*placed.address, "verbs"),
            )
