"""Filters against the columns they name."""

import math
from decimal import Decimal
from typing import Any

import pytest

from faucet.dialects.postgresql.types import DAYS
from faucet.errors import (
    FILTER_SYNTAX,
    INVALID_VALUE,
    OUT_OF_RANGE,
    UNKNOWN_COLUMN,
    WRONG_TYPE,
)
from faucet.model.catalog import EQUATABLE, ORDERED, Column, ColumnType, Kind
from faucet.model.filters.condition import (
    AllOf,
    AnyOf,
    Claim,
    Comparison,
    Condition,
    Known,
    Membership,
    Negation,
    Now,
    NullTest,
    Operand,
    Pattern,
    PrincipalField,
    Scalar,
    Value,
)
from faucet.model.filters.grammar import parse_filter
from faucet.model.filters.predicate import (
    ColumnName,
    Literal,
    LiteralKind,
    Match,
    Operator,
    PatternKind,
)
from faucet.model.filters.typed import ConditionError, RuleScope, Scope, type_predicate
from faucet.model.settings import ValueOptions


def _type(kind: Kind, **facts: Any) -> ColumnType:
    return ColumnType(kind=kind, db_type=kind.value, days=DAYS.get(kind), **facts)


_TYPES = {
    **{kind.value: _type(kind) for kind in Kind},
    "id": _type(Kind.INTEGER, bits=32),
    "price": _type(Kind.DECIMAL, precision=6, scale=2),
    "kept": _type(Kind.DECIMAL, digits=15),
    "code": _type(Kind.TEXT, length=3),
    "enum": _type(Kind.ENUM, labels=("sad", "happy")),
    "bytes": _type(Kind.BINARY, length=1),
    "second": _type(Kind.TIMESTAMP, precision=0),
    "loose": _type(Kind.TEXT, provable=False),
}
_SAMPLES = {
    Kind.INTEGER: "1",
    Kind.DECIMAL: "1",
    Kind.FLOAT: "1",
    Kind.BOOLEAN: "TRUE",
    Kind.ENUM: "'sad'",
    Kind.UUID: "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
    Kind.BINARY: "'AAA='",
    Kind.DATE: "'2024-01-01'",
    Kind.TIME: "'03:04:05'",
    Kind.TIMESTAMP: "'2024-01-01'",
    Kind.TIMESTAMPTZ: "'2024-01-01'",
    Kind.INTERVAL: "'P1D'",
}


def _scope(*, rule: bool = False, **facts: Any) -> Scope:
    columns = {
        name: Column(name=name, position=position, type=of, nullable=True)
        for position, (name, of) in enumerate(_TYPES.items())
    }
    shared: dict[str, Any] = {"columns": columns, "options": ValueOptions()}
    if not rule:
        return Scope(**shared)
    return RuleScope(**{"table": "orders", "schema": "public", "exact": True, **shared, **facts})


def _typed(text: str, *, rule: bool = False, **facts: Any) -> Condition:
    predicate = parse_filter(text, policy=rule)
    assert predicate is not None
    return type_predicate(predicate, _scope(rule=rule, **facts))


def _refusal(text: str, **facts: Any) -> ConditionError:
    with pytest.raises(ConditionError) as caught:
        _typed(text, **facts)
    return caught.value


def _compared(column: str, operator: Operator, value: Scalar) -> Comparison:
    return Comparison(column=column, operator=operator, operand=Value(value=value))


@pytest.mark.parametrize("prefix", ["", "orders.", "public.orders.", '"public"."orders".'])
def test_a_column_may_carry_its_table(prefix: str):
    assert _typed(f"{prefix}id = 1") == _compared("id", Operator.EQ, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("idd = 1", 'no column "idd"; did you mean "id"?'),
        ("ID = 1", 'no column "ID"; did you mean "id"?'),
        ("nothing_like_it = 1", 'no column "nothing_like_it"'),
        ("other.zzzz = 1", 'no column "other.zzzz"'),
        ("x.public.orders.zzzz = 1", 'no column "x.public.orders.zzzz"'),
        ("other.secret = 1", 'no column "other.secret"'),
    ],
)
def test_any_other_column_is_unknown_to_a_rule(text: str, message: str):
    refusal = _refusal(f"id = 1 AND {text}", rule=True)

    assert refusal.kind is UNKNOWN_COLUMN
    assert refusal.message == message
    assert refusal.position == 11
    assert refusal.column == text.partition(" ")[0]


def test_a_schema_is_no_prefix_where_there_is_none():
    assert _refusal("public.orders.id = 1", rule=True, schema=None).kind is UNKNOWN_COLUMN


@pytest.mark.parametrize("kind", Kind)
def test_every_column_takes_is_null(kind: Kind):
    null = NullTest(column=kind.value)

    assert _typed(f"{kind.value} IS NULL") == null
    assert _typed(f"{kind.value} != NULL") == Negation(of=null)


