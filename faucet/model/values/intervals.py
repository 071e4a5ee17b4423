"""Intervals from ISO 8601 or PostgreSQL's own text, to ISO 8601. Pure."""

import re
from typing import Final

from faucet.errors import INVALID_VALUE, OUT_OF_RANGE
from faucet.model.catalog import ColumnType
from faucet.model.values.fault import Gap, ValueFault

_LONGEST: Final = 200
_DIGITS: Final = 6
_SECOND: Final = 1_000_000
_WHOLE: Final = "[+-]?[0-9]{1,12}"
_ISO: Final = re.compile(
    rf"P(?=.)(?:(?P<years>{_WHOLE})Y)?(?:(?P<months>{_WHOLE})M)?(?:(?P<weeks>{_WHOLE})W)?"
    rf"(?:(?P<days>{_WHOLE})D)?"
    rf"(?:T(?=.)(?:(?P<hours>{_WHOLE})H)?(?:(?P<minutes>{_WHOLE})M)?"
    r"(?:(?P<seconds>[+-]?[0-9]{1,12})(?:\.(?P<fraction>[0-9]+))?S)?)?",
    re.IGNORECASE,
)
_VERBOSE: Final = re.compile(
    rf"(?=.)(?:(?P<years>{_WHOLE}) years?(?: |$))?"
    rf"(?:(?P<months>{_WHOLE}) (?:mons?|months?)(?: |$))?"
    rf"(?:(?P<weeks>{_WHOLE}) weeks?(?: |$))?(?:(?P<days>{_WHOLE}) days?(?: |$))?"
    r"(?:(?P<sign>[+-]?)(?P<hours>[0-9]{1,12}):(?P<minutes>[0-9]{2})"
    r"(?::(?P<seconds>[0-9]{2})(?:\.(?P<fraction>[0-9]+))?)?)?",
    re.IGNORECASE,
)
_MINUTE: Final = 60_000_000
# By the smallest unit that a column keeps: what months, days and microseconds are multiples of.
_STEPS: Final = {
    "year": (12, 0, 0),
    "month": (1, 0, 0),
    "day": (1, 1, 0),
    "hour": (1, 1, 60 * _MINUTE),
    "minute": (1, 1, _MINUTE),
}


def interval(text: str, of: ColumnType) -> str:
    """Return the interval in *text* as PostgreSQL's ISO 8601, or raise `ValueFault`."""
    text = " ".join(text.split()) if len(text) <= _LONGEST else ""
    found = _ISO.fullmatch(text) or _VERBOSE.fullmatch(text)
    if found is None:
        raise ValueFault(INVALID_VALUE, "the value is not an interval")
    part = {name: int(found[name] or 0) for name in ("years", "months", "weeks", "days")}
    months = part["years"] * 12 + part["months"]
    days = part["weeks"] * 7 + part["days"]
    micros, more = _micros(found)
    limits = ((months, 31), (days, 31), (micros, 63))
    if any(not -(2**bits) <= value < 2**bits for value, bits in limits):
        raise ValueFault(OUT_OF_RANGE, "the value is beyond the range of intervals")
    digits = _DIGITS if of.precision is None else min(of.precision, _DIGITS)
    unit = int(10 ** (_DIGITS - digits))
    below = micros - micros % unit
    if more or below != micros:
        message = f"the value has more than {digits} digits of a second's fraction"
        gap = Gap(below=_spell(months, days, below), above=_spell(months, days, below + unit))
        raise ValueFault(OUT_OF_RANGE, message, gap)
    _check_unit((months, days, micros), of)
    return _spell(months, days, micros)


def _check_unit(parts: tuple[int, int, int], of: ColumnType) -> None:
    """Raise `ValueFault` if the column would drop a part of the interval."""
    steps = _STEPS.get(of.unit or "", (1, 1, 1))
    if any(part % step if step else part for part, step in zip(parts, steps, strict=True)):
        message = f"the column drops all parts of an interval that are smaller than a {of.unit}"
        raise ValueFault(OUT_OF_RANGE, message, Gap(itself=_spell(*parts)))


def _micros(found: re.Match[str]) -> tuple[int, bool]:
    """Return the microseconds of the clock's part, and whether it is slightly more than that."""
    hours, minutes, seconds = (found[part] or "0" for part in ("hours", "minutes", "seconds"))
    fraction = found["fraction"] or ""
    part = int(fraction[:_DIGITS].ljust(_DIGITS, "0"))
    more = bool(fraction[_DIGITS:].strip("0"))
    whole = (int(hours) * 60 + int(minutes)) * 60
    # In PostgreSQL's text one sign applies to the whole clock, in ISO 8601 each part has its own.
    if found.groupdict().get("sign") == "-":
        return -(whole + int(seconds)) * _SECOND - part - more, more
    if seconds.startswith("-"):
        return (whole + int(seconds)) * _SECOND - part - more, more
    return (whole + int(seconds)) * _SECOND + part, more


def _spell(months: int, days: int, micros: int) -> str:
    years, months = _split(months, 12)
    minutes, rest = _split(micros, 60 * _SECOND)
    hours, minutes = _split(minutes, 60)
    date = "".join(f"{n}{unit}" for n, unit in ((years, "Y"), (months, "M"), (days, "D")) if n)
    clock = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M")) if n)
    if rest:
        seconds, fraction = divmod(abs(rest), _SECOND)
        spelled = f"{seconds}.{fraction:06d}".rstrip("0").rstrip(".")
        clock += f"{'-' if rest < 0 else ''}{spelled}S"
    if not date and not clock:
        return "PT0S"
    return f"P{date}T{clock}" if clock else f"P{date}"


def _split(value: int, by: int) -> tuple[int, int]:
    """Divide towards zero, so that both parts have the sign."""
    whole, rest = divmod(abs(value), by)
    return (-whole, -rest) if value < 0 else (whole, rest)
