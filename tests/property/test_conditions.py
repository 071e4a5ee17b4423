"""Laws of typed filters and bound rules."""

import msgspec
import pytest
from hypothesis import given

from faucet.model.filters.binding import Binder, MissingClaimError
from faucet.model.filters.condition import AllOf, AnyOf, Comparison, Condition, Negation, Value
from faucet.model.filters.predicate import Predicate
from faucet.model.filters.typed import RuleScope, Scope, type_predicate
from faucet.model.request import Caller, ClaimValue, Principal
from faucet.model.settings import ValueOptions
from faucet.model.values.canonical import ValueFault, from_claim
from tests.property.row_model import Row, means, satisfies
from tests.property.strategies import CLAIMS, COLUMNS, rows, rules, typed_predicates

_OPTIONS = ValueOptions()
_TYPES = {name: column.type for name, column in COLUMNS.items()}


def _typed(predicate: Predicate, *, policy: bool = False) -> Condition:
    scope = Scope(columns=COLUMNS, options=_OPTIONS)
    if policy:
        scope = RuleScope(table="t", schema=None, columns=COLUMNS, options=_OPTIONS, exact=True)
    return type_predicate(predicate, scope)


@given(predicate=typed_predicates(), row=rows())
def test_a_typed_filter_means_what_was_written(predicate: Predicate, row: Row):
    assert satisfies(row, _typed(predicate)) == means(row, predicate)


def _asked_of(condition: Condition) -> set[str]:
    match condition:
        case AllOf(of=parts) | AnyOf(of=parts):
            return set().union(*map(_asked_of, parts))
        case Negation(of=part):
            return _asked_of(part)
        case Comparison(column=column):
            return {column}
        case _:
            raise AssertionError(condition)


def _fits(claim: ClaimValue, column: str) -> bool:
    try:
        from_claim(claim, _TYPES[column], _OPTIONS)
    except ValueFault:
        return False
    return True


@pytest.mark.promise("sec-05")
@given(rule=rules(), claim=CLAIMS)
def test_a_rule_holds_whole_or_denies(rule: Predicate, claim: ClaimValue):
    condition = _typed(rule, policy=True)
    fits = all(_fits(claim, column) for column in _asked_of(condition))

    try:
        principal = Principal(name=None, role="r", claims={"c": claim})
        caller = Caller(principal=principal, now=0)
        bound = Binder(caller=caller, options=_OPTIONS).bind(condition, COLUMNS)
    except MissingClaimError:
        assert not fits
        return

    assert fits
    assert bound == _put(condition, claim)


def _put(condition: Condition, claim: ClaimValue) -> Condition:
    match condition:
        case AllOf(of=parts) | AnyOf(of=parts):
            return msgspec.structs.replace(condition, of=tuple(_put(p, claim) for p in parts))
        case Negation(of=part):
            return Negation(of=_put(part, claim))
        case Comparison(column=column):
            value = from_claim(claim, _TYPES[column], _OPTIONS)
            return msgspec.structs.replace(condition, operand=Value(value=value))
        case _:
            return condition
