"""Columns as JSON schemas, in the forms that values have on the wire. Pure."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

import msgspec

from faucet.model.catalog import Column, ColumnType, Kind
from faucet.model.facts import TransformFacts
from faucet.model.settings import ValueOptions

Schema = dict[str, object]

_SAFE_BITS: Final = 53
_NON_FINITE: Final = "^(NaN|-?Infinity)$"


def value_schema(of: ColumnType, options: ValueOptions) -> Schema:
    """Return the schema of a value of type *of* that is not null."""
    return _SCHEMAS[of.kind](of, options)


def column_schema(column: Column, options: ValueOptions, mask: TransformFacts | None) -> Schema:
    """Return the schema of *column* as a reader gets it, through *mask* if there is one."""
    if mask is None:
        schema = value_schema(column.type, options)
        return or_null(schema) if column.nullable else schema
    # The shape of a masked value (length, labels) is not revealed.
    bare = ColumnType(kind=mask.gives or column.type.kind, db_type="")
    schema = value_schema(bare, options)
    return or_null(schema) if column.nullable or mask.gives is None else schema


def body_schema(column: Column, options: ValueOptions) -> Schema:
    """
    Return the schema of what a writer may send for *column*: decimals also as numbers, and no
    string for JSON unless the service reads one.
    """
    if column.type.kind is Kind.JSON and options.json_text is None:
        document: Schema = {"type": ["object", "array", "number", "boolean"], "items": {}}
        return or_null(document) if column.nullable else document
    schema = column_schema(column, options, None)
    types = schema.get("type")
    if column.type.kind is Kind.DECIMAL and types is not None:
        listed = types if isinstance(types, list) else [types]
        schema["type"] = ["string", "number", *(["null"] if "null" in listed else [])]
    return schema


def or_null(schema: Schema) -> Schema:
    """Return *schema*, also allowing null."""
    types = schema.get("type")
    if types is None:
        return schema
    listed = types if isinstance(types, list) else [types]
    widened = {**schema, "type": [*listed, "null"]}
    if isinstance(labels := schema.get("enum"), list):
        widened["enum"] = [*labels, None]
    return widened


def _integer(of: ColumnType, options: ValueOptions) -> Schema:
    bits = of.bits or 64
    schema: Schema = {"type": "integer", "format": "int32" if bits <= 32 else "int64"}  # noqa: PLR2004
    if of.unsigned:
        schema = {"type": "integer", "minimum": 0}
    if options.integers == "string" and bits > _SAFE_BITS:
        schema["type"] = ["integer", "string"]
    return schema


def _decimal(_of: ColumnType, options: ValueOptions) -> Schema:
    if options.decimals == "number":
        return {"type": "number"}
    return {"type": "string", "format": "decimal"}


def _float(of: ColumnType, _options: ValueOptions) -> Schema:
    form = "float" if of.bits == 32 else "double"  # noqa: PLR2004
    return {"type": ["number", "string"], "format": form, "pattern": _NON_FINITE}


def _text(of: ColumnType, _options: ValueOptions) -> Schema:
    return {"type": "string"} if of.length is None else {"type": "string", "maxLength": of.length}


def _enum(of: ColumnType, _options: ValueOptions) -> Schema:
    return {"type": "string", "enum": list(of.labels)} if of.labels else {"type": "string"}


def _composite(of: ColumnType, options: ValueOptions) -> Schema:
    fields = {field.name: or_null(value_schema(field.type, options)) for field in of.fields}
    return {"type": "object", "properties": fields, "required": list(fields)}


def _opaque(of: ColumnType, _options: ValueOptions) -> Schema:
    # A column without a type (SQLite) returns whatever JSON value the file has.
    return {} if of.loose else {"type": "string"}


def _plain(**schema: object) -> Callable[[ColumnType, ValueOptions], Schema]:
    return lambda _of, _options: dict(schema)


_SCHEMAS: Final[Mapping[Kind, Callable[[ColumnType, ValueOptions], Schema]]] = {
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _decimal,
    Kind.FLOAT: _float,
    Kind.BOOLEAN: _plain(type="boolean"),
    Kind.TEXT: _text,
    Kind.ENUM: _enum,
    Kind.UUID: _plain(type="string", format="uuid"),
    Kind.BINARY: _plain(type="string", contentEncoding="base64"),
    Kind.DATE: _plain(type="string", format="date"),
    Kind.TIME: _plain(type="string", format="time-local"),
    Kind.TIMESTAMP: _plain(type="string", format="date-time-local"),
    Kind.TIMESTAMPTZ: _plain(type="string", format="date-time"),
    Kind.INTERVAL: _plain(type="string", format="duration"),
    Kind.JSON: _plain(),
    # Arrays may be nested, so their items have no schema.
    Kind.ARRAY: _plain(type="array", items={}),
    Kind.COMPOSITE: _composite,
    Kind.OPAQUE: _opaque,
}

_CAST: Final = r"(?:::[\w\s\"\[\](),.]+)?"
_NUMBER: Final = re.compile(rf"\(?'?(-?\d{{1,15}}(?:\.\d{{1,15}})?)'?\)?{_CAST}")
_TEXT: Final = re.compile(rf"'((?:[^']|'')*)'{_CAST}")
_BOOLEANS: Final = {"true": True, "false": False, "1": True, "0": False}


def literal_default(column: Column, options: ValueOptions) -> object:
    """Return the column's default as a JSON value where it is a plain literal, else UNSET."""
    text, kind = (column.default or "").strip(), column.type.kind
    if kind is Kind.BOOLEAN:
        return _BOOLEANS.get(text.lower(), msgspec.UNSET)
    if kind in {Kind.TEXT, Kind.ENUM}:
        quoted = _TEXT.fullmatch(text)
        return quoted.group(1).replace("''", "'") if quoted else msgspec.UNSET
    found = _NUMBER.fullmatch(text)
    return _number(found.group(1), column.type, options) if found else msgspec.UNSET


def _number(text: str, of: ColumnType, options: ValueOptions) -> object:
    if of.kind is Kind.INTEGER and "." not in text:
        return int(text)
    if of.kind is Kind.FLOAT:
        return float(text)
    if of.kind is Kind.DECIMAL:
        value = Decimal(text)
        if options.decimals == "number":
            return float(value)
        return text if of.scale is None else f"{value:.{of.scale}f}"
    return msgspec.UNSET
