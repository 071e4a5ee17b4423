"""Numbers from text, exactly, and their position among those that a column can hold. Pure."""

import math
import re
import struct
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from functools import cache
from typing import Final

from faucet.errors import INVALID_VALUE, OUT_OF_RANGE
from faucet.model.catalog import ColumnType
from faucet.model.values.fault import Gap, ValueFault

BOUNDS: Final = "a number must have at most 400 digits and an exponent from -400 to 400"
_MOST: Final = 400
_SHORT: Final = 18  # digits that need no further look
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?")
# 800 digits of a number and 1,000 of a scale, exactly.
_CONTEXT: Final = Context(prec=4_000, Emax=999_999, Emin=-999_999)
_SPECIAL: Final = {
    "nan": math.nan,
    "infinity": math.inf,
    "+infinity": math.inf,
    "-infinity": -math.inf,
}
# One object for each: NaN only equals itself, and a key is compared with itself.
_SPECIAL_DECIMALS: Final = {text: Decimal(value) for text, value in _SPECIAL.items()}
_DOUBLE_MAX: Final = (2 - 2.0**-52) * 2.0**1023
_SINGLE_MAX: Final = (2 - 2.0**-23) * 2.0**127
_SINGLE_BITS: Final = 32


def is_bounded(text: str) -> bool:
    """Return whether the number *text* may be converted: a longer one could take minutes."""
    if text.isdigit():
        return len(text) <= _MOST
    mantissa, _, exponent = text.lower().partition("e")
    if len(exponent) > _MOST or sum(map(mantissa.count, "0123456789")) > _MOST:
        return False
    return int(exponent or "0") in range(-_MOST, _MOST + 1)


def exact(text: str) -> Decimal:
    """Return the number that *text* spells, or raise `ValueFault`."""
    if len(text) <= _SHORT and text.isascii() and text.isdigit():
        return Decimal(text)
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        raise ValueFault(INVALID_VALUE, "the value is not a number")
    if not is_bounded(text):
        raise ValueFault(INVALID_VALUE, BOUNDS)
    return Decimal(text)


def integer_text(text: str, of: ColumnType) -> int:
    """Return the integer of type *of* that *text* spells, or raise `ValueFault`."""
    # Most are short, and need no Decimal.
    short = len(text) <= _SHORT and text.isascii() and text.isdigit()
    return integer(int(text) if short else exact(text), of)


def integer(number: Decimal | int, of: ColumnType) -> int:
    """Return *number* as an integer of type *of*, or raise `ValueFault`."""
    low, high = _integers(of.bits or 64, of.unsigned)
    if number > high:
        raise _misfit(f"the value is greater than {high}", Gap(below=high))
    if number < low:
        raise _misfit(f"the value is less than {low}", Gap(above=low))
    floor = math.floor(number)
    if floor != number:
        raise _misfit("the value is not an integer", Gap(below=floor, above=floor + 1))
    return floor


@cache
def _integers(bits: int, unsigned: bool) -> tuple[int, int]:  # noqa: FBT001 - as in `ColumnType`
    return (0, 2**bits - 1) if unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def decimal(number: Decimal, of: ColumnType, *, rounded: bool = False) -> Decimal:
    """
    Return *number* as a decimal of type *of*, or raise `ValueFault`.

    With *rounded* it is rounded to the column's scale, half away from zero.
    """
    if rounded and of.scale is not None:
        number = number.quantize(_unit(of.scale), ROUND_HALF_UP, _CONTEXT)
    if of.precision is not None:
        last = 10**of.precision - 1
        _check_magnitude(number, of, (-last, last))
    if of.bits is not None:
        _check_magnitude(number, of, _integers(of.bits, of.unsigned))
    if of.scale is not None:
        _check_scale(number, of.scale)
    if of.digits is not None and len(_CONTEXT.normalize(number).as_tuple().digits) > of.digits:
        message = f"this database keeps {of.digits} digits of a decimal"
        raise _misfit(message, Gap(itself=number))
    return number


def decimal_text(text: str, of: ColumnType) -> Decimal:
    """Return the decimal in *text*, including NaN and the infinities if the column has them."""
    special = _SPECIAL_DECIMALS.get(text.strip().lower()) if of.special else None
    return decimal(exact(text), of) if special is None else special


def floating(number: Decimal, of: ColumnType) -> float:
    """Return the float of type *of* nearest to *number*, or raise `ValueFault` beyond its range."""
    value = float(number)
    if of.bits == _SINGLE_BITS:
        value = _single(value)
    if math.isinf(value):
        largest = _SINGLE_MAX if of.bits == _SINGLE_BITS else _DOUBLE_MAX
        gap = Gap(below=largest, above=math.inf)
        if value < 0:
            gap = Gap(below=-math.inf, above=-largest)
        raise _misfit("the value is beyond the range of the column", gap)
    return value


def floating_text(text: str, of: ColumnType) -> float:
    """Return the float in *text*, including NaN and the infinities."""
    special = _SPECIAL.get(text.strip().lower())
    return floating(exact(text), of) if special is None else special


def _single(value: float) -> float:
    try:
        (narrow,) = struct.unpack("<f", struct.pack("<f", value))
    except OverflowError:
        return math.copysign(math.inf, value)
    return float(narrow)


def _unit(scale: int) -> Decimal:
    return Decimal((0, (1,), -scale))


def _check_magnitude(number: Decimal, of: ColumnType, places: tuple[int, int]) -> None:
    """Raise `ValueFault` outside *places*, the least and greatest number of last places."""
    unit = _unit(of.scale or 0)
    least, largest = (_CONTEXT.multiply(Decimal(place), unit) for place in places)
    if number > largest:
        raise _misfit(f"the value is greater than {largest:f}", Gap(below=largest))
    if number < least:
        raise _misfit(f"the value is less than {least:f}", Gap(above=least))


def _check_scale(number: Decimal, scale: int) -> None:
    floor = number.quantize(_unit(scale), ROUND_FLOOR, _CONTEXT)
    if floor != number:
        ceiling = number.quantize(_unit(scale), ROUND_CEILING, _CONTEXT)
        message = f"the value has more than {scale} decimal places"
        raise _misfit(message, Gap(below=floor, above=ceiling))


def _misfit(message: str, gap: Gap) -> ValueFault:
    return ValueFault(OUT_OF_RANGE, message, gap)
