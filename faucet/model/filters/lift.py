"""Separates a condition into its shape and its values. Pure."""

from enum import Enum

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
        return Slot(index=len(values) - 1, spelled=isinstance(value, Spelling))

    def lift(self, condition: Condition) -> Condition:  # noqa: PLR0911 - one arm a node
        """Return *condition* with every value replaced by a slot."""
        match condition:
            case Comparison(
                column=column, operator=operator, operand=Value() as value, exact=exact
            ):
                return Comparison(
                    column=column,
                    operator=operator,
                    operand=self.slot(value.value, value.origin),
                    exact=exact,
                )
            case AllOf(of=parts) | AnyOf(of=parts):
                return type(condition)(of=tuple([self.lift(part) for part in parts]))
            case Negation(of=part):
                return Negation(of=self.lift(part))
            case Guarded(policy=policy, test=test):
                return Guarded(policy=self.lift(policy), test=self.lift(test))
            case Pattern(column=column, operand=Value() as value, fold=fold):
                slot = self.slot(value.value, value.origin)
                return Pattern(column=column, operand=slot, fold=fold)
            case Membership(column=column, operands=tuple() as operands, exact=exact):
                slots = self._slots(tuple((operand,) for operand in operands))
                return Membership(column=column, operands=slots, exact=exact)
            case KeySet(columns=columns, keys=tuple() as keys):
                return KeySet(columns=columns, keys=self._slots(keys))
            case _:
                return condition

    def _slots(self, rows: tuple[tuple[Value, ...], ...]) -> Slots:
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
