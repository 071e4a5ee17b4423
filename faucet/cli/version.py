"""`faucet version`: the version and platform."""

import json
import platform
from importlib import metadata

import click


def version_line() -> str:
    """Return the version and the platform in one line."""
    return f"faucet {_version()} (Python {platform.python_version()}, {platform.platform()})"


@click.command("version")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def command(*, as_json: bool) -> None:
    """Print the version."""
    found = {
        "name": "faucet",
        "version": _version(),
        "python": platform.python_version(),
        "platform": platform.platform(),
    }
    if as_json:
        click.echo(json.dumps(found))
    else:
        click.echo(version_line())


def _version() -> str:
    try:
        return metadata.version("faucet")
    except metadata.PackageNotFoundError:
        return "unknown"  # run from a checkout, not installed
