"""FCT1104: a driver for which no dialect is registered. Pure."""

from collections.abc import Iterator

from faucet.control.checks.subject import Subject
from faucet.control.structure import no_choice
from faucet.diagnostics import Diagnostic


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each driver that no dialect is named for."""
    known = subject.facts.dialects
    for name, service in subject.manifest.services.items():
        if service.driver not in known:
            yield no_choice(service.driver, sorted(known), ("services", name, "driver"))
