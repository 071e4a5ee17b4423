"""The functions that SQLite lacks, for connections. Pure but for `prepare`."""

import hashlib
import hmac
import math
import sqlite3
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from faucet.sql.cells import read_cell_form, spell_uuid
from faucet.sql.moments import rank_instant, spell_date, spell_time

ZONED, UNIX = 1, 2
_BEYOND: Final = "~"  # sorts after every digit


def prepare(connection: sqlite3.Connection) -> None:
    """Give *connection* the functions that the forms call."""
    functions: tuple[tuple[str, int, Callable[..., Any]], ...] = (
        ("faucet_hmac", 2, _hmac),
        ("faucet_sum", 3, _sum_order),
        ("faucet_instant", 2, _instant),
        ("faucet_date", 1, _date),
        ("faucet_time", 1, _time),
        ("faucet_uuid", 1, _uuid),
        ("faucet_same", 3, _same),
    )
    for name, count, function in functions:
        connection.create_function(name, count, function, deterministic=True)


def _hmac(text: object, key: str) -> str | None:
    if text is None:
        return None
    message = text if isinstance(text, bytes) else str(text).encode()
    return hmac.new(bytes.fromhex(key), message, hashlib.sha256).hexdigest()


def _sum_order(high: int | None, low: int | None, rest: float | None) -> str | None:
    """Return a text that sorts as the sum: exact, and beyond 64 bit."""
    if high is None or low is None:
        return None
    rest = rest or 0.0
    if not math.isfinite(rest):
        return _BEYOND if rest > 0 else ""
    whole = math.floor(rest)
    return f"{(high << 32) + low + whole + (1 << 1100):0340d}{Decimal(rest) - whole:.20f}"


def _instant(cell: object, mode: int) -> str | None:
    return rank_instant(cell, zoned=bool(mode & ZONED), unix=bool(mode & UNIX))


def _date(cell: object) -> str | None:
    return spell_date(cell) if isinstance(cell, str) else None


def _time(cell: object) -> str | None:
    return spell_time(cell) if isinstance(cell, str) else None


def _uuid(cell: object) -> object:
    return spell_uuid(cell) or cell


def _same(one: object, other: object, form: str) -> bool:
    """Return whether two cells are returned alike."""
    if one is None or other is None:
        return False
    encode = read_cell_form(form)
    return encode(one) == encode(other)
