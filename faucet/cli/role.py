"""`faucet role`: the roles of a manifest."""

import json
from pathlib import Path

import click

from faucet.cli.editing import ManifestEdit, mapping
from faucet.cli.key import prompt_for
from faucet.cli.lazy_group import AliasedGroup
from faucet.cli.manifest_path import config_option
from faucet.cli.tables import print_table


@click.group("role", cls=AliasedGroup)
def command() -> None:
    """Edit the roles of a manifest."""


@command.command("create")
@click.argument("name", required=False)
@click.option("--name", "named", help="Same as the argument NAME.")
@click.option("--description", help="What the role is for.")
@config_option
def create(*, name: str | None, named: str | None, description: str | None, manifest: Path) -> None:
    """Create a role without grants."""
    edit = ManifestEdit(manifest)
    name = name or named or prompt_for("name", "Name of the role")
    roles = edit.section("roles")
    if name in roles:
        raise click.ClickException(f'there is already a role "{name}"; choose another name')
    role = mapping()
    if description:
        role["description"] = description
    role["grants"] = []
    roles[name] = role
    edit.save()
    click.echo(f'Role "{name}" was added to {manifest}. It has no access until it has grants.')


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@config_option
def list_roles(*, as_json: bool, manifest: Path) -> None:
    """List the roles and the number of their grants."""
    roles = ManifestEdit(manifest).section("roles")
    rows = [
        {
            "name": name,
            "description": (role or {}).get("description"),
            "extends": list((role or {}).get("extends") or ()),
            "grants": len((role or {}).get("grants") or ()),
        }
        for name, role in roles.items()
    ]
    if as_json:
        click.echo(json.dumps(rows))
    else:
        print_table(("name", "grants", "extends", "description"), rows)
