"""`faucet openapi`: the document of one role, or of all roles."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from faucet.cli.compiled import compiled_surface, documents
from faucet.cli.manifest_path import config_option


@click.command("openapi")
@config_option
@click.option("--role", help="Only what this role may do, as returned to its callers.")
def command(*, manifest: Path, role: str | None) -> None:
    """
    Print the OpenAPI document; without --role, of everything that any role may do.

    Queries the databases for their tables. Exits with status 1 if the manifest has errors, 2 if
    it cannot be read, the role is unknown, or a database cannot be reached.
    """
    found = documents(compiled_surface(manifest), role)
    whole: Any = {}
    for document in found.values():
        whole = _joined(whole, document)
    click.echo(json.dumps(whole or _EMPTY, indent=2, ensure_ascii=False))


_EMPTY: Mapping[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Faucet", "version": "1"},
    "paths": {},
}


def _joined(one: Any, other: Any) -> Any:
    """
    Return the union of both: objects by key, lists without duplicates, otherwise *one*.

    The documents of two roles differ in the paths, columns and values they have, never in their
    meaning.
    """
    match one, other:
        case dict(), dict():
            keys = {**one, **other}
            return {
                key: _joined(one[key], other[key]) if key in one and key in other else value
                for key, value in keys.items()
            }
        case list(), list():
            held = {_name(item): item for item in other}
            joined = [
                _joined(item, held.pop(name)) if (name := _name(item)) in held else item
                for item in one
            ]
            return [*joined, *held.values()]
        case _:
            return one


def _name(item: Any) -> str:
    """The identity of a list item in two documents; of a parameter, its location and name."""
    if isinstance(item, dict) and "name" in item:
        return json.dumps([item.get("in"), item["name"]])
    return json.dumps(item, sort_keys=True)
