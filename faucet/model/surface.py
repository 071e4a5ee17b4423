"""Everything compiled from a manifest and its catalogs: who may do what. No engine, no DSN."""

from collections.abc import Mapping
from typing import Final

import msgspec

from faucet.diagnostics import Address
from faucet.model.catalog import (
    Catalog,
    Column,
    ForeignKey,
    Relation,
    RelationKind,
    Unreachable,
)
from faucet.model.filters.condition import Claim, Condition, PrincipalField, Value
from faucet.model.limits import LimitSettings
from faucet.model.settings import AuthSettings, McpSettings, ServerSettings, ValueOptions, Verb
from faucet.model.statement import OrderTerm, Output, RelationName, Typed

_NO_MASKS: Final[Mapping[str, str]] = {}

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
    "accepts",
    "takes",
]


_ABILITIES: Final[Mapping[Verb, str]] = {
    Verb.POST: "insertable",
    Verb.PUT: "updatable",
    Verb.PATCH: "updatable",
    Verb.DELETE: "deletable",
}


def takes(verb: Verb, relation: Relation, key: tuple[str, ...]) -> bool:
    """Return whether the database supports *verb* on *relation*; views need a declared *key*."""
    if verb is Verb.GET:
        return True
    if relation.kind is RelationKind.VIEW and not key:
        return False
    return bool(getattr(relation, _ABILITIES[verb]))


def accepts(verb: Verb, column: Column) -> bool:
    """Return whether the database lets *verb*, if it supports it, give *column* a value."""
    return not column.generated and bool(getattr(column, _ABILITIES[verb]))


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """A column that a write always sets, whatever the body contains."""

    column: str
    operand: Value | Claim | PrincipalField


class ParentRule(msgspec.Struct, frozen=True, kw_only=True):
    """
    A reference into a table where the role has a row filter: it must reference a visible row.

    *columns* are the parent's by name, *target* is the parent as statements use it. *unsent* as in
    `Constraints`: these verbs may set the reference although none of its columns is sent.
    """

    foreign_key: ForeignKey
    unsent: frozenset[Verb]
    columns: Mapping[str, Column]
    target: "Target"
    row_filter: Condition


class Permission(msgspec.Struct, frozen=True, kw_only=True):
    """
    What one role may do with one verb on one relation: the grant that decides.

    *readable* are this verb's own `fields`, in table order; what a caller may name or see always
    depends on the role's GET grant on the relation. *masks* maps readable columns to transforms.
    *row_filter* None means every row, *row_check* None no check. It is *refused* where references
    that it writes could not be checked. *address* is its place in the manifest.
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
    refused: bool
    aggregate: bool
    limits: LimitSettings


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """
    The relation that a write changes.

    *keys* identify a row inside the transaction: the primary key, else the row locator, else ().
    *arrays* as in `Lifter`. *defaults* are the values of absent columns: the catalog's constant, or
    None for NULL; a column whose value is only known later is not included. The values of
    *computed* columns follow from others. *keeps_conflicts* and
    *runs_code* as in `Relation`. *spelled_keys* are the unique keys in which the database takes two
    spellings of a value for different ones. *proven_key* is false if only the manifest states that
    *keys* are unique, or children may repeat them. *skips_rows*, *moves_rows* and
    *returns_changes* as in `Relation`.
    """

    relation: RelationName
    columns: tuple[Typed, ...]
    keys: tuple[str, ...]
    arrays: bool
    defaults: Mapping[str, str | None] = {}
    computed: frozenset[str] = frozenset()
    keeps_conflicts: bool = False
    runs_code: bool = True
    spelled_keys: tuple[tuple[str, ...], ...] = ()
    proven_key: bool = True
    skips_rows: bool = True
    moves_rows: bool = True
    returns_changes: bool = True


class Constraints(msgspec.Struct, frozen=True, kw_only=True):
    """
    The constraints that a write may violate, for the error message.

    *known* are the columns that the caller may know; *required* do not allow NULL and have no
    default; *unique* and *references* are the columns of keys, *referenced* those that others may
    reference; only the database knows the values of *judged* ones. *unsent* are the references
    that a verb may set although none of their columns is sent: by defaults, by triggers on
    inserts, or because they are computed from other columns.
    """

    known: frozenset[str] = frozenset()
    required: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    references: tuple[tuple[str, ...], ...] = ()
    judged: frozenset[str] = frozenset()
    referenced: frozenset[str] = frozenset()
    unsent: Mapping[tuple[str, ...], frozenset[Verb]] = {}


class ResourceView(msgspec.Struct, frozen=True, kw_only=True):
    """
    One relation as one role sees it, with everything compiled that does not depend on the request.

    *read_only* is whether its service is. *key* is the primary or declared key, () if there is
    none; *public_key* is the same if the role may use it (all of it readable and unmasked, or no
    GET grant), else (). *relation* and *columns* (by name, in table order) are whole, for planning;
    nothing of them reaches a caller unless a grant allows it. *nameable* are the columns that the
    role may name outside a body, *known* those that it may read or write, *qualifiers* what is
    allowed before a column's name. *outputs* are the readable columns by name, behind their masks;
    *key_outputs* those of the key. *order* is the default order of rows. *quick* as in `guard`.
    *description* and *descriptions* (by readable column) are the manifest's, else what the database
    says without mentioning anything that the role may not know.
    """

    relation: Relation
    read_only: bool
    columns: Mapping[str, Column]
    key: tuple[str, ...]
    public_key: tuple[str, ...]
    grants: Mapping[Verb, Permission]
    nameable: Mapping[str, Column]
    known: frozenset[str]
    qualifiers: frozenset[tuple[str, ...]]
    outputs: Mapping[str, Output]
    all_outputs: tuple[Output, ...]
    key_outputs: tuple[Output, ...]
    order: tuple[OrderTerm, ...]
    quick: frozenset[str]
    target: Target
    constraints: Constraints
    description: str | None = None
    descriptions: Mapping[str, str] = {}

    @property
    def read(self) -> Permission | None:
        """The permission that decides what the role may see here."""
        return self.grants.get(Verb.GET)

    def allows(self, verb: Verb) -> bool:
        """Return whether the role has *verb*, and the service and the relation take it."""
        grant = self.grants.get(verb)
        if grant is None or grant.refused or (self.read_only and verb is not Verb.GET):
            return False
        return takes(verb, self.relation, self.key)

    @property
    def masks(self) -> Mapping[str, str]:
        """The transforms of readable columns, by column."""
        return _NO_MASKS if (read := self.read) is None else read.masks


class ServiceView(msgspec.Struct, frozen=True, kw_only=True):
    """
    One service as one role sees it.

    *patterns* are the role's table patterns by verb, `!name` among them, so that "covered but
    missing" can be distinguished from "not covered". *resources* is empty while the service is
    unreachable.
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
    service. *auth* contains the keys and secrets that verify credentials, wrapped in `Secret`;
    there is no other secret. *fingerprint* is a hex digest; equal inputs have equal ones.
    """

    server: ServerSettings
    mcp: McpSettings
    auth: AuthSettings
    services: Mapping[str, ServiceSurface]
    roles: Mapping[str, RoleView]
    openapi: Mapping[str, bytes]
    service_openapi: Mapping[tuple[str, str], bytes]
    fingerprint: str
