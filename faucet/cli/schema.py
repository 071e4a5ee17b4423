"""`faucet schema`: the JSON Schema of a manifest, for editors and other tools."""

import click

from faucet.cli.extensions import registry
from faucet.control.schema import schema_text


@click.command("schema")
def command() -> None:
    """
    Print the JSON Schema of a manifest.

    It describes this version with the drivers that it has. Editors that use the YAML language
    server find a saved copy by the comment ``# yaml-language-server: $schema=PATH``.
    """
    click.echo(schema_text(tuple(sorted(registry().dialects))), nl=False)
