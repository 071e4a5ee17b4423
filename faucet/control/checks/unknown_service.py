"""FCT1202: a grant on a service that the manifest does not define. Pure."""

from collections.abc import Iterator

from msgspec import UNSET

from faucet.control.checks.subject import Subject, grants
from faucet.diagnostics import Diagnostic
from faucet.names import did_you_mean

CODE = "FCT1202"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each grant whose service does not exist."""
    services = subject.manifest.services
    for placed in grants(subject.manifest):
        name = placed.grant.service
        if name is not UNSET and name not in services:
            yield Diagnostic(
                code=CODE,
                message=f'there is no service "{name}"',
                hint=did_you_mean(name, services) or f"define it: services.{name}",
                address=(*placed.address, "service"),
            )
