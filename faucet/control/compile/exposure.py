"""Which relations and columns of a service exist at all, for any role. Pure."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

import msgspec
from msgspec import UNSET

from faucet.control.compile.findings import BAD_KEY, UNKNOWN_FIELD, UNKNOWN_RESOURCE
from faucet.diagnostics import Address, Diagnostic
from faucet.model.catalog import Catalog, Column, Relation, RelationKind, can_be_key
from faucet.model.manifest.patterns import any_matches
from faucet.model.manifest.sections import Resource, Tables
from faucet.model.settings import RoleSettings, ServiceSettings
from faucet.names import did_you_mean

_NO_RESOURCE = Resource()
_WORD = re.compile(r"\w+")


class Exposed(msgspec.Struct, frozen=True, kw_only=True):
    """
    A relation without what its resource hides.

    *columns* are those not hidden, in table order; *key* the primary or declared key, () if a part
    of it is hidden. *descriptions* come from the manifest.
    """

    relation: Relation
    columns: Mapping[str, Column]
    hidden: frozenset[str]
    key: tuple[str, ...]
    description: str | None
    descriptions: Mapping[str, str]


def select_relations(
    catalog: Catalog, tables: Tables, granted: Collection[str] = frozenset()
) -> Catalog:
    """
    Return *catalog* without any trace of the relations that a service does not publish.

    `include` and `exclude` of *tables* select by name, and `exclude` wins. A glob of `include`
    reaches a relation that is exact-only (a partition, say) only if it is among *granted*, the
    exact names in grants on the service. Comments that mention an unselected relation are dropped.
    """
    selected = {
        name: relation
        for name, relation in catalog.relations.items()
        if any_matches(tables.include, name)
        and not any_matches(tables.exclude or (), name)
        and (not relation.exact_only or name in tables.include or name in granted)
    }
    left_out = catalog.relations.keys() - selected.keys()
    if not left_out:
        return catalog
    mentions = mention_test(left_out)
    relations = {name: _without_comments(each, mentions) for name, each in selected.items()}
    return msgspec.structs.replace(catalog, relations=relations)


def _without_comments(relation: Relation, mentions: Callable[[str], bool]) -> Relation:
    columns = tuple(
        msgspec.structs.replace(column, comment=None) if mentions(column.comment or "") else column
        for column in relation.columns
    )
    comment = None if mentions(relation.comment or "") else relation.comment
    return msgspec.structs.replace(relation, columns=columns, comment=comment)


def mention_test(names: Iterable[str]) -> Callable[[str], bool]:
    """
    Return a test of whether a text mentions one of *names*: as a word, or unusual names anywhere.
    """
    folded = frozenset(name.casefold() for name in names)
    odd = tuple(name for name in folded if _WORD.fullmatch(name) is None)

    def mentions(text: str) -> bool:
        inside = text.casefold()
        return not folded.isdisjoint(_WORD.findall(inside)) or any(name in inside for name in odd)

    return mentions


def granted_names(roles: Mapping[str, RoleSettings], service: str) -> frozenset[str]:
    """Return every name in a grant on *service*; globs among them match nothing."""
    grants = (grant for role in roles.values() for grant in role.grants)
    return frozenset(name for grant in grants if grant.service == service for name in grant.tables)


def expose(service: ServiceSettings, catalog: Catalog) -> Mapping[str, Exposed]:
    """
    Return what is exposed of each relation of *catalog*, which holds what the service publishes.
    """
    return {
        name: _expose(relation, service.resources.get(name, _NO_RESOURCE))
        for name, relation in catalog.relations.items()
    }


def _expose(relation: Relation, resource: Resource) -> Exposed:
    hidden = frozenset(name for name, field in resource.fields.items() if field.hidden)
    columns = {column.name: column for column in relation.columns if column.name not in hidden}
    key = relation.primary_key
    if not key and relation.kind is RelationKind.VIEW:
        key = resource.primary_key or ()
    return Exposed(
        relation=relation,
        columns=columns,
        hidden=hidden,
        key=key if all(name in columns for name in key) else (),
        description=resource.description or None,
        descriptions={
            name: field.description
            for name, field in resource.fields.items()
            if field.description is not UNSET and name in columns
        },
    )


def resource_faults(service: ServiceSettings, catalog: Catalog) -> Iterator[Diagnostic]:
    """Yield a fault for each unknown relation or column in `resources`, and for invalid keys."""
    for name, resource in service.resources.items():
        address: Address = ("services", service.name, "resources", name)
        relation = catalog.relations.get(name)
        if relation is None:
            yield Diagnostic(
                code=UNKNOWN_RESOURCE,
                message=f'there is no table or view "{name}" in service "{service.name}"',
                address=address,
                at_key=True,
                hint=did_you_mean(name, catalog.relations),
            )
            continue
        yield from _field_faults(resource, relation, address)
        if resource.primary_key is not UNSET:
            yield from _key_faults(resource, relation, (*address, "primary_key"))


def _field_faults(resource: Resource, relation: Relation, address: Address) -> Iterator[Diagnostic]:
    names = [column.name for column in relation.columns]
    for field in resource.fields:
        if field not in names:
            yield Diagnostic(
                code=UNKNOWN_FIELD,
                message=f'"{relation.name}" has no column "{field}"',
                address=(*address, "fields", field),
                at_key=True,
                hint=did_you_mean(field, names),
            )


def _key_faults(resource: Resource, relation: Relation, address: Address) -> Iterator[Diagnostic]:
    declared = resource.primary_key or ()
    if relation.kind is RelationKind.TABLE:
        if declared != relation.primary_key:
            yield Diagnostic(
                code=BAD_KEY,
                message=(
                    f'the primary key of the table "{relation.name}" is defined by the database'
                ),
                address=address,
                hint="declare keys only for views",
            )
        return
    for index, name in enumerate(declared):
        if reason := _key_fault(name, resource, relation, repeated=name in declared[:index]):
            names = [column.name for column in relation.columns]
            yield Diagnostic(
                code=BAD_KEY,
                message=reason,
                address=(*address, index),
                hint="" if name in names else did_you_mean(name, names),
            )


def _key_fault(name: str, resource: Resource, relation: Relation, *, repeated: bool) -> str:
    column = relation.column(name)
    if column is None:
        return f'"{relation.name}" has no column "{name}"'
    if not can_be_key(column.type):
        return f'"{name}" is {column.type.db_type}, which cannot be a key'
    field = resource.fields.get(name)
    if field is not None and field.hidden:
        return f'"{name}" is hidden, so it cannot be a key'
    return f'"{name}" is in the key twice' if repeated else ""
