"""The literals of a filter as values of their column. Pure."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Final

import msgspec

from faucet.errors import OUT_OF_RANGE
from faucet.model.catalog import NUMBERS, ColumnType, Kind
from faucet.model.filters.condition import Plain, Scalar, Spelling
from faucet.model.filters.predicate import LiteralKind, PatternKind
from faucet.model.settings import ValueOptions
from faucet.model.values import json_values, numbers
from faucet.model.values.canonical import from_boolean, from_number, from_text
from faucet.model.values.fault import Gap, ValueFault

_AFFIXES: Final = {
    PatternKind.CONTAINS: ("%", "%"),
    PatternKind.STARTS_WITH: ("", "%"),
    PatternKind.ENDS_WITH: ("%", ""),
}
_Read = Callable[[str, ColumnType, ValueOptions], Scalar]
_READERS: Final[Mapping[LiteralKind, _Read]] = {
    LiteralKind.TEXT: from_text,
    LiteralKind.NUMBER: from_number,
}
_QUOTED_ONLY: Final = frozenset({Kind.TEXT, Kind.BOOLEAN})


def read_literal(kind: LiteralKind, text: str, of: ColumnType, options: ValueOptions) -> Scalar:
    """Return the value that a literal means for a column of type *of*; raises `ValueFault`."""
    read = _READERS.get(kind)
    return from_boolean(text == "true", of) if read is None else read(text, of, options)


def read_equal(kind: LiteralKind, text: str, of: ColumnType, options: ValueOptions) -> Scalar:
    """
    Return the value that a literal equals in a column of type *of*; raises `ValueFault`.

    In a loose column a string also equals what does not fit the type and is returned as that
    string, and a number that the type excludes may be there.
    """
    if not of.loose or kind is LiteralKind.BOOLEAN:
        return read_literal(kind, text, of, options)
    if kind is LiteralKind.TEXT:
        json_values.check_characters(text)
        return Spelling(value=_fitting(text, of, options), written=text)
    return _equal_number(text, of, options)


def literal_reader(kind: LiteralKind, of: ColumnType, *, equal: bool) -> _Read:
    """Return what reads literals of *kind* as `read_literal` does, or with *equal* `read_equal`."""
    if equal and of.loose:
        return partial(read_equal, kind)
    return _READERS.get(kind) or partial(read_literal, kind)


def _fitting(text: str, of: ColumnType, options: ValueOptions) -> Plain:
    try:
        if of.kind in NUMBERS:
            return bare(_equal_number(text, of, options))
        return bare(from_text(text, without_bounds(of), options))
    except ValueFault:
        return text


def bare(value: Scalar) -> Plain:
    """Return *value*, of a `Spelling` that by which it fits its column."""
    return value.value if isinstance(value, Spelling) else value


def _equal_number(text: str, of: ColumnType, options: ValueOptions) -> Scalar:
    match of.kind:
        case Kind.FLOAT:
            return from_text(text, of, options)
        case Kind.DECIMAL:
            return numbers.exact(text)
        case Kind.INTEGER:
            return _stored_number(text)
        case kind if kind in _QUOTED_ONLY:
            return from_number(text, of, options)
        case _:
            value = _stored_number(text)
            return Spelling(value=value, written=value)


def _stored_number(text: str) -> int | float:
    value, side = nearest_number(numbers.exact(text))
    if side:
        raise ValueFault(OUT_OF_RANGE, "the database has no such number", Gap())
    return value


def nearest_number(number: Decimal) -> tuple[int | float, int]:
    """
    Return *number* as a database without types stores it, and whether it is below or above that.

    The second is 0 for a number that is stored exactly, else -1 or 1.
    """
    if number == number.to_integral_value() and abs(number) < 2**63:
        return int(number), 0
    nearest = float(number)
    spelled = Decimal(repr(nearest))
    return nearest, (number > spelled) - (number < spelled)


def without_bounds(of: ColumnType) -> ColumnType:
    """Return *of* without what a loose column does not enforce: length, precision, scale."""
    return msgspec.structs.replace(of, length=None, precision=None, scale=None, digits=None)


def pattern_text(pattern: PatternKind, text: str) -> str:
    """Return *text* as a LIKE pattern; CONTAINS, STARTS WITH and ENDS WITH use it literally."""
    if affixes := _AFFIXES.get(pattern):
        for wild in "\\%_":
            text = text.replace(wild, f"\\{wild}")
        text = text.join(affixes)
    return text
