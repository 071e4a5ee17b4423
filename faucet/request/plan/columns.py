"""Columns of one relation as statements mention them. Pure."""

from collections.abc import Iterable

from faucet.errors import NO_KEY, PlanError
from faucet.model.catalog import Relation
from faucet.model.filters.predicate import ColumnName
from faucet.model.request import AuthorizedRequest
from faucet.model.statement import Output, RelationName, Typed
from faucet.model.surface import ResourceView


def relation_name(relation: Relation) -> RelationName:
    """Return the name under which statements know *relation*."""
    return RelationName(schema=relation.schema, name=relation.name)


def typed(relation: Relation, names: Iterable[str]) -> tuple[Typed, ...]:
    """Return the columns of *relation* that are among *names*, in table order."""
    wanted = frozenset(names)
    return tuple(
        Typed(name=column.name, type=column.type, nullable=column.nullable)
        for column in relation.columns
        if column.name in wanted
    )


def plain_name(column: ColumnName) -> str:
    """Return the column's own name; authorize has seen that any prefix is its own table's."""
    return column.parts[-1]


def usable_key(resource: ResourceView) -> tuple[str, ...]:
    """
    Return the key by which this role may select, or raise `no_key`.

    With a GET grant all of the key must be readable and unmasked; without one the key selects.
    """
    if key := resource.public_key:
        return key
    message = (
        f'"{resource.relation.name}" has no key that this role may use; select by filter instead'
    )
    raise PlanError(NO_KEY, message)


def column_output(authorized: AuthorizedRequest, name: str, label: str | None = None) -> Output:
    """Return the output of the readable column *name*, behind its mask if it has one."""
    read = authorized.resource.read
    mask = None if read is None else read.masks.get(name)
    column = authorized.resource.relation.column(name)
    if column is None:
        raise AssertionError(name)
    return Output(label=label or name, column=name, type=column.type, mask=mask)
