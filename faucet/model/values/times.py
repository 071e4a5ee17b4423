"""Dates, times and timestamps from text, over the whole range that databases have. Pure.

Days are counted from 1970-01-01 in the Gregorian calendar, moments in microseconds, because
Python's types only cover the years 1 to 9999.
"""

import math
import re
from typing import Final

import msgspec

from faucet.errors import INVALID_VALUE, OUT_OF_RANGE, WRONG_TYPE
from faucet.model.catalog import ColumnType, Days, Kind
from faucet.model.values.fault import Gap, ValueFault

_SECOND: Final = 1_000_000
_DAY: Final = 86_400 * _SECOND
_DIGITS: Final = 6
_LONGEST: Final = 100
_INFINITE: Final = frozenset({"infinity", "-infinity"})
_CLOCK: Final = (
    r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]+))?)?"
)
_TIME: Final = re.compile(_CLOCK)
_MOMENT: Final = re.compile(
    r"(?P<year>[0-9]{4,7})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
    rf"(?:[Tt ]{_CLOCK} ?(?P<zone>[Zz]|[+-][0-9]{{2}}(?::?[0-9]{{2}}(?::?[0-9]{{2}})?)?)?)?"
    r"(?P<before> BC)?"
)


class _Point(msgspec.Struct, frozen=True, kw_only=True):
    """*micros*, or with *more* slightly later."""

    micros: int
    more: bool = False


