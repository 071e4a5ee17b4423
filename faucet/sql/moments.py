"""Stored dates and times in the contract's spelling. Pure."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_INSTANT: Final = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)"
    r"(?:[ T](?P<time>\d\d:\d\d)(?::(?P<seconds>\d\d)(?:\.(?P<fraction>\d+))?)?"
    r" ?(?P<zone>Z|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)
_MIDNIGHT: Final = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)(?:[ T]00:00(?::00(?:\.0+)?)? ?(?:Z|[+-]00(?::?00)?)?)?", re.ASCII
)
_TIME: Final = re.compile(r"(\d\d:\d\d)(?::(\d\d)(?:\.(\d+))?)?", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def spell_instant(text: str, *, zoned: bool) -> str | None:
    """
    Return a stored timestamp as ``2024-01-02T03:04:05.6``, in UTC with ``Z`` if *zoned*.

    A zone on one that is not *zoned* is dropped, as in PostgreSQL. None if it is not a timestamp.
    """
    found = _INSTANT.fullmatch(text)
    if found is None:
        return None
    moment = f"{found['day']}T{found['time'] or '00:00'}:{found['seconds'] or '00'}"
    zone = found["zone"] or "Z"
    try:
        start = datetime.fromisoformat(moment)
        if zoned and zone != "Z":
            moment = (start - _offset(zone)).isoformat()
    except (ValueError, OverflowError):
        return None
    return moment + _fraction(found["fraction"]) + ("Z" if zoned else "")


def rank_instant(cell: object, *, zoned: bool, unix: bool) -> str | None:
    """
    Return a stored instant in the spelling that orders all of them, None for what is none.

    With *unix* numbers are instants as well, in seconds since 1970.
    """
    text = None
    if isinstance(cell, str):
        text = spell_instant(cell, zoned=zoned)
    elif unix and isinstance(cell, int | float):
        text = spell_seconds(cell, zoned=zoned)
    return None if text is None else text.replace("T", " ").removesuffix("Z")


def _offset(zone: str) -> timedelta:
    digits = zone[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -offset if zone[0] == "-" else offset


def spell_seconds(seconds: float, *, zoned: bool) -> str | None:
    """Return seconds since 1970 as a timestamp, None if its year does not have four digits."""
    try:
        moment = (_EPOCH + timedelta(seconds=seconds)).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
    whole = moment.replace(microsecond=0).isoformat()
    fraction = f"{moment.microsecond:06d}" if moment.microsecond else ""
    return whole + _fraction(fraction) + ("Z" if zoned else "")


def spell_date(text: str) -> str | None:
    """Return a stored date, also one stored as its midnight; None if it is not a date."""
    found = _MIDNIGHT.fullmatch(text)
    return None if found is None else found["day"]


def spell_time(text: str) -> str | None:
    """Return a stored time of day, None if it is not one."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    return f"{found[1]}:{found[2] or '00'}{_fraction(found[3])}"


def _fraction(digits: str | None) -> str:
    kept = (digits or "").rstrip("0")
    return f".{kept}" if kept else ""
