"""`faucet routes`: the operations, and the roles that may use them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from faucet.cli.compiled import compiled_surface, documents
from faucet.cli.manifest_path import config_option
from faucet.model.routes import ROUTES, RouteName

# This route has the most methods.
_METHODS: Final = tuple(ROUTES[RouteName.RECORDS].operations)


@click.command("routes")
@config_option
@click.option("--role", help="Only what this role may do.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def command(*, manifest: Path, role: str | None, as_json: bool) -> None:
    """
    Print each operation with the roles that may use it.

    Queries the databases for their tables. Exits with status 1 if the manifest has errors, 2 if
    it cannot be read, the role is unknown, or a database cannot be reached.
    """
    routes = _routes(documents(compiled_surface(manifest), role))
    if as_json:
        click.echo(json.dumps(routes, indent=2))
        return
    width = max((len(route["path"]) for route in routes), default=0)
    for route in routes:
        click.echo(f"{route['method']:<7} {route['path']:<{width}}  {', '.join(route['roles'])}")


def _routes(documents: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    found: dict[tuple[str, int], list[str]] = {}
    for role, document in documents.items():
        for path, item in document["paths"].items():
            for place, method in enumerate(_METHODS):
                if method.lower() in item:
                    found.setdefault((path, place), []).append(role)
    return [
        {"method": _METHODS[place], "path": path, "roles": roles}
        for (path, place), roles in sorted(found.items())
    ]
