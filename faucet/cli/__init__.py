"""The command line: one module per command, imported on use."""

from typing import Final

import click

from faucet.cli.lazy_group import LazyCommand, LazyGroup

_COMMANDS: Final = {
    "serve": LazyCommand("faucet.cli.serve", "Serve the API that the manifest describes."),
    "check": LazyCommand("faucet.cli.check", "Report all errors of a manifest."),
    "routes": LazyCommand("faucet.cli.routes", "Print the routes."),
    "openapi": LazyCommand("faucet.cli.openapi", "Print the OpenAPI document."),
    "schema": LazyCommand("faucet.cli.schema", "Print the JSON Schema of a manifest."),
    "db": LazyCommand("faucet.cli.db", "Edit the services of a manifest."),
    "role": LazyCommand("faucet.cli.role", "Edit the roles of a manifest."),
    "key": LazyCommand("faucet.cli.key", "Edit the API keys of a manifest."),
    "version": LazyCommand("faucet.cli.version", "Print the version."),
    "demo": LazyCommand("faucet.cli.demo", "Try Faucet on a small music shop.", hidden=True),
}
_ALIASES: Final = {"service": "db", "database": "db", "apikey": "key"}


@click.command(
    cls=LazyGroup,
    commands_by_name=_COMMANDS,
    aliases=_ALIASES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "-c",
    "--config",
    type=click.Path(),
    help="The manifest. Default: FAUCET_CONFIG, $FAUCET_DATA_DIR/faucet.yaml or ./faucet.yaml.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda context, _option, asked: _print_version(context) if asked else None,
    help="Print the version and exit.",
)
def main(config: str | None) -> None:
    """Turn a manifest into a REST API over your databases."""
    del config  # each command reads it from the context: `manifest_path.config_option`


def _print_version(context: click.Context) -> None:
    from faucet.cli.version import version_line

    click.echo(version_line())
    context.exit()