@pytest.mark.parametrize(
    ("test", "kinds"),
    [
        ("= {}", EQUATABLE),
        ("!= {}", EQUATABLE),
        ("IN ({})", EQUATABLE),
        ("NOT IN ({}, {})", EQUATABLE),
        ("< {}", ORDERED),
        (">= {}", ORDERED),
        ("BETWEEN {} AND {}", ORDERED),
        ("LIKE 'x'", {Kind.TEXT}),
        ("NOT ILIKE 'x'", {Kind.TEXT}),
        ("CONTAINS 'x'", {Kind.TEXT}),
        ("STARTS WITH 'x'", {Kind.TEXT}),
        ("ENDS WITH 'x'", {Kind.TEXT}),
    ],
)
@pytest.mark.parametrize("kind", Kind)
def test_an_operator_is_for_some_kinds(test: str, kinds: frozenset[Kind], kind: Kind):
    sample = _SAMPLES.get(kind, "'x'")
    text = f"{kind.value} {test.replace('{}', sample)}"

    if kind in kinds:
        assert _typed(text) is not None
    else:
        refusal = _refusal(text)
        assert refusal.kind is WRONG_TYPE
        assert refusal.position == 0


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("id = 'abc'", 5),
        ("id = TRUE", 5),
        ("text = 5", 7),
        ("id IN (1, 'x')", 10),
        ("id BETWEEN 1 AND 'x'", 17),
        ("enum = 'angry'", 7),
        ("boolean = 2", 10),
        ("date = 20240101", 7),
        ("uuid != 'x'", 8),
    ],
)
def test_a_value_must_be_one_of_the_columns_type(text: str, position: int):
    refusal = _refusal(text)

    assert refusal.kind is INVALID_VALUE
    assert refusal.position == position
    assert refusal.message.startswith(f'the value for "{text.partition(" ")[0]}" does not fit: ')


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("id = 5.0", 5),
        ("id = '5'", 5),
        ("price = 10.5", Decimal("10.5")),
        ("float = 1", 1.0),
        ("boolean = 1", True),
        ("boolean = false", False),
        ("timestamptz = '2024-01-02'", "2024-01-02 00:00:00"),
        ("timestamptz = '2024-01-02T01:00:00+01:00'", "2024-01-02 00:00:00"),
        ("timestamp = '2024-01-02T01:00:00+01:00'", "2024-01-02 01:00:00"),
        ("date = '2024-01-02T00:00:00Z'", "2024-01-02"),
        ("binary = 'AAH/'", b"\x00\x01\xff"),
    ],
)
def test_a_value_is_read_in_the_columns_type(text: str, value: Scalar):
    assert _typed(text) == _compared(text.partition(" ")[0], Operator.EQ, value)


_FALSE, _TRUE = Known(column="id", holds=False), Known(column="id", holds=True)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("id = 5.5", _FALSE),
        ("id != 5.5", _TRUE),
        ("id > 5.5", _compared("id", Operator.GE, 6)),
        ("id >= 5.5", _compared("id", Operator.GE, 6)),
        ("id < 5.5", _compared("id", Operator.LE, 5)),
        ("id <= '5.5'", _compared("id", Operator.LE, 5)),
        ("id = 1099511627776", _FALSE),
        ("id != 1099511627776", _TRUE),
        ("id > 1099511627776", _FALSE),
        ("id < 1099511627776", _compared("id", Operator.LE, 2**31 - 1)),
        ("id >= -1e300", _compared("id", Operator.GE, -(2**31))),
        ("id < -1e300", _FALSE),
        ("price = 10.505", Known(column="price", holds=False)),
        ("price > 10.505", _compared("price", Operator.GE, Decimal("10.51"))),
        ("price <= 10.505", _compared("price", Operator.LE, Decimal("10.50"))),
        (
            "kept < 0.1234567890123456",
            _compared("kept", Operator.LT, Decimal("0.1234567890123456")),
        ),
        ("float > 1e400", _compared("float", Operator.GE, math.inf)),
        ("float < -1e400", _compared("float", Operator.LE, -math.inf)),
        ("code = 'abcdef'", Known(column="code", holds=False)),
        ("code < 'abcdef'", _compared("code", Operator.LT, "abcdef")),
        ("bytes != 'AAAA'", Known(column="bytes", holds=True)),
        (
            "second < '2024-01-01T00:00:00.5'",
            _compared("second", Operator.LE, "2024-01-01 00:00:00"),
        ),
        ("date > '2024-01-01T12:00:00Z'", _compared("date", Operator.GE, "2024-01-02")),
    ],
)
def test_what_the_type_decides_is_decided(text: str, condition: Condition):
    assert _typed(text) == condition


