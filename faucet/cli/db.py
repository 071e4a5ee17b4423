"""`faucet db`: the services of a manifest."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from faucet.cli.editing import ManifestEdit, flow, line_of, mapping
from faucet.cli.extensions import registry
from faucet.cli.inspect import inspect_service, schema_json, table_json, unreachable
from faucet.cli.key import is_interactive, prompt_for
from faucet.cli.lazy_group import AliasedGroup
from faucet.cli.manifest_path import config_option
from faucet.cli.tables import print_table
from faucet.control.checks.literal_secret import holds_password, variable_for
from faucet.control.checks.placeholder import dsn_template
from faucet.model.facts import DialectFacts
from faucet.model.manifest.scalars import VERBS
from faucet.names import did_you_mean
from faucet.standard import standard_registry

_VERBS: Final = {"read": ["GET"], "write": list(VERBS)}
_BUNDLED: Final = " or ".join(sorted(standard_registry().dialects))
_DEFAULT_ROLE: Final = "default"
_MAY: Final = {"read": "read (GET)", "write": f"read and write ({', '.join(_VERBS['write'])})"}
_PATIENCE_SECONDS: Final = 3.0


@click.group("db", cls=AliasedGroup)
def command() -> None:
    """Edit the services of a manifest."""


@command.command("add")
@click.argument("name", required=False)
@click.option("--name", "named", help="Same as the argument NAME.")
@click.option("--driver", help=f"{_BUNDLED}.")
@click.option("--dsn", help="Data source name of the database.")
@click.option("--label", help="A name for people.")
@click.option("--schema", help="The schema to publish.")
@click.option("--private-key-path", help="Only for drivers that need one; none in this release.")
@click.option(
    "--grant",
    type=click.Choice(["none", "read", "write"]),
    default="read",
    show_default=True,
    help='What the role "default" may do with the new service.',
)
@config_option
def add(*, manifest: Path, **options: Any) -> None:
    """Publish a database and let the role "default" read it."""
    if options["private_key_path"]:
        raise click.UsageError("No driver in this release accepts --private-key-path.")
    edit = ManifestEdit(manifest)
    name = options["name"] or options["named"] or prompt_for("name", "Name of the service")
    drivers = registry().facts().dialects
    driver = options["driver"] or prompt_for("driver", f"Driver ({' or '.join(sorted(drivers))})")
    dsn = options["dsn"] or prompt_for("dsn", "DSN")
    services = edit.section("services")
    if name in services:
        raise click.ClickException(f'there is already a service "{name}"; choose another name')
    service = mapping(driver=_driver(driver, drivers), dsn=dsn)
    for option in ("label", "schema"):
        if options[option]:
            service[option] = options[option]
    services[name] = service
    if options["grant"] != "none":
        _grant(edit, name, _VERBS[options["grant"]])
    edit.save()
    _report_added(manifest, name, options["grant"])
    _warn(manifest, name, service)


def _driver(given: str, drivers: Mapping[str, DialectFacts]) -> str:
    if given in drivers:
        return given
    return next((name for name, facts in drivers.items() if given in facts.aliases), given)


def _grant(edit: ManifestEdit, service: str, verbs: list[str]) -> None:
    roles = edit.section("roles")
    if roles.get(_DEFAULT_ROLE) is None:
        roles[_DEFAULT_ROLE] = mapping(description="Created by `faucet db add`.")
    grant = mapping(service=service, tables=flow(["*"]), verbs=flow(verbs))
    # An empty list is in flow style, and items appended to it would be too.
    grants = roles[_DEFAULT_ROLE].get("grants") or []
    roles[_DEFAULT_ROLE]["grants"] = grants
    grants.append(grant)


def _report_added(manifest: Path, name: str, grant: str) -> None:
    click.echo(f'Service "{name}" was added to {manifest}.')
    if grant == "none":
        click.echo("No role has access to it yet: add a grant.")
    else:
        line = line_of(manifest, f"service: {name}")
        click.echo(f'The role "{_DEFAULT_ROLE}" may {_MAY[grant]} all of its tables.')
        click.echo(f"To restrict that, edit the grant at {manifest}:{line}.")


def _warn(manifest: Path, name: str, service: dict[str, Any]) -> None:
    forms = registry().facts().dsn_forms[service["driver"]]
    if holds_password(service["dsn"], forms):
        message = (
            f"warning: {manifest} contains the password in plain text, so that only its owner and "
            f"group may read it; replace it with ${{env:{variable_for(name)}}} or ${{file:…}}"
        )
        click.echo(message, err=True)
    if reason := unreachable(manifest, name, _PATIENCE_SECONDS):
        hint = forms.hint(dsn_template(service["dsn"]) or "")
        message = f"{reason}; {hint}" if hint else reason
        click.echo(f'warning: the database of "{name}" {message}', err=True)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@config_option
def list_services(*, as_json: bool, manifest: Path) -> None:
    """List the services, without their DSNs."""
    services = ManifestEdit(manifest).section("services")
    columns = ("name", "driver", "schema", "label", "read_only")
    rows = [
        {"name": name} | {column: (service or {}).get(column) for column in columns[1:]}
        for name, service in services.items()
    ]
    if as_json:
        click.echo(json.dumps(rows))
    else:
        print_table(columns, rows)


@command.command("remove")
@click.argument("name")
@click.option("-y", "--yes", is_flag=True, help="Do not ask for confirmation.")
@config_option
def remove(*, name: str, yes: bool, manifest: Path) -> None:
    """Remove a service and the grants that name it, after confirmation."""
    edit = ManifestEdit(manifest)
    services, roles = edit.section("services"), edit.section("roles")
    if name not in services:
        raise click.ClickException(f'there is no service "{name}" in {manifest}')
    if not yes:
        _confirm_removal(name, roles)
    del services[name]
    taken = sum(_without(role, name) for role in roles.values())
    edit.save()
    click.echo(f'Service "{name}" was removed from {manifest}, with {taken} grant(s) on it.')


def _confirm_removal(name: str, roles: Mapping[str, Any]) -> None:
    click.echo(f"This will be removed:\n  services.{name}", err=True)
    for role, settings in roles.items():
        for place in _places(settings, name):
            click.echo(f"  roles.{role}.grants[{place}]", err=True)
    if not is_interactive():
        raise click.UsageError("Confirm with '--yes'.")
    click.confirm("Remove it?", abort=True, err=True)


def _places(role: dict[str, Any] | None, service: str) -> list[int]:
    grants = (role or {}).get("grants") or []
    return [place for place, grant in enumerate(grants) if grant.get("service") == service]


def _without(role: dict[str, Any] | None, service: str) -> int:
    places = _places(role, service)
    for place in reversed(places):
        del (role or {})["grants"][place]
    return len(places)


@command.command("test")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@config_option
def test(*, name: str, as_json: bool, manifest: Path) -> None:
    """Connect to a service's database and count its tables."""
    found = inspect_service(manifest, name)
    if as_json:
        click.echo(json.dumps(found.summary()))
    elif found.catalog is None:
        click.echo(f'Service "{name}" cannot be reached: {found.reason}', err=True)
    else:
        tables = len(found.catalog.relations)
        version = found.catalog.server_version
        click.echo(
            f'Service "{name}" is reachable: {version}, {tables} tables, {found.latency_ms} ms.'
        )
    if found.catalog is None:
        raise SystemExit(1)


@command.command("schema")
@click.argument("name")
@click.argument("table", required=False)
@config_option
def schema(*, name: str, table: str | None, manifest: Path) -> None:
    """Print the tables of a service, or one of them, as JSON."""
    found = inspect_service(manifest, name)
    if found.catalog is None:
        raise click.ClickException(f'service "{name}" cannot be reached: {found.reason}')
    if table is None:
        click.echo(json.dumps(schema_json(found.catalog), ensure_ascii=False, indent=2))
        return
    relation = found.catalog.relations.get(table)
    if relation is None:
        hint = did_you_mean(table, found.catalog.relations)
        raise click.ClickException(f'there is no table "{table}" in "{name}". {hint}'.strip())
    click.echo(json.dumps(table_json(relation), ensure_ascii=False, indent=2))
