"""FCT1233: a mask that does not exist. Pure."""

from collections.abc import Iterator

from faucet.control.checks.subject import Subject, grants
from faucet.diagnostics import Diagnostic
from faucet.names import did_you_mean

CODE = "FCT1233"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each mask that no transform is named for."""
    known = subject.facts.transforms
    for placed in grants(subject.manifest):
        for column, mask in (placed.grant.mask or {}).items():
            if mask not in known:
                yield Diagnostic(
                    code=CODE,
                    message=f'there is no mask "{mask}"',
                    hint=did_you_mean(mask, known) or f"masks are {', '.join(sorted(known))}",
                    address=(*placed.address, "mask", column),
                )
