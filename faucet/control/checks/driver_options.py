"""FCT1237: options of a service that its driver does not have, or that contradict. Pure."""

from collections.abc import Iterator

from msgspec import UNSET

from faucet.control.checks.subject import Subject
from faucet.diagnostics import Diagnostic
from faucet.model.facts import DialectFacts
from faucet.model.manifest.sections import Service

CODE = "FCT1237"
_UNCHANGED = "unchanged"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each option of a file or of a server without a meaning."""
    for name, service in subject.manifest.services.items():
        facts = subject.facts.dialects.get(service.driver)
        if facts is None:
            continue
        for key, message in (*_of_files(service, facts), *_of_poolers(service, facts)):
            yield Diagnostic(
                code=CODE, message=message, hint=f"remove `{key}`", address=("services", name, key)
            )


def _of_files(service: Service, facts: DialectFacts) -> Iterator[tuple[str, str]]:
    converted = service.journal != _UNCHANGED
    if not facts.files:
        for key, used in (("journal", converted), ("immutable", service.immutable)):
            if used:
                yield key, f"`{key}` is for files; the driver {service.driver} connects to a server"
    elif service.immutable and converted:
        yield "journal", "an immutable file cannot be converted to another journal"


def _of_poolers(service: Service, facts: DialectFacts) -> Iterator[tuple[str, str]]:
    if facts.pooled:
        return
    for key, used in (("pooler", service.pooler is not UNSET), ("prepare", not service.prepare)):
        if used:
            yield key, f"no pooler is in front of a database of the driver {service.driver}"
