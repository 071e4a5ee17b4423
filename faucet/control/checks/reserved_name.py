"""FCT1204: names that are reserved. Pure."""

from collections.abc import Iterator, Mapping

from faucet.control.checks.subject import Subject
from faucet.diagnostics import Diagnostic
from faucet.names import RESERVED_NAMES, is_name

CODE = "FCT1204"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each service, role and key whose name is taken or has a line end."""
    manifest = subject.manifest
    named: Mapping[str, Mapping[str, object]] = {
        "services": manifest.services,
        "roles": manifest.roles,
        "keys": manifest.keys,
    }
    for section, names in named.items():
        for name in names:
            # The schema's `$` lets a line end pass.
            if name in RESERVED_NAMES or is_name(name) is None:
                yield Diagnostic(
                    code=CODE,
                    message=f'the name "{name}" is reserved',
                    hint=f'take another, such as "{name.strip()}-1"',
                    address=(section, name),
                    at_key=True,
                )
