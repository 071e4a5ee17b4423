"""FCT1203: roles that extend each other in a circle. Pure."""

from collections.abc import Iterator

from faucet.control.checks.subject import Subject, lineage
from faucet.diagnostics import Diagnostic

CODE = "FCT1203"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each `extends` that leads back to its own role."""
    manifest = subject.manifest
    for name, role in manifest.roles.items():
        for index, parent in enumerate(role.extends or ()):
            if name in lineage(manifest, parent):
                yield Diagnostic(
                    code=CODE,
                    message=f'the role "{name}" extends itself through "{parent}"',
                    hint="move the shared grants into a role of their own that both extend",
                    address=("roles", name, "extends", index),
                )
