"""Floats as PostgreSQL spells them: the shortest text that reads back as the same number. Pure."""

import math
import struct
from fractions import Fraction
from typing import Final

_SINGLE: Final = 32
_FIXED_DIGITS: Final = {32: 6, 64: 15}
_LOWEST_FIXED: Final = -4
_FIRST_GAP: Final = 2.0**53
_SINGLE_MAX: Final = (2 - 2**-23) * 2.0**127


def spell_float(number: float, bits: int | None = 64) -> str:
    """Return *number* as ``float8out`` does (``float4out`` for 32 *bits*); it must be finite."""
    if bits == _SINGLE and abs(number) <= _SINGLE_MAX:
        number = _single(number)
        return _spelled(number, *_shortest(abs(number), _single_neighbours(abs(number))), _SINGLE)
    text = repr(number)
    if abs(number) < 10.0 ** _FIXED_DIGITS[64]:
        return text.removesuffix(".0")
    mantissa, _, exponent = text.lstrip("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits, power = (whole + fraction).rstrip("0"), int(exponent or 0) + len(whole) - 1
    if abs(number) >= _FIRST_GAP and _reads_by_tie(abs(number), digits, power):
        digits, power = _shortest(abs(number), _neighbours(abs(number)))
    return _spelled(number, digits, power, 64)


def _reads_by_tie(number: float, digits: str, power: int) -> bool:
    """
    Return whether the digits are halfway to a neighbor, so that only rounding to even reads them
    back.

    Python writes numbers from 2e22, such as 1e23, like that; PostgreSQL never does.
    """
    distance = abs(int(digits) * 10 ** (power - len(digits) + 1) - int(number))
    return any(2 * distance == abs(int(other) - int(number)) for other in _neighbours(number))


def _spelled(number: float, digits: str, power: int, bits: int) -> str:
    sign = "-" if math.copysign(1, number) < 0 else ""
    if not _LOWEST_FIXED <= power < _FIXED_DIGITS[bits]:
        point = "." if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{point}{digits[1:]}e{'-' if power < 0 else '+'}{abs(power):02d}"
    if power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{digits}"
    whole, fraction = digits[: power + 1].ljust(power + 1, "0"), digits[power + 1 :]
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def _shortest(number: float, neighbours: tuple[float, float]) -> tuple[str, int]:
    """Return the fewest digits strictly within half the way to both sides, and their power."""
    if not number:
        return "0", 0
    exact = Fraction(number)
    low, high = ((exact + Fraction(other)) / 2 for other in neighbours)
    power = int(f"{number:.17e}".partition("e")[2])
    size = 0
    while True:
        unit = Fraction(10) ** (power - size)
        floor = exact // unit
        inside = [count for count in (floor, floor + 1) if low < count * unit < high]
        if inside:
            best = min(inside, key=lambda count, unit=unit: (abs(count * unit - exact), count % 2))  # type: ignore[misc]
            digits = str(best)
            return digits.rstrip("0"), power + len(digits) - 1 - size
        size += 1


def _single(number: float) -> float:
    unpacked: float = struct.unpack("<f", struct.pack("<f", number))[0]
    return unpacked


def _single_neighbours(number: float) -> tuple[float, float]:
    (bits,) = struct.unpack("<I", struct.pack("<f", number))
    if not bits:
        return 0.0, 0.0
    below: float = struct.unpack("<f", struct.pack("<I", bits - 1))[0]
    if number == _SINGLE_MAX:
        return below, 2.0**128
    above: float = struct.unpack("<f", struct.pack("<I", bits + 1))[0]
    return below, above


def _neighbours(number: float) -> tuple[float, float]:
    below, above = math.nextafter(number, 0), math.nextafter(number, math.inf)
    # Beyond the largest number the gap stays the same.
    return below, above if math.isfinite(above) else number
