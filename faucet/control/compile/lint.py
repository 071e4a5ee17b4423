"""Warnings about grants: each describes a possible leak or refusal. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from faucet.control.compile.fields import Faults
from faucet.control.compile.findings import (
    CASCADE,
    NO_KEY,
    UNIQUE_ORACLE,
    UNREADABLE_RULE,
    UNWRITABLE_VIEW,
    Fault,
    merge,
)
from faucet.control.compile.grants import WRITES, TableGrant
from faucet.diagnostics import Address, Diagnostic, Severity
from faucet.model.catalog import ForeignKey, Relation, RelationKind
from faucet.model.filters.condition import Condition, columns_of
from faucet.model.manifest.patterns import EXACT
from faucet.model.settings import CHANGES, ServiceSettings
from faucet.model.surface import Permission, ResourceView, RoleView, ServiceView, Verb, takes

_TOUCHED_BY: Final = {"CASCADE": Verb.DELETE, "SET NULL": Verb.PATCH, "SET DEFAULT": Verb.PATCH}
"""The verb that equals what a foreign key does to rows that reference a deleted one."""


def lint(
    view: RoleView, services: Mapping[str, ServiceSettings], grants: Iterable[TableGrant]
) -> tuple[Diagnostic, ...]:
    """Return the warnings about the own grants of *view*'s role."""
    own = (grant for grant in grants if grant.settings.role == view.name)
    written = {grant.settings.address: grant for grant in own}
    faults: Faults = {}
    for service in view.services.values():
        cascading = _cascading(service)
        for name, resource in service.resources.items():
            for verb, grant in resource.grants.items():
                if grant.address not in written:
                    continue
                spelled = _is_spelled_out(written[grant.address], verb, name)
                if spelled and not services[service.name].read_only:
                    _add(_ability(resource, verb, grant), name, faults)
                for check in (_unreadable_columns, _oracle):
                    _add(check(resource, verb, grant), name, faults)
                if verb is Verb.DELETE:
                    _add(_cascades(service, cascading.get(name, ()), grant), name, faults)
    return merge(faults)


def _add(found: Iterable[Fault], table: str, faults: Faults) -> None:
    for fault in found:
        faults.setdefault(fault, []).append(table)


def _is_spelled_out(grant: TableGrant, verb: Verb, table: str) -> bool:
    """Return whether the author named this verb or this table; a `*` for both gives no warning."""
    return verb in grant.settings.spelled_verbs or grant.ranks[table] == EXACT


def _ability(resource: ResourceView, verb: Verb, grant: Permission) -> Iterator[Fault]:
    relation = resource.relation
    if verb in WRITES and not takes(verb, relation, resource.key):
        hint = (
            "declare its `primary_key` in `resources`"
            if relation.kind is RelationKind.VIEW and not resource.key
            else "grant only GET"
        )
        yield _warning(
            UNWRITABLE_VIEW,
            f"{verb} is refused on {{tables}}, which the database does not allow you to write",
            (*grant.address, "verbs"),
            hint,
        )
    elif verb is Verb.PUT and not resource.key:
        yield _warning(
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
            yield _warning(
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
            yield _warning(
                UNIQUE_ORACLE,
                f"({', '.join(columns)}) of {{tables}} is unique across all rows, "
                "so a rejected value reveals that a hidden row has it",
                (*grant.address, "rows"),
                "make a column of the rule part of the key, or do not grant `write` on it",
            )


def _unique_sets(relation: Relation) -> Iterator[tuple[str, ...]]:
    """Yield the keys whose values callers choose; a counter's values reveal little."""
    counted = {column.name for column in relation.columns if column.auto_increment}
    found = {unique.columns for unique in relation.unique}
    for columns in sorted(found | {relation.primary_key}):
        if columns and not counted.intersection(columns):
            yield columns


def _cascading(service: ServiceView) -> Mapping[str, list[tuple[str, ForeignKey]]]:
    """
    Return the foreign keys that change rows when others are deleted, by the table they reference.
    """
    found: dict[str, list[tuple[str, ForeignKey]]] = {}
    for name, child in service.resources.items():
        for foreign_key in child.relation.foreign_keys:
            if foreign_key.on_delete.upper() in _TOUCHED_BY:
                found.setdefault(foreign_key.referenced_table, []).append((name, foreign_key))
    return found


def _cascades(
    service: ServiceView, children: Iterable[tuple[str, ForeignKey]], grant: Permission
) -> Iterator[Fault]:
    """Yield foreign keys that change rows of another table that the role may not change itself."""
    for name, foreign_key in children:
        action = foreign_key.on_delete.upper()
        stricter = _filter(service.resources[name], _TOUCHED_BY[action])
        if stricter is not None and stricter != grant.row_filter:
            yield _warning(
                CASCADE,
                f"deleting from {{tables}} also affects ({action}) rows of "
                f'"{name}" that the role\'s row filter hides',
                (*grant.address, "verbs"),
                "give both tables the same rule, or remove DELETE",
            )


def _filter(child: ResourceView, verb: Verb) -> Condition | None:
    grant = child.grants.get(verb) or child.read
    return grant.row_filter if grant is not None else None


def _warning(code: str, message: str, address: Address, hint: str) -> Fault:
    return Fault(code=code, message=message, address=address, hint=hint, severity=Severity.WARNING)
