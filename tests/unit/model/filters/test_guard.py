"""Which tests of a caller are kept from rows that its policy does not cover."""

import pytest

from faucet.model.filters.condition import (
    EVERY_ROW,
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Guarded,
    KeySet,
    Known,
    Membership,
    Negation,
    NullTest,
    Pattern,
    Slot,
    Slots,
)
from faucet.model.filters.guard import guard
from faucet.model.filters.predicate import Operator


def _is(column: str, operator: Operator = Operator.EQ) -> Condition:
    return Comparison(column=column, operator=operator, operand=Slot(index=0))


_POLICY = _is("tenant")
_LIKE = Pattern(column="id", operand=Slot(index=1))
_QUICK = {"id", "n"}


@pytest.mark.parametrize(
    "test",
    [
        _is("id"),
        _is("n", Operator.LT),
        Membership(column="id", operands=Slots(first=0, count=2)),
        KeySet(columns=("id", "n"), keys=Slots(first=0, count=2)),
        NullTest(column="n"),
        Known(column="text", holds=True),
        Negation(of=_is("id")),
        AnyOf(of=(_is("id"), AllOf(of=(_is("n"), _is("id"))))),
    ],
)
def test_a_test_that_takes_the_same_time_for_every_row_is_not_guarded(test: Condition):
    assert guard(_POLICY, test, _QUICK) == AllOf(of=(_POLICY, test))


@pytest.mark.parametrize(
    "test",
    [
        _LIKE,
        _is("text"),
        _is("text", Operator.GT),
        NullTest(column="text"),
        Membership(column="text", operands=Slots(first=0, count=2)),
        KeySet(columns=("id", "text"), keys=Slots(first=0, count=2)),
        Negation(of=_LIKE),
        AnyOf(of=(_is("id"), _LIKE)),
    ],
)
def test_any_other_test_is_guarded(test: Condition):
    assert guard(_POLICY, test, _QUICK) == Guarded(policy=_POLICY, test=test)


def test_only_the_slow_parts_of_a_conjunction_are_guarded():
    asked = AllOf(of=(_LIKE, AllOf(of=(_is("id"), _is("text"))), _is("n")))

    assert guard(_POLICY, asked, _QUICK) == AllOf(
        of=(Guarded(policy=_POLICY, test=AllOf(of=(_LIKE, _is("text")))), _is("id"), _is("n"))
    )


@pytest.mark.parametrize("policy", [None, EVERY_ROW])
def test_where_every_row_is_visible_nothing_is_guarded(policy: Condition | None):
    assert guard(policy, _LIKE, _QUICK) == _LIKE