def days_of(year: int, month: int, day: int) -> int:
    """Return the day number of a date; year 0 is 1 BC."""
    year -= month <= 2  # noqa: PLR2004 - the year starts in March, so that the leap day is its last
    era, of_era = divmod(year, 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


def date_of(days: int) -> tuple[int, int, int]:
    """Return year, month and day of a day number."""
    era, of_era = divmod(days + 719_468, 146_097)
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    day = of_year - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9  # noqa: PLR2004
    return year + era * 400 + (month <= 2), month, day  # noqa: PLR2004


_UNBOUNDED: Final = Days(first=-(10**12), last=10**12, infinite=True)


def moment(text: str, of: ColumnType) -> str:
    """
    Return the date or timestamp in *text*, in canonical form, or raise `ValueFault`.

    A zone only counts for a timestamp with time zone; there, its absence means UTC. The range of
    the column is its type's *days*.
    """
    text = " ".join(text.split()) if len(text) <= _LONGEST else ""
    if text.lower() in _INFINITE:
        return _infinity(text.lower(), of)
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise ValueFault(INVALID_VALUE, f"the value is not a {of.kind.value}")
    day = _day(found)
    clock = _Point(micros=0) if found["hour"] is None else _clock(found)
    if of.kind is Kind.DATE:
        return _date(day, clock, of)
    micros = day * _DAY + clock.micros
    if of.kind is Kind.TIMESTAMPTZ:
        micros -= _offset(found["zone"] or "Z")
    return _moment(_Point(micros=micros, more=clock.more), of)


def time(text: str, of: ColumnType) -> str:
    """Return the time of day in *text*, in canonical form, or raise `ValueFault`."""
    text = text.strip()
    found = _TIME.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise ValueFault(INVALID_VALUE, "the value is not a time")
    clock = _clock(found)
    unit = _unit(of)
    below = clock.micros - clock.micros % unit
    if below != clock.micros or clock.more:
        raise _too_precise(of, Gap(below=_spell_clock(below), above=_spell_clock(below + unit)))
    return _spell_clock(clock.micros)


def instant(epoch_seconds: float, of: ColumnType) -> str:
    """
    Return the date or timestamp of an instant, in UTC, truncated to the precision of type *of*.
    """
    micros = math.floor(epoch_seconds * _SECOND)
    match of.kind:
        case Kind.DATE:
            return _spell_date(micros // _DAY)
        case Kind.TIMESTAMP | Kind.TIMESTAMPTZ:
            return _spell_moment(micros - micros % _unit(of))
        case _:
            raise ValueFault(WRONG_TYPE, f"now() is a date or timestamp, not a {of.kind.value}")


def _day(found: re.Match[str]) -> int:
    year, month, day = int(found["year"]), int(found["month"]), int(found["day"])
    if found["before"]:
        year = 1 - year
    days = days_of(year, month, day)
    # Year 0 is 1 BC in the arithmetic, and not valid in a database.
    if int(found["year"]) == 0 or date_of(days) != (year, month, day):
        raise ValueFault(INVALID_VALUE, "the date does not exist")
    return days


def _clock(found: re.Match[str]) -> _Point:
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    fraction = found["fraction"] or ""
    micros = ((hour * 60 + minute) * 60 + second) * _SECOND
    micros += int(fraction[:_DIGITS].ljust(_DIGITS, "0"))
    point = _Point(micros=micros, more=bool(fraction[_DIGITS:].strip("0")))
    # 24:00:00 is the end of a day.
    if max(minute, second) > 59 or micros + point.more > _DAY:  # noqa: PLR2004
        raise ValueFault(INVALID_VALUE, "the time of day is invalid")
    return point


def _offset(zone: str) -> int:
    if zone in "Zz":
        return 0
    digits = zone[1:].replace(":", "").ljust(6, "0")
    hour, minute, second = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    if hour > 15 or max(minute, second) > 59:  # noqa: PLR2004
        raise ValueFault(INVALID_VALUE, "the time zone offset is invalid")
    seconds = (hour * 60 + minute) * 60 + second
    return (-seconds if zone[0] == "-" else seconds) * _SECOND


def _infinity(text: str, of: ColumnType) -> str:
    if not _days(of).infinite:
        raise _beyond(of, after=not text.startswith("-"))
    return text


def _date(day: int, clock: _Point, of: ColumnType) -> str:
    days = _days(of)
    if day not in days:
        raise _beyond(of, after=day > 0)
    if clock.micros or clock.more:
        above = _spell_date(day + 1) if day + 1 in days else _ends(of)[1]
        gap = Gap(below=_spell_date(day), above=above)
        raise ValueFault(
            OUT_OF_RANGE, "a date must not have a time of day other than midnight", gap
        )
    return _spell_date(day)


def _moment(point: _Point, of: ColumnType) -> str:
    days, unit = _days(of), _unit(of)
    if point.micros // _DAY not in days:
        raise _beyond(of, after=point.micros > 0)
    below = point.micros - point.micros % unit
    if below != point.micros or point.more:
        above = below + unit
        spelled = _spell_moment(above) if above // _DAY in days else _ends(of)[1]
        raise _too_precise(of, Gap(below=_spell_moment(below), above=spelled))
    return _spell_moment(below)


def _days(of: ColumnType) -> Days:
    return of.days or _UNBOUNDED


def _ends(of: ColumnType) -> tuple[str | None, str | None]:
    """Return what the column can hold before its first day and after its last one."""
    return ("-infinity", "infinity") if _days(of).infinite else (None, None)


def _unit(of: ColumnType) -> int:
    digits = _DIGITS if of.precision is None else min(of.precision, _DIGITS)
    return int(10 ** (_DIGITS - digits))


def _beyond(of: ColumnType, *, after: bool) -> ValueFault:
    days, (before_all, after_all) = _days(of), _ends(of)
    if of.kind is Kind.DATE:
        first, last = _spell_date(days.first), _spell_date(days.last)
    else:
        first = _spell_moment(days.first * _DAY)
        last = _spell_moment((days.last + 1) * _DAY - _unit(of))
    gap = Gap(below=last, above=after_all) if after else Gap(below=before_all, above=first)
    return ValueFault(OUT_OF_RANGE, f"the column's dates range from {first} to {last}", gap)


def _too_precise(of: ColumnType, gap: Gap) -> ValueFault:
    digits = _DIGITS if of.precision is None else min(of.precision, _DIGITS)
    message = f"the value has more than {digits} digits of a second's fraction"
    return ValueFault(OUT_OF_RANGE, message, gap)


def _spell_clock(micros: int) -> str:
    seconds, fraction = divmod(micros, _SECOND)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{text}.{fraction:06d}".rstrip("0") if fraction else text


def _spell_date(days: int, clock: str = "") -> str:
    year, month, day = date_of(days)
    before = "" if year > 0 else " BC"
    return f"{year if year > 0 else 1 - year:04d}-{month:02d}-{day:02d}{clock}{before}"


def _spell_moment(micros: int) -> str:
    days, clock = divmod(micros, _DAY)
    return _spell_date(days, f" {_spell_clock(clock)}")
