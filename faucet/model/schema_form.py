"""Relations in the form of the schema routes, for whatever describes them. Pure."""

from typing import Any, Final

from faucet.model.catalog import Column, ColumnType, ForeignKey, Kind, Relation
from faucet.model.settings import NumberForm, ValueOptions

_JSON_TYPES: Final = {
    Kind.INTEGER: "integer",
    Kind.DECIMAL: "string(decimal)",
    Kind.FLOAT: "number",
    Kind.BOOLEAN: "boolean",
    Kind.UUID: "string(uuid)",
    Kind.BINARY: "string(byte)",
    Kind.DATE: "string(date)",
    Kind.TIME: "string(time)",
    Kind.TIMESTAMP: "string(date-time)",
    Kind.TIMESTAMPTZ: "string(date-time)",
    Kind.JSON: "object",
    Kind.ARRAY: "array",
    Kind.COMPOSITE: "object",
}


def json_type(of: ColumnType, options: ValueOptions) -> str:
    """Return the JSON type of values of type *of*, with its format."""
    if of.kind is Kind.DECIMAL and options.decimals == NumberForm.NUMBER:
        return "number"
    return _JSON_TYPES.get(of.kind, "string")


def relation_form(relation: Relation, options: ValueOptions) -> dict[str, Any]:
    """Return *relation*, JSON-able."""
    return {
        "name": relation.name,
        "type": relation.kind.value,
        "comment": relation.comment,
        "columns": [_column(relation, column, options) for column in relation.columns],
        "primary_key": list(relation.primary_key),
        "foreign_keys": [_foreign_key(key) for key in relation.foreign_keys],
        "unique": [{"name": key.name, "columns": list(key.columns)} for key in relation.unique],
        "indexes": [
            {
                "name": index.name,
                "columns": list(index.columns),
                "unique": index.unique,
                "is_unique": index.unique,
            }
            for index in relation.indexes
        ],
    }


def _column(relation: Relation, column: Column, options: ValueOptions) -> dict[str, Any]:
    of = column.type
    return {
        "name": column.name,
        "position": column.position,
        "db_type": of.db_type,
        "json_type": json_type(of, options),
        "nullable": column.nullable,
        "default": column.default,
        "max_length": of.length,
        "precision": of.precision,
        "scale": of.scale,
        "is_primary_key": column.name in relation.primary_key,
        "is_auto_increment": column.auto_increment,
        "is_unique": (column.name,)
        in {relation.primary_key, *(key.columns for key in relation.unique)},
        "generated": column.generated,
        "enum": list(of.labels) or None,
        "comment": column.comment,
    }


def _foreign_key(key: ForeignKey) -> dict[str, Any]:
    return {
        "name": key.name,
        "columns": list(key.columns),
        "referenced_table": key.referenced_table,
        "referenced_columns": list(key.referenced_columns),
        "column_name": key.columns[0],
        "referenced_column": key.referenced_columns[0] if key.referenced_columns else None,
        "on_delete": key.on_delete,
        "on_update": key.on_update,
    }
