"""Relations as callers see them: the descriptions of tables, with nothing that is hidden. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from faucet.model.catalog import Column, ColumnType, ForeignKey, Relation
from faucet.model.facts import TransformFacts
from faucet.model.schema_form import relation_form
from faucet.model.settings import ValueOptions
from faucet.model.surface import ResourceView, ServiceView, Verb

# A default that names nothing: what an expression calls may be hidden from the caller.
_CONSTANT: Final = re.compile(
    r"-?\d+(\.\d+)?|'(?:[^']|'')*'(::[\w \[\]]+)?|true|false|null|now\(\)|current_timestamp",
    re.IGNORECASE,
)
_CHANGES: Final = (Verb.POST, Verb.PUT, Verb.PATCH)


def shown_type(
    column: Column, resource: ResourceView, transforms: Mapping[str, TransformFacts]
) -> ColumnType:
    """Return the type of *column* as the role sees it, through its mask if there is one."""
    mask, of = resource.masks.get(column.name), column.type
    if mask is None:
        return of
    # The shape of a masked value (length, labels) is not revealed.
    return ColumnType(kind=transforms[mask].gives or of.kind, db_type=of.kind.value)


def describe(
    service: ServiceView,
    resource: ResourceView,
    options: ValueOptions,
    transforms: Mapping[str, TransformFacts],
) -> dict[str, Any]:
    """
    Return the description of *resource* as the role sees it, JSON-able.

    It has the columns that the role may read or write; keys and indexes of which it may read every
    column; and foreign keys into tables that it may read. Comments are
    the descriptions of *resource*.
    """
    seen = _narrowed(service, resource, transforms)
    form = relation_form(seen, options)
    return {
        **form,
        "verbs": [verb.value for verb in Verb if resource.allows(verb)],
        "columns": [{**column, **_rights(resource, column["name"])} for column in form["columns"]],
        "checks": [],
        "relations": [],
        "row_estimate": None,
    }


def _narrowed(
    service: ServiceView, resource: ResourceView, transforms: Mapping[str, TransformFacts]
) -> Relation:
    """Return the relation of *resource* without what the role may not know."""
    relation, seen = resource.relation, _readable(resource)
    return msgspec.structs.replace(
        relation,
        comment=resource.description,
        columns=tuple(
            _shown(column, resource, transforms)
            for column in relation.columns
            if column.name in resource.known
        ),
        primary_key=resource.public_key,
        unique=tuple(key for key in relation.unique if seen.issuperset(key.columns)),
        foreign_keys=tuple(_foreign_keys(service, resource, seen)),
        indexes=tuple(
            index for index in relation.indexes if index.columns and seen.issuperset(index.columns)
        ),
    )


def _readable(resource: ResourceView) -> frozenset[str]:
    read = resource.read
    return frozenset() if read is None else frozenset(read.readable) - read.masks.keys()


def _shown(
    column: Column, resource: ResourceView, transforms: Mapping[str, TransformFacts]
) -> Column:
    masked = column.name in resource.masks
    constant = column.default and not masked and _CONSTANT.fullmatch(column.default)
    return msgspec.structs.replace(
        column,
        type=shown_type(column, resource, transforms),
        default=column.default if constant else None,
        comment=resource.descriptions.get(column.name),
    )


def _rights(resource: ResourceView, column: str) -> dict[str, bool]:
    return {
        "masked": column in resource.masks,
        "readable": resource.read is not None and column in resource.read.readable,
        "writable": any(
            column in resource.grants[verb].writable for verb in _CHANGES if verb in resource.grants
        ),
    }


def _foreign_keys(
    service: ServiceView, resource: ResourceView, seen: frozenset[str]
) -> Iterator[ForeignKey]:
    for key in resource.relation.foreign_keys:
        far = service.resources.get(key.referenced_table)
        if far is None or not _same_schema(key, far):
            continue
        if seen.issuperset(key.columns) and _readable(far).issuperset(key.referenced_columns):
            yield key


def _same_schema(key: ForeignKey, far: ResourceView) -> bool:
    return key.referenced_schema in (None, far.relation.schema)
