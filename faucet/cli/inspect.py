"""Inspect the database of a service."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from faucet.cli.environment import overrides
from faucet.cli.extensions import registry
from faucet.cli.manifest_files import read_manifest
from faucet.cli.render import render_text
from faucet.control.compile.exposure import granted_names, select_relations
from faucet.control.introspect import introspect
from faucet.control.load import SourceText
from faucet.control.pipeline import Prepared, inputs_of, prepare
from faucet.diagnostics import Outcome, Severity
from faucet.model.catalog import Catalog, Relation, RelationKind
from faucet.model.schema_form import relation_form
from faucet.model.settings import ValueOptions

# The form of values is the service's; the commands show what the database has.
_OPTIONS: Final = ValueOptions()


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
        source = read_manifest(manifest)
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
    return relation_form(relation, _OPTIONS)
