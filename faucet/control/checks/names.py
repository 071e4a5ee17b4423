"""FCT1104, FCT1201-FCT1204, FCT1210, FCT1239: drivers, services, roles and keys by name. Pure."""

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import UNSET

from faucet.control.checks.subject import Subject, written_grants
from faucet.control.inheritance import MOST_ANCESTORS
from faucet.control.structure import no_choice
from faucet.diagnostics import Address, Diagnostic, Severity
from faucet.model.manifest.sections import Manifest
from faucet.names import RESERVED_NAMES, did_you_mean, is_name

UNKNOWN_ROLE: Final = "FCT1201"
UNKNOWN_SERVICE: Final = "FCT1202"
EXTENDS_CYCLE: Final = "FCT1203"
RESERVED_NAME: Final = "FCT1204"
UNREACHABLE_ROLE: Final = "FCT1210"
TOO_MANY_ANCESTORS: Final = "FCT1239"


def check_drivers(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each driver that no dialect is registered for."""
    known = subject.facts.dialects
    for name, service in subject.manifest.services.items():
        if service.driver not in known:
            yield no_choice(service.driver, sorted(known), ("services", name, "driver"))


def check_roles(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each name of a role that does not exist."""
    roles = subject.manifest.roles
    for name, address in named_roles(subject.manifest):
        if name not in roles:
            yield Diagnostic(
                code=UNKNOWN_ROLE,
                message=f'there is no role "{name}"',
                hint=did_you_mean(name, roles) or f"define it: roles.{name}",
                address=address,
            )


def named_roles(manifest: Manifest) -> Iterator[tuple[str, Address]]:
    """Yield every mention of a role, and its address."""
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


def check_services(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each grant whose service does not exist."""
    services = subject.manifest.services
    for grant, address in written_grants(subject.manifest):
        name = grant.service
        if name is not UNSET and name not in services:
            yield Diagnostic(
                code=UNKNOWN_SERVICE,
                message=f'there is no service "{name}"',
                hint=did_you_mean(name, services) or f"define it: services.{name}",
                address=(*address, "service"),
            )


def check_cycles(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each `extends` that leads back to its own role."""
    manifest = subject.manifest
    for name, role in manifest.roles.items():
        for index, parent in enumerate(role.extends or ()):
            if name in subject.lineage(parent):
                yield Diagnostic(
                    code=EXTENDS_CYCLE,
                    message=f'the role "{name}" extends itself through "{parent}"',
                    hint="move the shared grants into a separate role that both extend",
                    address=("roles", name, "extends", index),
                )


def check_ancestors(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for the first role with too many ancestors."""
    for name, role in subject.roles.items():
        if len(role.lineage) > MOST_ANCESTORS + 1:
            yield Diagnostic(
                code=TOO_MANY_ANCESTORS,
                message=f'the role "{name}" inherits from more than {MOST_ANCESTORS} roles',
                hint="put grants that belong together into one role",
                address=("roles", name, "extends"),
            )
            return


def check_reserved(subject: Subject) -> Iterator[Diagnostic]:
    """
    Yield a diagnostic for each service, role and key whose name is reserved or ends in a line
    break.
    """
    manifest = subject.manifest
    named: Mapping[str, Mapping[str, object]] = {
        "services": manifest.services,
        "roles": manifest.roles,
        "keys": manifest.keys,
    }
    for section, names in named.items():
        for name in names:
            # The schema's `$` matches before a trailing line break.
            if name in RESERVED_NAMES or is_name(name) is None:
                yield Diagnostic(
                    code=RESERVED_NAME,
                    message=f'the name "{name}" is reserved',
                    hint=f'choose another, such as "{name.strip()}-1"',
                    address=(section, name),
                    at_key=True,
                )


def check_reachable(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a warning for each role that no key, token, other role or `anonymous` leads to."""
    manifest = subject.manifest
    # A provider without a map of roles may assert any; a role that does not exist is misspelled.
    if any(not provider.roles for provider in manifest.auth.jwt.values()):
        return
    if any(name not in manifest.roles for name, _ in named_roles(manifest)):
        return
    reached = _reached(manifest)
    for name in manifest.roles:
        if name not in reached:
            yield Diagnostic(
                code=UNREACHABLE_ROLE,
                severity=Severity.WARNING,
                message=f'the role "{name}" is unreachable: no key or token maps to it',
                hint=f"create a key: faucet key create --role {name}",
                address=("roles", name),
                at_key=True,
            )


def _reached(manifest: Manifest) -> set[str]:
    pending = list(_starts(manifest))
    reached = set(pending)
    while pending:
        role = manifest.roles.get(pending.pop())
        above = set(() if role is None else role.extends or ()) - reached
        reached |= above
        pending += above
    return reached


def _starts(manifest: Manifest) -> Iterator[str]:
    if manifest.auth.anonymous:
        yield manifest.auth.anonymous
    for key in manifest.keys.values():
        yield key.role
    for provider in manifest.auth.jwt.values():
        yield from (provider.roles or {}).values()
