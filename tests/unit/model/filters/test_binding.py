"""Rules bound to who asks."""

from collections.abc import Mapping
from typing import Any

import pytest

from faucet.model.catalog import Column, ColumnType, Kind
from faucet.model.filters.binding import Binder, MissingClaimError
from faucet.model.filters.condition import (
    Claim,
    Comparison,
    Condition,
    KeySet,
    Membership,
    Now,
    Operand,
    Pattern,
    PrincipalField,
    Scalar,
    Slot,
    Value,
)
from faucet.model.filters.grammar import parse_filter
from faucet.model.filters.predicate import Operator
from faucet.model.filters.typed import RuleScope, type_predicate
from faucet.model.request import Caller, ClaimValue, Principal
from faucet.model.settings import ValueOptions

_TYPES = {
    "id": ColumnType(kind=Kind.INTEGER, db_type="integer", bits=32),
    "org": ColumnType(kind=Kind.TEXT, db_type="text"),
    "flag": ColumnType(kind=Kind.BOOLEAN, db_type="boolean"),
    "rate": ColumnType(kind=Kind.FLOAT, db_type="double precision", bits=64),
    "at": ColumnType(kind=Kind.TIMESTAMPTZ, db_type="timestamptz"),
}


_COLUMNS = {
    name: Column(name=name, position=position, type=of, nullable=True)
    for position, (name, of) in enumerate(_TYPES.items())
}


def _binder(
    claims: Mapping[str, ClaimValue],
    name: str | None = "key:a",
    role: str = "clerk",
    now: float = 0,
) -> Binder:
    principal = Principal(name=name, role=role, claims=claims)
    return Binder(caller=Caller(principal=principal, now=now), options=ValueOptions())


def _rule(text: str) -> Condition:
    scope = RuleScope(table="t", schema=None, columns=_COLUMNS, options=ValueOptions(), exact=True)
    predicate = parse_filter(text, policy=True)
    assert predicate is not None
    return type_predicate(predicate, scope)


def _bound(rule: Condition, claims: Mapping[str, ClaimValue], **who: Any) -> Condition:
    return _binder(claims, **{"now": 1.5, **who}).bind(rule, _COLUMNS)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("id = {claims.id}", 7),
        ("org = {claims.org}", "a"),
        ("org = {principal.name}", "key:a"),
        ("org = {principal.role}", "clerk"),
        ("at > now()", "1970-01-01 00:00:01.5"),
        ("id = 3", 3),
    ],
)
def test_a_reference_becomes_its_value(text: str, value: Scalar):
    condition = _bound(_rule(text), {"id": 7, "org": "a"})

    assert isinstance(condition, Comparison)
    assert condition.operand == Value(value=value)
    assert condition.exact


def test_every_part_of_a_rule_is_bound():
    asked = _rule(
        "NOT (id = {claims.id} OR org IN {claims.orgs}) AND org LIKE 'x' AND flag = {claims.flag}"
    )
    expected = _rule("NOT (id = 7 OR org IN ('a', 'b')) AND org LIKE 'x' AND flag = true")

    assert _bound(asked, {"id": 7, "orgs": ("a", "b"), "flag": True}) == expected


def test_what_asks_for_nothing_stays():
    slot = Comparison(column="id", operator=Operator.EQ, operand=Slot(index=0))
    keys = KeySet(columns=("id",), keys=((Value(value=1),),))
    pattern = Pattern(column="org", operand=Value(value="x"))

    for condition in (slot, keys, pattern, _rule("id IN (1, 2)"), _rule("id IS NULL")):
        assert _bound(condition, {}) == condition


_OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "IN", "NOT IN", "BETWEEN", "NOT BETWEEN")
_FORMS = {
    "IN": "IN ({claims.c})",
    "NOT IN": "NOT IN (0, {claims.c})",
    "BETWEEN": "BETWEEN {claims.c} AND {claims.c}",
    "NOT BETWEEN": "NOT BETWEEN {claims.c} AND {claims.c}",
}
_FORMS_OF_TEXT = {"NOT IN": "NOT IN ('0', {claims.c})"}
_BAD: tuple[ClaimValue, ...] = (None, "", (), (7,), ("a",), b"7")


@pytest.mark.promise("sec-05")
@pytest.mark.parametrize("negation", ["", "NOT "])
@pytest.mark.parametrize("operator", _OPERATORS)
@pytest.mark.parametrize(
    ("column", "claims"),
    [
        ("id", (*_BAD, True, "7", 7.0, 2**31)),
        ("rate", (*_BAD, True, "7", 2**53 + 1)),
        ("org", (*_BAD, True, 7, "a\0")),
    ],
)
def test_a_claim_never_bends_a_rule(
    column: str, claims: tuple[ClaimValue, ...], operator: str, negation: str
):
    forms = _FORMS | (_FORMS_OF_TEXT if column == "org" else {})
    test = forms.get(operator, f"{operator} {{claims.c}}")
    rule = _rule(f"id = 1 OR {negation}{column} {test}")

    for claim in claims:
        with pytest.raises(MissingClaimError) as caught:
            _bound(rule, {"c": claim})
        assert caught.value.claim == "c"
    with pytest.raises(MissingClaimError):
        _bound(rule, {"d": 7})


@pytest.mark.promise("sec-05")
@pytest.mark.parametrize("negation", ["", "NOT "])
@pytest.mark.parametrize(
    "claim", [None, "", "a", (), ("a", None), ("a", ""), ("a", 1), ("a", True), {"a": 1}, 7]
)
def test_a_list_claim_is_a_list_of_the_columns_type(claim: Any, negation: str):
    rule = _rule(f"org {negation}IN {{claims.orgs}}")

    with pytest.raises(MissingClaimError):
        _bound(rule, {"orgs": claim})


@pytest.mark.promise("sec-05")
def test_a_denied_claim_denies_the_whole_rule():
    rule = _rule("org = 'a' OR id IS NULL OR NOT (org = {claims.gone} AND id = 1)")

    with pytest.raises(MissingClaimError):
        _bound(rule, {})


@pytest.mark.promise("sec-28")
def test_the_anonymous_have_no_name():
    with pytest.raises(MissingClaimError) as caught:
        _bound(_rule("org = {principal.name}"), {}, name=None)

    assert caught.value.claim == "principal.name"


def _one(operand: Operand, column: str, claims: Mapping[str, ClaimValue]) -> Scalar:
    return _binder(claims).value(operand, _COLUMNS[column])


@pytest.mark.promise("sec-05")
def test_a_preset_is_bound_as_strictly():
    assert _one(Value(value=None), "id", {}) is None
    assert _one(Claim(name="id"), "id", {"id": 7}) == 7
    assert _one(PrincipalField(field="role"), "org", {}) == "clerk"
    assert _one(Now(), "at", {}) == "1970-01-01 00:00:00"
    for claim in (None, "", "7", True, (7,)):
        with pytest.raises(MissingClaimError):
            _one(Claim(name="id"), "id", {"id": claim})


@pytest.mark.parametrize("operand", [Slot(index=0), Claim(name="id", many=True)])
def test_a_single_value_is_no_slot_and_no_list(operand: Operand):
    with pytest.raises(AssertionError):
        _one(operand, "id", {"id": (7,)})


def test_a_list_stays_exact():
    condition = _bound(_rule("org IN {claims.orgs}"), {"orgs": ("a",)})

    assert condition == Membership(column="org", operands=(Value(value="a"),), exact=True)
