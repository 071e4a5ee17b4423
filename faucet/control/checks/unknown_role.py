"""FCT1201: a role that the manifest does not define. Pure."""

from collections.abc import Iterator

from msgspec import UNSET

from faucet.control.checks.subject import Subject
from faucet.diagnostics import Address, Diagnostic
from faucet.model.manifest.sections import Manifest
from faucet.names import did_you_mean

CODE = "FCT1201"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each name of a role that does not exist."""
    roles = subject.manifest.roles
    for name, address in named_roles(subject.manifest):
        if name not in roles:
            yield Diagnostic(
                code=CODE,
                message=f'there is no role "{name}"',
                hint=did_you_mean(name, roles) or f"define it: roles.{name}",
                address=address,
            )


def named_roles(manifest: Manifest) -> Iterator[tuple[str, Address]]:
    """Yield every mention of a role, and where it stands."""
    if manifest.auth.anonymous is not UNSET:
        yield manifest.auth.anonymous, ("auth", "anonymous")
    for name, provider in manifest.auth.jwt.items():
        for value, role in (provider.roles or {}).items():
            yield role, ("auth", "jwt", name, "roles", value)
    for name, heir in manifest.roles.items():
        for index, parent in enumerate(heir.extends or ()):
            yield parent, ("roles", name, "extends", index)
    for name, key in manifest.keys.items():
        yield key.role, ("keys", name, "role")
