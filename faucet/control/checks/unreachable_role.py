"""FCT1210: a role that nobody can have. Pure."""

from collections.abc import Iterator

from faucet.control.checks.subject import Subject, lineage
from faucet.control.checks.unknown_role import named_roles
from faucet.diagnostics import Diagnostic, Severity
from faucet.model.manifest.sections import Manifest

CODE = "FCT1210"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a warning for each role that no key, token, other role or `anonymous` leads to."""
    manifest = subject.manifest
    # A provider without a map of roles may name any; a role that does not exist is misspelled.
    if any(not provider.roles for provider in manifest.auth.jwt.values()):
        return
    if any(name not in manifest.roles for name, _ in named_roles(manifest)):
        return
    reached = {role for start in _starts(manifest) for role in lineage(manifest, start)}
    for name in manifest.roles:
        if name not in reached:
            yield Diagnostic(
                code=CODE,
                severity=Severity.WARNING,
                message=f'nobody can have the role "{name}": no key or token leads to it',
                hint=f"make a key: faucet key create --role {name}",
                address=("roles", name),
                at_key=True,
            )


def _starts(manifest: Manifest) -> Iterator[str]:
    if manifest.auth.anonymous:
        yield manifest.auth.anonymous
    for key in manifest.keys.values():
        yield key.role
    for provider in manifest.auth.jwt.values():
        yield from (provider.roles or {}).values()
