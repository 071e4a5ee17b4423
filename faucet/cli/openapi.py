"""`faucet openapi`: the document of a role, or of the whole surface."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from faucet.cli.compiled import compiled_surface, documents
from faucet.cli.manifest_path import config_option


@click.command("openapi")
@config_option
@click.option("--role", help="Only what this role may do; as its callers get it.")
def command(*, manifest: Path, role: str | None) -> None:
    """
    Print the OpenAPI document; without a role, one of all that any role may do.

    Asks the databases for their tables. Ends with 1 where the manifest is faulty, with 2 where a
    database cannot be reached.
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
    Return what holds for either: objects by key, lists without doubles, else *one*.

    Documents of two roles differ in which paths, columns and values there are, never in what one
    means.
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
    """What makes an item of a list the same in two documents: a parameter's place and name."""
    if isinstance(item, dict) and "name" in item:
        return json.dumps([item.get("in"), item["name"]])
    return json.dumps(item, sort_keys=True)
