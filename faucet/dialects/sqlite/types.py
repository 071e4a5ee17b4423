"""Declared types of SQLite columns to kinds. Pure."""

import re
from typing import Final

from faucet.model.catalog import ColumnType, Days, Kind
from faucet.model.values.times import days_of

_DECLARED: Final = re.compile(
    r"\s*(?P<name>[^()]*?)\s*"
    r"(?:\(\s*(?P<first>\d{1,9})\s*(?:,\s*(?P<second>\d{1,9})\s*)?\))?\s*(?P<rest>[^()]*)"
)
_EXACT: Final = {
    "BOOL": Kind.BOOLEAN,
    "BOOLEAN": Kind.BOOLEAN,
    "DATE": Kind.DATE,
    "TIME": Kind.TIME,
    "TIME WITHOUT TIME ZONE": Kind.TIME,
    "DATETIME": Kind.TIMESTAMP,
    "TIMESTAMP": Kind.TIMESTAMP,
    "TIMESTAMP WITHOUT TIME ZONE": Kind.TIMESTAMP,
    "DATETIMEOFFSET": Kind.TIMESTAMPTZ,
    "TIMESTAMPTZ": Kind.TIMESTAMPTZ,
    "TIMESTAMP WITH TIME ZONE": Kind.TIMESTAMPTZ,
    "JSON": Kind.JSON,
    "JSONB": Kind.JSON,
    "UUID": Kind.UUID,
    "GUID": Kind.UUID,
    "UNIQUEIDENTIFIER": Kind.UUID,
    "DECIMAL": Kind.DECIMAL,
    "DEC": Kind.DECIMAL,
    "NUMERIC": Kind.DECIMAL,
    "NUMBER": Kind.DECIMAL,
    "MONEY": Kind.DECIMAL,
    "BINARY": Kind.BINARY,
    "VARBINARY": Kind.BINARY,
    "SERIAL": Kind.INTEGER,
    "BIGSERIAL": Kind.INTEGER,
    "INTERVAL": Kind.OPAQUE,  # by SQLite's own rule it would be an integer, for its first letters
}
# SQLite's affinity rule: the first part that the name contains decides.
_CONTAINED: Final = (
    ("INT", Kind.INTEGER),
    ("CHAR", Kind.TEXT),
    ("CLOB", Kind.TEXT),
    ("TEXT", Kind.TEXT),
    ("BLOB", Kind.BINARY),
    ("REAL", Kind.FLOAT),
    ("FLOA", Kind.FLOAT),
    ("DOUB", Kind.FLOAT),
)
_LENGTHS: Final = frozenset({Kind.TEXT, Kind.BINARY})
_DATES: Final = frozenset({Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMPTZ})
# They are compared as text, which is only right for years of four digits.
DAYS: Final = Days(first=days_of(1, 1, 1), last=days_of(9999, 12, 31), infinite=False)
_FRACTIONS: Final = frozenset({Kind.TIME, Kind.TIMESTAMP, Kind.TIMESTAMPTZ})
_SIZED: Final = frozenset({Kind.INTEGER, Kind.FLOAT})
_BITS: Final = 64
_DIGITS: Final = 15  # of a decimal, which is kept as a double


def column_type(declared: str, *, provable: bool = True, loose: bool = True) -> ColumnType:
    """
    Return the type of a column declared as *declared*.

    An unknown type (none, ANY, an unknown name) is opaque and not provable, and so is every type
    where *provable* is false. *loose* is false where SQLite enforces the type.
    """
    parts = _DECLARED.fullmatch(declared)
    if parts is None:  # ENUM('a', 'b') and the like
        return ColumnType(kind=_kind(declared), db_type=declared, provable=False, loose=loose)
    kind = _kind(f"{parts['name']} {parts['rest']}")
    first = int(parts["first"]) if parts["first"] else None
    decimal = kind is Kind.DECIMAL and first is not None
    return ColumnType(
        kind=kind,
        db_type=declared,
        length=first if kind in _LENGTHS else None,
        precision=first if decimal or kind in _FRACTIONS else None,
        scale=int(parts["second"] or 0) if decimal else None,
        bits=_BITS if kind in _SIZED else None,
        digits=_DIGITS if kind is Kind.DECIMAL else None,
        days=DAYS if kind in _DATES else None,
        provable=provable and kind is not Kind.OPAQUE,
        loose=loose or kind is Kind.OPAQUE,
    )


def _kind(name: str) -> Kind:
    name = " ".join(name.upper().split())
    if exact := _EXACT.get(name):
        return exact
    return next((kind for part, kind in _CONTAINED if part in name), Kind.OPAQUE)
