"""Durations, sizes and times in the format of the manifest. Pure."""

import re
from datetime import datetime
from typing import Final

_DURATION: Final = re.compile(r"([0-9]{1,15})(ms|s|m|h|d)").fullmatch
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LONGEST: Final = 3650 * 86400.0

_SIZE: Final = re.compile(r"([0-9]{1,15})(B|KB|MB|GB|KiB|MiB|GiB)").fullmatch
_BYTES: Final = {
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
}

_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
).fullmatch


class UnitError(ValueError):
    """A string is not a duration, size or time; the message describes the format."""


def parse_duration(text: str) -> float:
    """Return the seconds of ``500ms``, ``30s``, ``5m``, ``1h`` or ``7d``, or raise `UnitError`."""
    found = _DURATION(text)
    if found is None:
        raise UnitError("a duration must be a whole number with a unit: 500ms, 30s, 5m, 1h, 7d")
    seconds = int(found[1]) * _SECONDS[found[2]]
    if seconds > _LONGEST:
        raise UnitError("a duration must be at most 3650d")
    return seconds


def parse_size(text: str) -> int:
    """Return the bytes of ``512KiB``, ``10MiB`` or ``1GB``, or raise `UnitError`."""
    found = _SIZE(text)
    if found is None:
        raise UnitError("a size must be a whole number with a unit: 512KiB, 10MiB, 1GB")
    return int(found[1]) * _BYTES[found[2]]


def parse_rate(text: str) -> int:
    """Return the bytes per second of ``4KiB/s`` or ``1MB/s``, or raise `UnitError`."""
    size, _, unit = text.partition("/")
    if unit != "s" or _SIZE(size) is None:
        raise UnitError("a rate must be a size per second: 512B/s, 4KiB/s, 1MB/s")
    return parse_size(size)


def parse_instant(text: str) -> float:
    """Return the seconds since 1970 of an RFC 3339 time, or raise `UnitError`."""
    if _INSTANT(text) is None:
        raise UnitError("a time must be in RFC 3339 format: 2027-01-01T00:00:00Z")
    try:
        return datetime.fromisoformat(text.upper()).timestamp()
    except (ValueError, OverflowError):
        raise UnitError("there is no such date or time") from None
