"""Canonical values as SQLite stores them. Pure."""

import math
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from faucet.model.filters.condition import Scalar

_LAST_SECOND: Final = math.nextafter(253_402_300_800.0, 0)


def plain(value: Scalar) -> object:
    """Return a value that the driver stores as it is."""
    if isinstance(value, bool):
        return int(value)
    # SQLite turns a bound NaN into NULL; as text it stays what it is.
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    return value


def decimal(value: Scalar) -> object:
    """Return a decimal as an integer or a double."""
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() and abs(value) < 2**63 else float(value)


def unix(value: Scalar) -> object:
    """Return an instant as seconds since 1970."""
    if value is None:
        return None
    moment = datetime.fromisoformat(str(value)).replace(tzinfo=UTC).timestamp()
    # The last microsecond of year 9999 would round to year 10000.
    moment = min(moment, _LAST_SECOND)
    return int(moment) if moment == int(moment) else moment
