"""Inspect the database of a service."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from faucet.cli.environment import overrides
from faucet.cli.extensions import registry
from faucet.cli.render import render_text
from faucet.control.compile.exposure import granted_names, select_relations
from faucet.control.introspect import introspect
from faucet.control.load import SourceText, source_text
from faucet.control.pipeline import Prepared, inputs_of, prepare
from faucet.diagnostics import Outcome, Severity
from faucet.model.catalog import Catalog, Column, ForeignKey, Kind, Relation, RelationKind

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
}


class Inspected(msgspec.Struct, frozen=True, kw_only=True):
    """The catalog of a service's database, or the *reason* why it could not be read."""

    name: str
    catalog: Catalog | None
    reason: str
    latency_ms: float

    def summary(self) -> dict[str, object]:
        """Return the result in a form for scripts."""
        tables = sorted(self.catalog.relations) if self.catalog is not None else []
        return {
            "success": self.catalog is not None,
            "message": self.reason or "connected",
            "table_count": len(tables),
            "tables": tables,
            "latency_ms": self.latency_ms,
        }


def inspect_service(manifest: Path, name: str) -> Inspected:
    """
    Connect to the service *name* and read the catalog of what it publishes.

    Prints the diagnostics and exits with status 1 if the manifest has errors or no such service.
    """
    source, prepared = _prepared(manifest)
    if prepared.value is None:
        click.echo(
            render_text(prepared.diagnostics, {source.name: source.text}, color=False), err=True
        )
        raise SystemExit(1)
    settings = prepared.value.settings
    services = settings.services
    if name not in services:
        raise click.ClickException(f'there is no service "{name}" in {manifest}')
    began = time.perf_counter()
    catalog = introspect({name: services[name]}, registry().dialects)[name]
    latency_ms = round((time.perf_counter() - began) * 1000, 1)
    if not isinstance(catalog, Catalog):
        return Inspected(name=name, catalog=None, reason=catalog.reason, latency_ms=latency_ms)
    granted = granted_names(settings.roles, name)
    published = select_relations(catalog, services[name].tables, granted)
    return Inspected(name=name, catalog=published, reason="", latency_ms=latency_ms)


def unreachable(manifest: Path, name: str, patience: float) -> str:
    """
    Return why the database of the service *name* cannot be reached; "" if it can.

    Waits at most *patience* seconds. The manifest must pass `check`.
    """
    _, prepared = _prepared(manifest)
    if prepared.value is None:
        faults = (
            one.full_message for one in prepared.diagnostics if one.severity is Severity.ERROR
        )
        return f"was not checked: {next(faults)}"
    service = prepared.value.settings.services[name]
    found = introspect({name: service}, registry().dialects, patience)[name]
    return "" if isinstance(found, Catalog) else f"cannot be reached: {found.reason}"


def _prepared(manifest: Path) -> tuple[SourceText, Outcome[Prepared]]:
    try:
        source = source_text(str(manifest), manifest.read_bytes())
    except OSError as error:
        raise click.ClickException(f"cannot read {manifest}: {error.strerror}") from error
    extensions = registry()
    inputs = inputs_of(source, registry=extensions, overrides=overrides(), now=time.time())
    return source, prepare(inputs)


def schema_json(catalog: Catalog) -> Mapping[str, Any]:
    """Return all relations of *catalog* in the form of the schema routes."""
    relations = [catalog.relations[name] for name in sorted(catalog.relations)]
    return {
        "tables": [table_json(r) for r in relations if r.kind is RelationKind.TABLE],
        "views": [table_json(r) for r in relations if r.kind is RelationKind.VIEW],
    }


def table_json(relation: Relation) -> Mapping[str, Any]:
    """Return one relation in the form of the schema routes."""
    return {
        "name": relation.name,
        "type": relation.kind.value,
        "comment": relation.comment,
        "columns": [_column(relation, column) for column in relation.columns],
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


def _column(relation: Relation, column: Column) -> Mapping[str, Any]:
    of = column.type
    return {
        "name": column.name,
        "position": column.position,
        "db_type": of.db_type,
        "json_type": _JSON_TYPES.get(of.kind, "string"),
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


def _foreign_key(key: ForeignKey) -> Mapping[str, Any]:
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
