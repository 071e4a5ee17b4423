"""The selection of a request as one condition: row filter, filter and keys. Pure."""

from typing import Final

from faucet.errors import FILTER_TOO_LARGE, INVALID_PARAMETER, INVALID_VALUE, PlanError
from faucet.model.catalog import Column, Kind, can_be_key
from faucet.model.filters.condition import (
    AllOf,
    Comparison,
    Condition,
    Membership,
    Scalar,
    Value,
    all_of,
)
from faucet.model.filters.guard import guard
from faucet.model.filters.literals import bare, read_equal
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
from faucet.model.settings import ValueOptions
from faucet.model.surface import Verb
from faucet.model.values.fault import ValueFault
from faucet.request.plan.columns import usable_key

# As many comparisons as a filter can have: a loose column takes several spellings for each.
_MOST_COSTLY: Final = 1000


def selection(authorized: AuthorizedRequest) -> Condition:
    """Return the condition of *authorized*: always within its row filter."""
    selector = authorized.request.selector
    asked = None if selector.where is None else typed_filter(authorized, selector.where, "filter")
    keys = None
    if selector.ids is not None:
        keys = keys_condition(authorized, selector.ids, "path" if selector.single else "ids")
    if asked is None:
        return all_of(authorized.row_filter, keys)
    tests = asked if keys is None else all_of(keys, asked)
    return guard(authorized.row_filter, tests, authorized.resource.quick)


def typed_filter(authorized: AuthorizedRequest, predicate: Predicate, parameter: str) -> Condition:
    """Return *predicate* typed by the columns that it names, or raise `PlanError`."""
    scope = Scope(
        columns=authorized.resource.nameable,
        options=authorized.service.values,
        traced=authorized.request.verb is Verb.GET and parameter != "ids",
        keys=parameter != "filter",
    )
    try:
        return type_predicate(predicate, scope)
    except ConditionError as fault:
        context: dict[str, object] = {"parameter": parameter}
        if parameter == "filter":
            context["position"] = fault.position
        raise PlanError(fault.kind, fault.message, **context) from None


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
        operands = tuple(_literal(key[0], 0, parameter) for key in keys)
        return typed_filter(
            authorized,
            In(column=_name(columns[0]), operands=operands, negated=False),
            parameter,
        )
    _check_cost(authorized, len(keys), columns, parameter)
    each = tuple(_one_key(columns, key, parameter) for key in keys)
    return typed_filter(authorized, each[0] if len(each) == 1 else Or(of=each), parameter)


def _check_cost(
    authorized: AuthorizedRequest, keys: int, columns: tuple[str, ...], parameter: str
) -> None:
    """Raise `PlanError` if *keys* need more costly comparisons than a filter may have."""
    types = [authorized.resource.columns[name].type for name in columns]
    costly = sum(of.loose and of.kind is not Kind.INTEGER for of in types)
    if keys * costly > _MOST_COSTLY:
        message = f"{parameter} accepts at most {_MOST_COSTLY // costly} keys of this table"
        raise PlanError(FILTER_TOO_LARGE, f"{message}: send fewer", parameter=parameter)


def key_condition(
    authorized: AuthorizedRequest, key: tuple[JsonValue, ...], parameter: str
) -> Condition:
    """Return the condition of the row with *key*; the same as `keys_condition`, but faster."""
    view = authorized.resource
    columns = [view.columns[name] for name in usable_key(view)]
    try:
        values = [Value(value=value) for value in _key_values(authorized, key)]
    except (ValueFault, ValueError):
        # A value that does not fit its column decides alone, or is rejected, as in any filter.
        return keys_condition(authorized, (key,), parameter)
    if len(columns) == 1:
        return Membership(column=columns[0].name, operands=(values[0],))
    return AllOf(
        of=tuple(
            Comparison(column=column.name, operator=Operator.EQ, operand=value)
            for column, value in zip(columns, values, strict=True)
        )
    )


def is_same_key(
    authorized: AuthorizedRequest, sent: tuple[JsonValue, ...], path: tuple[JsonValue, ...]
) -> bool:
    """Return whether the key *sent* in a body is that of the *path*, by value."""
    try:
        one, other = (_key_values(authorized, key) for key in (sent, path))
    except (ValueFault, ValueError):
        # The error, if it is one, names where the key comes from.
        of_body = key_condition(authorized, sent, "body")
        return of_body == key_condition(authorized, path, "path")
    return list(map(bare, one)) == list(map(bare, other))


def _key_values(authorized: AuthorizedRequest, key: tuple[JsonValue, ...]) -> list[Scalar]:
    view, options = authorized.resource, authorized.service.values
    columns = [view.columns[name] for name in usable_key(view)]
    return [_read_key(part, column, options) for part, column in zip(key, columns, strict=True)]


def equal_value(part: JsonValue, column: Column, options: ValueOptions) -> Value:
    """Return *part* to be tested for equality; raises `ValueFault`, ValueError for no scalar."""
    return Value(value=_read_key(part, column, options))


def _read_key(part: JsonValue, column: Column, options: ValueOptions) -> Scalar:
    if not can_be_key(column.type) or not isinstance(part, bool | str | JsonNumber):
        raise ValueError(part)
    literal = _literal(part, 0, "")
    return read_equal(literal.kind, literal.text, column.type, options)


def _one_key(columns: tuple[str, ...], key: tuple[JsonValue, ...], parameter: str) -> Predicate:
    return And(
        of=tuple(
            Compare(
                column=_name(name),
                operator=Operator.EQ,
                operand=_literal(value, place, parameter),
            )
            for place, (name, value) in enumerate(zip(columns, key, strict=True))
        )
    )


def _name(name: str) -> ColumnName:
    return ColumnName(parts=(name,), position=0)


def _literal(value: JsonValue, place: int, parameter: str) -> Literal:
    """Return part *place* of a key as the literal of a filter; see `LiteralOrigin`."""
    position = -1 - place
    match value:
        case bool():
            text = "true" if value else "false"
            return Literal(kind=LiteralKind.BOOLEAN, text=text, position=position)
        case JsonNumber(text=text):
            return Literal(kind=LiteralKind.NUMBER, text=text, position=position)
        case str():
            return Literal(kind=LiteralKind.TEXT, text=value, position=position)
        case None | JsonDocument():
            message = "a key consists of strings, numbers and booleans"
            raise PlanError(INVALID_VALUE, message, parameter=parameter)
