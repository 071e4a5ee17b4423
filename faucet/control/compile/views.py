"""A relation as a role sees it, compiled: all that requests would otherwise recompute. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Any, Final

import msgspec

from faucet.control.compile.exposure import Exposed, mention_test
from faucet.control.compile.unsent import unsent_verbs
from faucet.errors import shown_text
from faucet.model.catalog import (
    EQUATABLE,
    FIXED_SIZE,
    Column,
    Kind,
    Relation,
    RelationKind,
    is_judged,
)
from faucet.model.statement import OrderTerm, Output, RelationName, Typed
from faucet.model.surface import Constraints, Permission, ResourceView, Target, Verb

_SPELLED: Final = frozenset(
    {Kind.BOOLEAN, Kind.UUID, Kind.DATE, Kind.TIME, Kind.TIMESTAMP, Kind.TIMESTAMPTZ}
)
"""Kinds of which a loose column can hold one value in several spellings."""


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """
    The part of a relation that is the same for every role; compiled once, shared by their views.

    *read_only* is whether its service is.
    """

    exposed: Exposed
    read_only: bool
    columns: Mapping[str, Column]
    qualifiers: frozenset[tuple[str, ...]]
    target: Target
    constraints: Constraints


def compile_table(exposed: Exposed, *, arrays: bool, read_only: bool) -> Table:
    """Return what every role's view of *exposed* shares; *arrays* as in `DialectFacts`."""
    relation = exposed.relation
    return Table(
        exposed=exposed,
        read_only=read_only,
        columns={column.name: column for column in relation.columns},
        qualifiers=_qualifiers(relation),
        target=_target(relation, exposed.key, arrays=arrays),
        constraints=_constraints(relation),
    )


def resource_view(
    table: Table, grants: Mapping[Verb, Permission], unknown: AbstractSet[str]
) -> ResourceView:
    """Return *table* as the role of *grants* sees it, which does not know the *unknown* tables."""
    key, columns = table.exposed.key, table.columns
    read = grants.get(Verb.GET)
    readable = () if read is None else read.readable
    masks = {} if read is None else read.masks
    public_key = _public_key(key, read)
    known = frozenset(readable).union(public_key, *(grant.writable for grant in grants.values()))
    outputs = {name: _output(columns[name], masks.get(name)) for name in readable}
    return ResourceView(
        relation=table.exposed.relation,
        read_only=table.read_only,
        columns=columns,
        key=key,
        public_key=public_key,
        grants=grants,
        nameable={name: columns[name] for name in (key if read is None else readable)},
        known=known,
        qualifiers=table.qualifiers,
        outputs=outputs,
        all_outputs=tuple(outputs.values()),
        key_outputs=tuple(_output(columns[name], masks.get(name)) for name in key),
        order=() if read is None else _order(columns, public_key, read),
        quick=quick_columns(table.exposed.relation),
        target=table.target,
        constraints=msgspec.structs.replace(table.constraints, known=known),
        **_described(table.exposed, outputs, unknown),
    )


def _described(
    exposed: Exposed, readable: Iterable[str], unknown: AbstractSet[str]
) -> dict[str, Any]:
    """
    Return the descriptions of a relation and its *readable* columns: the manifest's, else comments.

    A comment that mentions what the role may not know is dropped.
    """
    relation = exposed.relation
    hidden = {column.name for column in relation.columns}.difference(readable)
    mentions = cache(lambda: mention_test(unknown | hidden))

    def of(comment: str | None) -> str | None:
        return None if comment is None or mentions()(comment) else shown_text(comment)

    own = {name: exposed.descriptions.get(name) for name in readable}
    texts = {name: text or of(exposed.columns[name].comment) for name, text in own.items()}
    return {
        "description": exposed.description or of(relation.comment),
        "descriptions": {name: text for name, text in texts.items() if text},
    }


def _public_key(key: tuple[str, ...], read: Permission | None) -> tuple[str, ...]:
    if read is None or all(name in read.readable and name not in read.masks for name in key):
        return key
    return ()


