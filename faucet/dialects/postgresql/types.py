"""PostgreSQL's types to kinds. Pure."""

from collections.abc import Mapping
from typing import Final

import msgspec

from faucet.model.catalog import ColumnType, Days, Kind
from faucet.model.values.times import days_of

_BUILT_IN: Final = {
    "int2": Kind.INTEGER,
    "int4": Kind.INTEGER,
    "int8": Kind.INTEGER,
    "oid": Kind.INTEGER,
    "numeric": Kind.DECIMAL,
    "money": Kind.DECIMAL,
    "float4": Kind.FLOAT,
    "float8": Kind.FLOAT,
    "bool": Kind.BOOLEAN,
    "text": Kind.TEXT,
    "varchar": Kind.TEXT,
    "bpchar": Kind.TEXT,
    "name": Kind.TEXT,
    "uuid": Kind.UUID,
    "bytea": Kind.BINARY,
    "date": Kind.DATE,
    "time": Kind.TIME,
    "timestamp": Kind.TIMESTAMP,
    "timestamptz": Kind.TIMESTAMPTZ,
    "interval": Kind.INTERVAL,
    "json": Kind.JSON,
    "jsonb": Kind.JSON,
}
_BITS: Final = {"int2": 16, "int4": 32, "int8": 64, "oid": 32, "float4": 32, "float8": 64}
_FIRST_DAY: Final = days_of(-4713, 11, 24)
_TIMESTAMPS: Final = Days(first=_FIRST_DAY, last=days_of(294_276, 12, 31), infinite=True)
DAYS: Final = {
    Kind.DATE: Days(first=_FIRST_DAY, last=days_of(5_874_897, 12, 31), infinite=True),
    Kind.TIMESTAMP: _TIMESTAMPS,
    Kind.TIMESTAMPTZ: _TIMESTAMPS,
}
_CITEXT: Final = "citext"  # an extension's, so in any schema
_NAME_LENGTH: Final = 63
_MONEY_SCALE: Final = 2  # of lc_monetary C, which sessions pin
_HEADER: Final = 4  # what a length or numeric modifier counts besides
_NO_INTERVAL_PRECISION: Final = 0xFFFF
_MODIFIED: Final = frozenset({"varchar", "bpchar"})
_TIMES: Final = frozenset({"time", "timestamp", "timestamptz", "interval"})


class TypeRow(msgspec.Struct, frozen=True, kw_only=True):
    """
    A row of pg_type.

    *base* with *modifier* is the base of a domain, *element* the element type of an array; 0 for
    none. *spelling* is its qualified name, without length or scale.
    """

    name: str
    spelling: str
    built_in: bool
    type: str
    category: str
    element: int
    base: int
    modifier: int
    not_null: bool
    default: str | None
    labels: tuple[str, ...]


def column_type(db_type: str, oid: int, modifier: int, types: Mapping[int, TypeRow]) -> ColumnType:
    """
    Return the type of a column, looking through domains.

    What no other kind represents without loss (timetz, ranges, composites, bit strings, inet, xml,
    …) is opaque: its text.
    """
    declared = row = types[oid]
    while row.type == "d":
        # Only the innermost domain has a modifier, and a column of a domain has none.
        oid, modifier = row.base, row.modifier if row.modifier >= 0 else modifier
        row = types[oid]
    kind = _kind(row)
    element = _element(row, types) if kind is Kind.ARRAY else None
    length, precision, scale = _modifiers(row.name, modifier) if row.built_in else (None,) * 3
    return ColumnType(
        kind=kind,
        db_type=db_type,
        length=length,
        precision=precision,
        scale=scale,
        bits=_BITS.get(row.name) if row.built_in else None,
        unsigned=row.built_in and row.name == "oid",
        padded=row.built_in and row.name == "bpchar",
        labels=row.labels,
        element=element,
        days=DAYS.get(element or kind),
        base=None if declared is row else row.spelling,
    )


def not_null(oid: int, types: Mapping[int, TypeRow]) -> bool:
    """Return whether the type itself, a domain, refuses NULL."""
    row = types[oid]
    return row.not_null or (row.type == "d" and not_null(row.base, types))


def default(oid: int, types: Mapping[int, TypeRow]) -> str | None:
    """Return a domain's default, for columns without one."""
    row = types[oid]
    if row.type != "d" or row.default is not None:
        return row.default
    return default(row.base, types)


def _kind(row: TypeRow) -> Kind:
    if row.type == "e":
        return Kind.ENUM
    if row.category == "A" and row.element:
        return Kind.ARRAY
    if row.type == "b" and row.name == _CITEXT:
        return Kind.TEXT
    return _BUILT_IN.get(row.name, Kind.OPAQUE) if row.built_in else Kind.OPAQUE


def _element(row: TypeRow, types: Mapping[int, TypeRow]) -> Kind:
    element = types[row.element]
    while element.type == "d":
        element = types[element.base]
    return _kind(element)


def _modifiers(name: str, modifier: int) -> tuple[int | None, int | None, int | None]:
    """Return length, precision and scale."""
    match name:
        case "name":
            return _NAME_LENGTH, None, None
        case "money":
            return None, None, _MONEY_SCALE
        case "numeric" if modifier >= _HEADER:
            packed = modifier - _HEADER
            scale = ((packed & 0x7FF) ^ 0x400) - 0x400  # eleven bits, signed since version 15
            return None, (packed >> 16) & 0xFFFF, scale
        case _ if name in _MODIFIED and modifier >= _HEADER:
            return modifier - _HEADER, None, None
        case _ if name in _TIMES and modifier >= 0:
            digits = modifier & 0xFFFF
            return None, None if digits == _NO_INTERVAL_PRECISION else digits, None
        case _:
            return None, None, None
