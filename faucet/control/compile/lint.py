"""Warnings about grants: each describes a possible leak or refusal. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from faucet.control.compile.cascades import Crossings, cascades, cascading
from faucet.control.compile.fields import Faults
from faucet.control.compile.findings import (
    NO_KEY,
    UNCHECKED_REFERENCE,
    UNIQUE_ORACLE,
    UNPROVEN_KEY,
    UNREADABLE_RULE,
    UNWRITABLE_VIEW,
    Fault,
    merge,
    warning,
)
from faucet.control.compile.grants import WRITES, TableGrant
from faucet.control.compile.unsent import sets_reference
from faucet.diagnostics import Diagnostic
from faucet.model.catalog import Relation, RelationKind
from faucet.model.filters.condition import columns_of
from faucet.model.manifest.patterns import EXACT
from faucet.model.settings import CHANGES, ServiceSettings
from faucet.model.surface import Permission, ResourceView, RoleView, ServiceView, Verb, takes

Relations = Mapping[str, Mapping[str, Relation]]
"""The relations that exist for any role, by service and name."""


def lint(
    view: RoleView,
    services: Mapping[str, ServiceSettings],
    grants: Iterable[TableGrant],
    relations: Relations,
    crossings: Crossings,
) -> tuple[Diagnostic, ...]:
    """
    Return the warnings about the own grants of *view*'s role; *crossings* are of all roles.
    """
    grants = tuple(grants)
    own = (grant for grant in grants if grant.settings.role == view.name)
    written = {grant.settings.address: grant for grant in own}
    filtered = _filtered_tables(grants)
    faults: Faults = {}
    for service in view.services.values():
        children = cascading(relations[service.name])
        for name, resource in service.resources.items():
            for verb, grant in resource.grants.items():
                if grant.address not in written:
                    continue
                spelled = _is_spelled_out(written[grant.address], verb, name)
                if spelled and not services[service.name].read_only:
                    _add(_ability(resource, verb, grant), name, faults)
                for check in (_unreadable_columns, _oracle, _masked_oracle, _unproven_key):
                    _add(check(resource, verb, grant), name, faults)
                found = cascades(service, children.get(name, ()), grant, crossings)
                _add(found, name, faults)
                _add(_unchecked(service, resource, grant, filtered), name, faults)
    return merge(faults)


def _add(found: Iterable[Fault], table: str, faults: Faults) -> None:
    for fault in found:
        faults.setdefault(fault, []).append(table)


def _is_spelled_out(grant: TableGrant, verb: Verb, table: str) -> bool:
    """Return whether the author named this verb or this table; a `*` for both gives no warning."""
    return verb in grant.settings.spelled_verbs or grant.ranks[table] == EXACT


def _ability(resource: ResourceView, verb: Verb, grant: Permission) -> Iterator[Fault]:
    relation = resource.relation
    if grant.refused and takes(verb, relation, resource.key):
        yield warning(
            UNWRITABLE_VIEW,
            f"{verb} is refused on {{tables}}, a view: references into tables of which the role "
            "sees only some rows cannot be checked in what is written through it",
            (*grant.address, "verbs"),
            "grant the table itself, or set `references: any`",
        )
    if verb in WRITES and not takes(verb, relation, resource.key):
        hint = (
            "declare its `primary_key` in `resources`"
            if relation.kind is RelationKind.VIEW and not resource.key
            else "grant only GET"
        )
        yield warning(
            UNWRITABLE_VIEW,
            f"{verb} is refused on {{tables}}, which the database does not allow you to write",
            (*grant.address, "verbs"),
            hint,
        )
    elif verb is Verb.PUT and not resource.key:
        yield warning(
            NO_KEY,
            "PUT is refused on {tables}, which has no primary key to select a row by",
            (*grant.address, "verbs"),
            "grant PATCH, which selects by filter",
        )


def _unreadable_columns(resource: ResourceView, _verb: Verb, grant: Permission) -> Iterator[Fault]:
    """
    Yield rules on columns that the role cannot read: visible rows reveal something about them.
    """
    read = resource.read
    if read is None:
        return
    for key, rule in (("rows", grant.row_filter), ("check", grant.row_check)):
        if rule is None or (key == "check" and rule == grant.row_filter):
            continue
        for column in sorted(columns_of(rule).difference(read.readable)):
            yield warning(
                UNREADABLE_RULE,
                f'the rule uses "{column}" of {{tables}}, which the role cannot read',
                (*grant.address, key),
                "the visible rows reveal information about it; grant the column, or accept that",
            )


def _oracle(resource: ResourceView, verb: Verb, grant: Permission) -> Iterator[Fault]:
    """Yield unique keys across tenants: a 409 reveals that some hidden row has these values."""
    seen = resource.read or grant
    if verb not in CHANGES or seen.row_filter is None:
        return
    ruled = columns_of(seen.row_filter)
    settable = grant.writable.difference(preset.column for preset in grant.presets)
    for columns in _unique_sets(resource.relation):
        if settable.issuperset(columns) and not ruled.intersection(columns):
            yield warning(
                UNIQUE_ORACLE,
                f"({', '.join(columns)}) of {{tables}} is unique across all rows, "
                "so a rejected value reveals that a hidden row has it",
                (*grant.address, "rows"),
                "make a column of the rule part of the key, or do not grant `write` on it",
            )


def _masked_oracle(resource: ResourceView, verb: Verb, grant: Permission) -> Iterator[Fault]:
    """Yield unique keys of values that the role may write but not read: a 409 reveals them."""
    read = resource.read
    if verb not in CHANGES or read is None:
        return
    settable = grant.writable.difference(preset.column for preset in grant.presets)
    for columns in _unique_sets(resource.relation):
        secret = [name for name in columns if name not in read.readable or name in read.masks]
        if secret and settable.issuperset(columns):
            yield warning(
                UNIQUE_ORACLE,
                f"({', '.join(columns)}) of {{tables}} is unique, so a rejected value reveals "
                f'that some row has it, although the role may not read "{secret[0]}"',
                (*grant.address, "verbs"),
                "do not grant `write` on it",
            )


def _unproven_key(resource: ResourceView, verb: Verb, grant: Permission) -> Iterator[Fault]:
    """Yield declared keys that hidden rows may have as well: a write is refused because of them."""
    relation, read = resource.relation, resource.read
    rules = (grant.row_filter, None if read is None else read.row_filter)
    if relation.kind is not RelationKind.VIEW or verb not in WRITES or rules == (None, None):
        return
    if not (resource.key and resource.allows(verb)):
        return
    if not any(set(key).issubset(resource.key) for key in relation.shown_keys):
        yield warning(
            UNPROVEN_KEY,
            f"nothing in the database makes ({', '.join(resource.key)}) of {{tables}} unique: "
            "a write to a row is refused where a hidden row has the same key, which reveals it",
            (*grant.address, "verbs"),
            "declare the primary key of the table that the view shows, or make sure of it",
        )


def _unique_sets(relation: Relation) -> Iterator[tuple[str, ...]]:
    """Yield the keys whose values callers choose; a counter's values reveal little."""
    counted = {column.name for column in relation.columns if column.auto_increment}
    found = {unique.columns for unique in relation.unique} | set(relation.shown_keys)
    for columns in sorted(found | {relation.primary_key}):
        if columns and not counted.intersection(columns):
            yield columns


def _filtered_tables(grants: Iterable[TableGrant]) -> frozenset[tuple[str, str]]:
    """Return the tables, with their services, of which some role sees only some rows."""
    return frozenset(
        (grant.settings.service, name)
        for grant in grants
        for name, definition in grant.definitions.items()
        if definition.rows is not None
    )


def _unchecked(
    service: ServiceView,
    resource: ResourceView,
    grant: Permission,
    filtered: AbstractSet[tuple[str, str]],
) -> Iterator[Fault]:
    """Yield references into a table on which this role has no grant, and others a row filter."""
    if grant.verb not in CHANGES:
        return
    for foreign_key in resource.relation.foreign_keys:
        parent = foreign_key.referenced_table
        hidden = parent not in service.resources and (service.name, parent) in filtered
        if hidden and sets_reference(resource.relation, foreign_key.columns, grant):
            yield warning(
                UNCHECKED_REFERENCE,
                f'a reference of {{tables}} to "{parent}" may be to any row: '
                "the role has no grant there, while others see only some rows",
                (*grant.address, "verbs"),
                f'grant GET on "{parent}" with `rows`, or do not grant `write` on the reference',
            )