def quick_columns(relation: Relation) -> frozenset[str]:
    """Return the columns of *relation* that the tests of callers may compare with; see `guard`."""
    fixed = {column.name for column in relation.columns if column.type.kind in FIXED_SIZE}
    keys = [relation.primary_key, *(key.columns for key in relation.unique)]
    keys += [index.columns for index in relation.indexes]
    computed = {column.name for column in relation.columns if column.computed}
    return frozenset(fixed.union(columns[0] for columns in keys if columns) - computed)


def _qualifiers(relation: Relation) -> frozenset[tuple[str, ...]]:
    own = {(), (relation.name,)}
    return frozenset(own if relation.schema is None else {*own, (relation.schema, relation.name)})


def _output(column: Column, mask: str | None) -> Output:
    return Output(label=column.name, column=column.name, type=column.type, mask=mask)


def _order(
    columns: Mapping[str, Column], public_key: tuple[str, ...], read: Permission
) -> tuple[OrderTerm, ...]:
    """
    Return the order by the key; where it cannot be ordered by, by every readable column that can.
    """
    if public_key and all(columns[name].type.kind in EQUATABLE for name in public_key):
        return _terms(columns[name] for name in public_key)
    return _terms(
        column
        for column in columns.values()
        if column.name in read.readable
        and column.name not in read.masks
        and column.type.kind in EQUATABLE
    )


def _terms(columns: Iterable[Column]) -> tuple[OrderTerm, ...]:
    return tuple(
        OrderTerm(column=column.name, nullable=column.nullable, stored=column.type.loose)
        for column in columns
    )


def relation_name(relation: Relation) -> RelationName:
    """Return the name of *relation* in statements."""
    return RelationName(schema=relation.schema, name=relation.name)


def typed_columns(relation: Relation) -> tuple[Typed, ...]:
    """Return the columns of *relation* as statements use them, in table order."""
    return tuple(
        Typed(name=column.name, type=column.type, nullable=column.nullable)
        for column in relation.columns
    )


def _target(relation: Relation, key: tuple[str, ...], *, arrays: bool) -> Target:
    locator = () if relation.row_locator is None else (relation.row_locator,)
    return Target(
        relation=relation_name(relation),
        columns=typed_columns(relation),
        keys=relation.primary_key or key or locator,
        arrays=arrays,
        defaults=_known_defaults(relation),
        computed=_computed(relation),
        keeps_conflicts=relation.keeps_conflicts,
        runs_code=relation.runs_code,
        proven_key=relation.kind is RelationKind.TABLE and not relation.spans_children,
        skips_rows=relation.skips_rows,
        moves_rows=relation.moves_rows,
        returns_changes=relation.returns_changes,
        spelled_keys=tuple(_spelled_keys(relation)),
    )


def _spelled_keys(relation: Relation) -> Iterator[tuple[str, ...]]:
    spelled = {
        column.name
        for column in relation.columns
        if column.type.loose and column.type.kind in _SPELLED
    }
    for key in (relation.primary_key, *(unique.columns for unique in relation.unique)):
        if spelled.intersection(key):
            yield key


def _known_defaults(relation: Relation) -> Mapping[str, str | None]:
    """
    Return the values of absent columns: constants and NULL.

    The result of a call is not known, and what a view leaves out takes the default of its table.
    """
    if relation.kind is RelationKind.VIEW:
        return {}
    return {
        column.name: column.default
        for column in relation.columns
        if not column.generated
        and not column.auto_increment
        and (column.default is None or "(" not in column.default)
    }


def _computed(relation: Relation) -> frozenset[str]:
    return frozenset(
        column.name
        for column in relation.columns
        if (column.generated and not column.auto_increment) or not column.updatable
    )


def _constraints(relation: Relation) -> Constraints:
    keys = (relation.primary_key, *(key.columns for key in relation.unique))
    references = tuple(key.columns for key in relation.foreign_keys)
    return Constraints(
        required=tuple(
            column.name
            for column in relation.columns
            if not column.nullable
            and column.default is None
            and not column.generated
            and not column.auto_increment
        ),
        unique=tuple(key for key in keys if key),
        references=references,
        unsent={columns: unsent_verbs(relation, columns) for columns in references},
        judged=frozenset(each.name for each in relation.columns if is_judged(each.type)),
        referenced=frozenset(relation.primary_key).union(*(k.columns for k in relation.unique)),
    )
