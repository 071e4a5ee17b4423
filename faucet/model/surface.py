"""Everything compiled from a manifest and its catalogs: who may do what. No engine, no DSN."""

from collections.abc import Mapping
from typing import Final

import msgspec

from faucet.diagnostics import Address
from faucet.model.catalog import Catalog, ForeignKey, Relation, RelationKind, Unreachable
from faucet.model.filters.condition import Claim, Condition, PrincipalField, Value
from faucet.model.settings import (
    AuthSettings,
    LimitSettings,
    ServerSettings,
    ValueOptions,
    Verb,
)

__all__ = [
    "ParentRule",
    "Permission",
    "Preset",
    "ResourceView",
    "RoleView",
    "ServiceSurface",
    "ServiceView",
    "Surface",
    "Verb",
    "takes",
]


_ABILITIES: Final[Mapping[Verb, str]] = {
    Verb.POST: "insertable",
    Verb.PUT: "updatable",
    Verb.PATCH: "updatable",
    Verb.DELETE: "deletable",
}


def takes(verb: Verb, relation: Relation, key: tuple[str, ...]) -> bool:
    """Return whether the database lets *verb* happen on *relation*; views need a declared *key*."""
    if verb is Verb.GET:
        return True
    if relation.kind is RelationKind.VIEW and not key:
        return False
    return bool(getattr(relation, _ABILITIES[verb]))


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """A column that a write always sets, whatever the body says."""

    column: str
    operand: Value | Claim | PrincipalField


class ParentRule(msgspec.Struct, frozen=True, kw_only=True):
    """A reference into a table where the role has a row filter: it must point at a row it sees."""

    foreign_key: ForeignKey
    parent: Relation
    row_filter: Condition


class Permission(msgspec.Struct, frozen=True, kw_only=True):
    """
    What one role may do with one verb to one relation; already the one grant that decides.

    *readable* are this verb's own `fields`, in table order; what a caller may name or see is always
    the role's GET grant on the relation. *masks* maps readable columns to transforms. *row_filter*
    None is every row, *row_check* None is no check. *address* is its place in the manifest.
    """

    verb: Verb
    address: Address
    readable: tuple[str, ...]
    masks: Mapping[str, str]
    writable: frozenset[str]
    presets: tuple[Preset, ...]
    row_filter: Condition | None
    row_check: Condition | None
    parents: tuple[ParentRule, ...]
    aggregate: bool
    limits: LimitSettings


class ResourceView(msgspec.Struct, frozen=True, kw_only=True):
    """
    One relation as one role meets it.

    *key* is the primary or declared key, () where there is none. *relation* is the whole relation,
    for planning; nothing of it reaches a caller unless a grant says so.
    """

    relation: Relation
    key: tuple[str, ...]
    grants: Mapping[Verb, Permission]
    description: str | None = None
    descriptions: Mapping[str, str] = {}

    @property
    def read(self) -> Permission | None:
        """The grant that decides what the role may see here."""
        return self.grants.get(Verb.GET)

    @property
    def public_key(self) -> tuple[str, ...]:
        """The key if the role may use it, else (): all of it read unmasked, or no GET at all."""
        read = self.read
        if read is None:
            return self.key
        seen = all(name in read.readable and name not in read.masks for name in self.key)
        return self.key if seen else ()

    @property
    def known(self) -> frozenset[str]:
        """Every column that the role may read or write."""
        read = frozenset() if self.read is None else frozenset(self.read.readable)
        return read.union(self.public_key, *(grant.writable for grant in self.grants.values()))


class ServiceView(msgspec.Struct, frozen=True, kw_only=True):
    """
    One service as one role meets it.

    *patterns* are the role's table patterns by verb, `!name` among them, so that "covered but
    missing" can be told from "not covered". *resources* is empty while the service is unreachable.
    """

    name: str
    patterns: Mapping[Verb, tuple[tuple[str, ...], ...]]
    resources: Mapping[str, ResourceView]


class RoleView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that exists for one role."""

    name: str
    services: Mapping[str, ServiceView]
    system: frozenset[str]


class ServiceSurface(msgspec.Struct, frozen=True, kw_only=True):
    """A service as the request plane needs it."""

    name: str
    dialect: str
    label: str | None
    catalog: Catalog | Unreachable
    values: ValueOptions
    read_only: bool
    required: bool


class Surface(msgspec.Struct, frozen=True, kw_only=True):
    """
    One compiled manifest.

    *openapi* holds the whole document by role, *service_openapi* that of one service by role and
    service. *auth* holds what credentials are verified with, wrapped in `Secret`: no other secret
    is here. *fingerprint* is a hex digest; equal inputs have equal ones.
    """

    server: ServerSettings
    auth: AuthSettings
    services: Mapping[str, ServiceSurface]
    roles: Mapping[str, RoleView]
    openapi: Mapping[str, bytes]
    service_openapi: Mapping[tuple[str, str], bytes]
    fingerprint: str