def test_an_order_beyond_all_reckoning_is_refused():
    assert _typed("interval = 'P999999999999Y'") == Known(column="interval", holds=False)
    refusal = _refusal("interval < 'P999999999999Y'")

    assert refusal.kind is OUT_OF_RANGE
    assert refusal.position == 11


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        (
            "id IN (1, 5.5, '2', 2e99)",
            Membership(column="id", operands=(Value(value=1), Value(value=2))),
        ),
        ("id IN (5.5)", _FALSE),
        ("id NOT IN (5.5)", Negation(of=_FALSE)),
        (
            "code NOT IN ('ab', 'abcd')",
            Negation(of=Membership(column="code", operands=(Value(value="ab"),))),
        ),
    ],
)
def test_members_that_the_column_cannot_hold_are_dropped(text: str, condition: Condition):
    assert _typed(text) == condition


def test_between_is_two_comparisons():
    both = AllOf(of=(_compared("id", Operator.GE, 2), _compared("id", Operator.LE, 9)))

    assert _typed("id BETWEEN 1.5 AND 9") == both
    assert _typed("id NOT BETWEEN 1.5 AND 9") == Negation(of=both)


@pytest.mark.promise("sec-06")
@pytest.mark.parametrize(
    ("text", "pattern", "fold"),
    [
        ("text LIKE 'a\\_%'", "a\\_%", False),
        ("text ILIKE 'A%'", "A%", True),
        ("text CONTAINS '50%_\\'", "%50\\%\\_\\\\%", False),
        ("text STARTS WITH '%'", "\\%%", False),
        ("text ENDS WITH '\\'", "%\\\\", False),
    ],
)
def test_a_pattern_escapes_what_is_literal(text: str, pattern: str, fold: bool):
    assert _typed(text) == Pattern(column="text", operand=Value(value=pattern), fold=fold)


def test_a_pattern_is_a_text():
    number = Literal(kind=LiteralKind.NUMBER, text="1", position=9)
    test = Match(
        column=ColumnName(parts=("text",), position=0),
        pattern=PatternKind.LIKE,
        operand=number,
        negated=False,
    )

    with pytest.raises(ConditionError) as caught:
        type_predicate(test, _scope())

    assert (caught.value.kind, caught.value.position) == (FILTER_SYNTAX, 9)


def test_the_tree_stays_as_it_was_written():
    one, two = _compared("id", Operator.EQ, 1), _compared("id", Operator.EQ, 2)

    assert _typed("NOT id = 1 AND (id = 2 OR NOT NOT id = 1)") == AllOf(
        of=(Negation(of=one), AnyOf(of=(two, Negation(of=Negation(of=one)))))
    )


@pytest.mark.promise("sec-08")
@pytest.mark.parametrize(
    ("text", "operand"),
    [
        ("id = {claims.org}", Claim(name="org")),
        ("text = {principal.name}", PrincipalField(field="name")),
        ("enum != {principal.role}", PrincipalField(field="role")),
        ("timestamptz < now()", Now()),
        ("date >= now()", Now()),
        ("text = 'bob '", Value(value="bob ")),
    ],
)
@pytest.mark.parametrize("exact", [True, False])
def test_a_rule_compares_exactly_unless_told_otherwise(text: str, operand: Operand, exact: bool):
    condition = _typed(text, rule=True, exact=exact)

    assert isinstance(condition, Comparison)
    assert condition.operand == operand
    assert condition.exact is exact


def test_a_rule_takes_lists_after_in():
    many = Membership(column="id", operands=Claim(name="orgs", many=True), exact=True)
    one = Membership(column="id", operands=(Value(value=1),), exact=True)
    mixed = AnyOf(
        of=(
            Comparison(column="id", operator=Operator.EQ, operand=Claim(name="org"), exact=True),
            Comparison(column="id", operator=Operator.EQ, operand=Value(value=1), exact=True),
        )
    )

    assert _typed("id IN {claims.orgs}", rule=True) == many
    assert _typed("id IN (1)", rule=True) == one
    assert _typed("id NOT IN ({claims.org}, 1)", rule=True) == Negation(of=mixed)


@pytest.mark.promise("sec-08")
@pytest.mark.parametrize("text", ["loose = 'x'", "loose IS NULL", "NOT loose LIKE 'x'"])
def test_no_rule_stands_on_a_column_without_a_provable_type(text: str):
    assert _typed(text) is not None
    refusal = _refusal(text, rule=True)

    assert refusal.kind is WRONG_TYPE
    assert refusal.column == "loose"


@pytest.mark.promise("sec-08")
@pytest.mark.parametrize(
    "text",
    ["id = 5.5", "id < 1e99", "id IN (1, 5.5)", "code = 'abcd'", "price != 1.005", "float = 1e400"],
)
def test_a_rule_whose_value_does_not_fit_is_refused(text: str):
    assert _refusal(text, rule=True).kind is OUT_OF_RANGE


@pytest.mark.parametrize(
    "text",
    [
        "id = {principal.name}",
        "uuid = {principal.role}",
        "time < now()",
        "text = now()",
        "json = {claims.x}",
        "uuid < {claims.x}",
        "array IN {claims.x}",
    ],
)
def test_a_reference_must_suit_its_column(text: str):
    assert _refusal(text, rule=True).kind is WRONG_TYPE
