"""Separates a condition into its shape and its values. Pure."""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final

from faucet.model.filters.condition import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Guarded,
    KeySet,
    LiteralOrigin,
    Membership,
    Negation,
    Pattern,
    ReferenceOrigin,
    Scalar,
    Slot,
    Slots,
    Spelling,
    Value,
)

StatementValue = Scalar | tuple[Scalar, ...]
"""A value of a statement; a tuple is one array parameter."""


class PageOrigin(Enum):
    """The bounds of a page, which a request sets beside its filter."""

    LIMIT = "limit"
    OFFSET = "offset"


_Origin = LiteralOrigin | ReferenceOrigin | None
Origin = _Origin | PageOrigin | tuple[_Origin, ...]
"""The source of a value, of each element for an array parameter; None for a constant."""


class Lifter:
    """
    Collects the values of one statement in order of their slots.

    *arrays* means that a list of values is one parameter. Otherwise lists are padded with their
    last element to a power of two, so that lists of many lengths share few shapes.
    """

    def __init__(self, *, arrays: bool, values: tuple[StatementValue, ...] = ()) -> None:
        self._arrays = arrays
        self._values: list[StatementValue] = list(values)
        self._origins: list[Origin] = [None] * len(values)

    @property
    def values(self) -> tuple[StatementValue, ...]:
        """The values collected so far."""
        return tuple(self._values)

    @property
    def origins(self) -> tuple[Origin, ...]:
        """The source of each value."""
        return tuple(self._origins)

    def slot(self, value: Scalar, origin: Origin = None) -> Slot:
        """Keep *value* and return its slot."""
        values = self._values
        values.append(value)
        self._origins.append(origin)
        return Slot(index=len(values) - 1, spelled=type(value) is Spelling)

    def lift(self, condition: Condition) -> Condition:
        """Return *condition* with every value replaced by a slot."""
        # `match` takes long to find that a struct is none of its classes.
        lift = _LIFTS.get(type(condition))
        return condition if lift is None else lift(self, condition)

    def slots(self, rows: tuple[tuple[Value, ...], ...]) -> Slots:
        """Keep the values of *rows*, all of one length, and return their slots."""
        first, width = len(self._values), len(rows[0])
        if self._arrays and width == 1:
            self._values.append(tuple(row[0].value for row in rows))
            self._origins.append(tuple(row[0].origin for row in rows))
            return Slots(first=first, count=1)
        padded = rows + (rows[-1],) * (_power_of_two(len(rows)) - len(rows))
        for row in padded:
            self._values.extend(part.value for part in row)
            self._origins.extend(part.origin for part in row)
        spelled = any(isinstance(part.value, Spelling) for row in rows for part in row)
        return Slots(first=first, count=len(padded) * width, spelled=spelled)


def _power_of_two(count: int) -> int:
    return 1 << (count - 1).bit_length()


def _lift_comparison(lifter: Lifter, one: Comparison) -> Condition:
    value = one.operand
    if type(value) is not Value:
        return one
    slot = lifter.slot(value.value, value.origin)
    return Comparison(column=one.column, operator=one.operator, operand=slot, exact=one.exact)


def _lift_pattern(lifter: Lifter, one: Pattern) -> Condition:
    value = one.operand
    if type(value) is not Value:
        return one
    slot = lifter.slot(value.value, value.origin)
    return Pattern(column=one.column, operand=slot, fold=one.fold)


def _lift_membership(lifter: Lifter, one: Membership) -> Condition:
    if not isinstance(one.operands, tuple):
        return one
    slots = lifter.slots(tuple([(operand,) for operand in one.operands]))
    return Membership(column=one.column, operands=slots, exact=one.exact)


def _lift_keys(lifter: Lifter, one: KeySet) -> Condition:
    if not isinstance(one.keys, tuple):
        return one
    return KeySet(columns=one.columns, keys=lifter.slots(one.keys))


def _lift_all(lifter: Lifter, one: AllOf) -> Condition:
    return AllOf(of=tuple([lifter.lift(part) for part in one.of]))


def _lift_any(lifter: Lifter, one: AnyOf) -> Condition:
    return AnyOf(of=tuple([lifter.lift(part) for part in one.of]))


def _lift_negation(lifter: Lifter, one: Negation) -> Condition:
    return Negation(of=lifter.lift(one.of))


def _lift_guarded(lifter: Lifter, one: Guarded) -> Condition:
    return Guarded(policy=lifter.lift(one.policy), test=lifter.lift(one.test))


_LIFTS: Final[Mapping[type, Callable[[Lifter, Any], Condition]]] = {
    AllOf: _lift_all,
    AnyOf: _lift_any,
    Negation: _lift_negation,
    Guarded: _lift_guarded,
    Comparison: _lift_comparison,
    Pattern: _lift_pattern,
    Membership: _lift_membership,
    KeySet: _lift_keys,
}
