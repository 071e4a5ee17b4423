"""PostgreSQL's types to kinds. Pure."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

from faucet.model.catalog import ColumnType, CompositeField, Days, Kind
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
_BITS: Final = {
    "int2": 16,
    "int4": 32,
    "int8": 64,
    "oid": 32,
    "money": 64,
    "float4": 32,
    "float8": 64,
}
_FIRST_DAY: Final = days_of(-4713, 11, 24)
_TIMESTAMPS: Final = Days(first=_FIRST_DAY, last=days_of(294_276, 12, 31), infinite=True)
DAYS: Final = {
    Kind.DATE: Days(first=_FIRST_DAY, last=days_of(5_874_897, 12, 31), infinite=True),
    Kind.TIMESTAMP: _TIMESTAMPS,
    Kind.TIMESTAMPTZ: _TIMESTAMPS,
}
_KEYED: Final = frozenset(
    {"bit", "char", "cidr", "inet", "macaddr", "macaddr8", "pg_lsn", "timetz", "varbit", "xid8"}
)
_RANGES: Final = frozenset({"r", "m"})
_VECTORS: Final = frozenset({"int2vector", "oidvector"})  # arrays whose text is none
_CITEXT: Final = "citext"  # an extension's, so in any schema
_NAME_LENGTH: Final = 63
# Types that cut their input instead of refusing it.
_OCTETS: Final = {"name": _NAME_LENGTH, "char": 1}
_CLOCK_DIGITS: Final = 6
_MONEY_SCALE: Final = 2  # of lc_monetary C, which sessions pin
_HEADER: Final = 4  # what a length or numeric modifier counts besides
_NO_INTERVAL_PRECISION: Final = 0xFFFF
_ALL_FIELDS: Final = 0x7FFF
# The smallest field first, by its bit in the modifier; one with seconds keeps everything.
_UNITS: Final = ((12, None), (11, "minute"), (10, "hour"), (3, "day"), (1, "month"), (2, "year"))
_MODIFIED: Final = frozenset({"varchar", "bpchar"})
_TIMES: Final = frozenset({"time", "timetz", "timestamp", "timestamptz", "interval"})
_SPELLED: Final = frozenset(
    {Kind.ARRAY, Kind.COMPOSITE, Kind.OPAQUE}
)  # kinds whose parameters have their own type


class FieldRow(NamedTuple):
    """A field of a composite type: its *type* by number, and its spelling."""

    name: str
    db_type: str
    type: int
    modifier: int


class TypeRow(msgspec.Struct, frozen=True, kw_only=True):
    """
    A row of pg_type.

    *base* with *modifier* is the base of a domain, *element* the element type of an array; 0 for
    none. *spelling* is its qualified name, without length or scale; *operators* the schema of the
    operators by which it is ordered, None if they are built in.
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
    operators: str | None
    fields: tuple[FieldRow, ...]


def column_type(db_type: str, oid: int, modifier: int, types: Mapping[int, TypeRow]) -> ColumnType:
    """
    Return the type of a column, looking through domains.

    What no other kind represents without loss (timetz, ranges, bit strings, inet, xml,
    …) is opaque: its text.
    """
    declared = row = types[oid]
    while row.type == "d":
        # Only the innermost domain has a modifier, and a column of a domain has none.
        oid, modifier = row.base, row.modifier if row.modifier >= 0 else modifier
        row = types[oid]
    kind = _kind(row)
    own = declared is row and (kind not in _SPELLED or db_type == row.spelling)
    found = ColumnType(
        kind=kind,
        keyed=kind is Kind.OPAQUE and _is_keyed(row),
        db_type=db_type,
        labels=row.labels,
        days=DAYS.get(kind),
        base=None if own else row.spelling,
        operators=row.operators,
        fields=tuple(
            CompositeField(name=name, type=column_type(spelled, part, own_modifier, types))
            for name, spelled, part, own_modifier in row.fields
        ),
    )
    if kind is Kind.ARRAY:
        element = column_type(types[row.element].spelling, row.element, modifier, types)
        return msgspec.structs.replace(found, element=element)
    return _measured(found, row.name, modifier) if row.built_in else found


def _measured(of: ColumnType, name: str, modifier: int) -> ColumnType:
    """Return the built-in type *of*, called *name*, with its bounds."""
    length, precision, scale = _modifiers(name, modifier)
    return msgspec.structs.replace(
        of,
        length=length,
        octets=_OCTETS.get(name),
        precision=precision,
        scale=scale,
        bits=_BITS.get(name),
        unsigned=name == "oid",
        padded=name == "bpchar",
        unit=_unit(name, modifier),
        special=name == "numeric",
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


def _is_keyed(row: TypeRow) -> bool:
    """Return whether values of an opaque type are equal or not by an operator of their own."""
    own = row.name in _KEYED if row.built_in else row.operators is not None
    return own or row.type in _RANGES


def _kind(row: TypeRow) -> Kind:
    if row.type == "e":
        return Kind.ENUM
    if row.type == "c":
        return Kind.COMPOSITE
    if row.category == "A" and row.element and row.name not in _VECTORS:
        return Kind.ARRAY
    if row.type == "b" and row.name == _CITEXT:
        return Kind.TEXT
    return _BUILT_IN.get(row.name, Kind.OPAQUE) if row.built_in else Kind.OPAQUE


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
        case _ if name in _TIMES:
            return None, _fraction_digits(name, modifier), None
        case _:
            return None, None, None


def _unit(name: str, modifier: int) -> str | None:
    """Return the smallest field of an interval like ``interval year to month``."""
    fields = modifier >> 16 & _ALL_FIELDS
    if name != "interval" or modifier < 0 or fields == _ALL_FIELDS:
        return None
    return next(unit for bit, unit in _UNITS if fields >> bit & 1)


def _fraction_digits(name: str, modifier: int) -> int | None:
    if modifier >= 0 and (digits := modifier & 0xFFFF) != _NO_INTERVAL_PRECISION:
        return digits
    # The values of other types are read by kind, which has its own limit.
    return _CLOCK_DIGITS if name == "timetz" else None
