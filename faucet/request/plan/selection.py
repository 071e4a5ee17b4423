"""What a request selects, as one condition: row filter, filter and keys. Pure."""

from faucet.errors import INVALID_PARAMETER, INVALID_VALUE, PlanError
from faucet.model.catalog import Column
from faucet.model.filters.condition import Condition, all_of
from faucet.model.filters.predicate import (
    And,
    ColumnName,
    Compare,
    In,
    Literal,
    LiteralKind,
    Operator,
    Or,
    Predicate,
)
from faucet.model.filters.typed import ConditionError, Scope, type_predicate
from faucet.model.request import AuthorizedRequest, JsonDocument, JsonNumber, JsonValue
from faucet.request.plan.columns import usable_key


def selection(authorized: AuthorizedRequest) -> Condition:
    """Return which rows *authorized* selects: always within its row filter."""
    selector = authorized.request.selector
    asked = None if selector.where is None else typed_filter(authorized, selector.where, "filter")
    keys = None
    if selector.ids is not None:
        keys = keys_condition(authorized, selector.ids, "path" if selector.single else "ids")
    return all_of(authorized.row_filter, asked, keys)


def typed_filter(authorized: AuthorizedRequest, predicate: Predicate, parameter: str) -> Condition:
    """Return *predicate* typed against the columns the caller may name, or raise `PlanError`."""
    resource, read = authorized.resource, authorized.resource.read
    names = resource.key if read is None else read.readable
    columns = {name: _column(authorized, name) for name in names}
    scope = Scope(
        table=resource.relation.name,
        schema=resource.relation.schema,
        columns=columns,
        masked=frozenset() if read is None else frozenset(read.masks),
        options=authorized.service.values,
        policy=False,
        exact=False,
    )
    try:
        return type_predicate(predicate, scope)
    except ConditionError as fault:
        context: dict[str, object] = {"parameter": parameter}
        if parameter == "filter":
            context["position"] = fault.position
        raise PlanError(fault.kind, fault.message, **context) from None


def _column(authorized: AuthorizedRequest, name: str) -> Column:
    column = authorized.resource.relation.column(name)
    if column is None:
        raise AssertionError(name)
    return column


def keys_condition(
    authorized: AuthorizedRequest, keys: tuple[tuple[JsonValue, ...], ...], parameter: str
) -> Condition:
    """Return the condition of rows whose key is among *keys*, by value; `no_key` without one."""
    columns = usable_key(authorized.resource)
    for key in keys:
        if len(key) != len(columns):
            expected = f"{len(columns)} value(s) ({', '.join(columns)})"
            message = f"a key of this table has {expected}, not {len(key)}"
            raise PlanError(INVALID_PARAMETER, message, parameter=parameter)
    if len(columns) == 1:
        operands = tuple(_literal(key[0], parameter) for key in keys)
        return typed_filter(
            authorized, In(column=_named(columns[0]), operands=operands, negated=False), parameter
        )
    each = tuple(_one_key(columns, key, parameter) for key in keys)
    return typed_filter(authorized, each[0] if len(each) == 1 else Or(of=each), parameter)


def _one_key(columns: tuple[str, ...], key: tuple[JsonValue, ...], parameter: str) -> Predicate:
    tests = tuple(
        Compare(column=_named(name), operator=Operator.EQ, operand=_literal(value, parameter))
        for name, value in zip(columns, key, strict=True)
    )
    return And(of=tests)


def _named(name: str) -> ColumnName:
    return ColumnName(parts=(name,), position=0)


def _literal(value: JsonValue, parameter: str) -> Literal:
    match value:
        case bool():
            text = "true" if value else "false"
            return Literal(kind=LiteralKind.BOOLEAN, text=text, position=0)
        case JsonNumber(text=text):
            return Literal(kind=LiteralKind.NUMBER, text=text, position=0)
        case str():
            return Literal(kind=LiteralKind.TEXT, text=value, position=0)
        case None | JsonDocument():
            message = "a key is made of texts, numbers and booleans"
            raise PlanError(INVALID_VALUE, message, parameter=parameter)
