"""`faucet key`: the API keys of a manifest."""

import hashlib
import json
import secrets
import sys
from pathlib import Path
from typing import Any

import click

from faucet.cli.editing import ManifestEdit, flow, mapping
from faucet.cli.lazy_group import AliasedGroup
from faucet.cli.manifest_path import config_option


@click.group("key", cls=AliasedGroup)
def command() -> None:
    """Edit the API keys of a manifest."""


@command.command("create")
@click.argument("name", required=False)
@click.option("--role", help="The role of the key.")
@click.option(
    "--claim",
    "claims",
    multiple=True,
    metavar="K=V",
    help="A claim; V is parsed as JSON, else as a string.",
)
@click.option("--expires", help="RFC 3339 time from which the key is refused.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@config_option
def create(*, name: str | None, as_json: bool, manifest: Path, **options: Any) -> None:
    """Create an API key, print it once, and add its hash to the manifest."""
    edit = ManifestEdit(manifest)
    role = options["role"] or prompt_for("role", "Role of the key")
    keys = edit.section("keys")
    name = name or _free_name(keys)
    if name in keys:
        raise click.ClickException(f'there is already a key "{name}"; choose another name')
    text = f"faucet_{secrets.token_hex(32)}"
    digest = hashlib.sha256(text.encode()).hexdigest()
    entry = mapping(role=role, hash=flow([f"sha256:{digest}"]))
    if options["claims"]:
        entry["claims"] = mapping(**dict(map(_claim, options["claims"])))
    if options["expires"] is not None:
        entry["expires"] = options["expires"]
    keys[name] = entry
    warnings = edit.save()
    for found in warnings:
        if found.address[:2] == ("keys", name):
            click.echo(f"warning: {found.full_message}; {found.hint}", err=True)
    if as_json:
        click.echo(json.dumps({"name": name, "role": role, "key": text}))
        return
    click.echo(
        f'Key "{name}" of role "{role}" was added to {manifest}. It is shown only once:', err=True
    )
    click.echo(text)


def is_interactive() -> bool:
    """Return whether there is somebody to ask."""
    return sys.stdin.isatty()


def prompt_for(option: str, question: str) -> str:
    """Prompt for a missing *option* on a terminal; raise a usage error elsewhere."""
    if not is_interactive():
        raise click.UsageError(f"Missing option '--{option}'.")
    answer: str = click.prompt(question, type=str, err=True)
    return answer


def _free_name(keys: dict[str, Any]) -> str:
    number = 1
    while f"key-{number}" in keys:
        number += 1
    return f"key-{number}"


def _claim(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--claim")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
