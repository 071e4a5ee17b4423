"""Part a condition into its shape and its values. Pure."""

from faucet.model.filters.condition import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    KeySet,
    Membership,
    Negation,
    Pattern,
    Scalar,
    Slot,
    Slots,
    Value,
)

StatementValue = Scalar | tuple[Scalar, ...]
"""A value of a statement; a tuple is one array parameter."""


class Lifter:
    """
    Collects the values of one statement in order of their slots.

    *arrays* says that a list of values is one parameter. Otherwise lists are padded by their last
    member to a power of two, so that lists of many lengths share few shapes.
    """

    def __init__(self, *, arrays: bool, values: tuple[StatementValue, ...] = ()) -> None:
        self._arrays = arrays
        self._values: list[StatementValue] = list(values)

    @property
    def values(self) -> tuple[StatementValue, ...]:
        """What was collected so far."""
        return tuple(self._values)

    def slot(self, value: Scalar) -> Slot:
        """Keep *value* and return its slot."""
        self._values.append(value)
        return Slot(index=len(self._values) - 1)

    def lift(self, condition: Condition) -> Condition:  # noqa: PLR0911 - one arm a node
        """Return *condition* with every value replaced by a slot."""
        match condition:
            case AllOf(of=parts):
                return AllOf(of=tuple(self.lift(part) for part in parts))
            case AnyOf(of=parts):
                return AnyOf(of=tuple(self.lift(part) for part in parts))
            case Negation(of=part):
                return Negation(of=self.lift(part))
            case Comparison(
                column=column, operator=operator, operand=Value(value=value), exact=exact
            ):
                slot = self.slot(value)
                return Comparison(column=column, operator=operator, operand=slot, exact=exact)
            case Pattern(column=column, operand=Value(value=value), fold=fold):
                return Pattern(column=column, operand=self.slot(value), fold=fold)
            case Membership(column=column, operands=tuple() as operands, exact=exact):
                slots = self._slots(tuple((operand.value,) for operand in operands))
                return Membership(column=column, operands=slots, exact=exact)
            case KeySet(columns=columns, keys=tuple() as keys):
                rows = tuple(tuple(part.value for part in key) for key in keys)
                return KeySet(columns=columns, keys=self._slots(rows))
            case _:
                return condition

    def _slots(self, rows: tuple[tuple[Scalar, ...], ...]) -> Slots:
        first, width = len(self._values), len(rows[0])
        if self._arrays and width == 1:
            self._values.append(tuple(row[0] for row in rows))
            return Slots(first=first, count=1)
        padded = rows + (rows[-1],) * (_power_of_two(len(rows)) - len(rows))
        self._values.extend(value for row in padded for value in row)
        return Slots(first=first, count=len(padded) * width)


def _power_of_two(count: int) -> int:
    return 1 << (count - 1).bit_length()
