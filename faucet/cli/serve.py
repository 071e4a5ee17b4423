"""`faucet serve`: the server, in the foreground."""

import sys
from functools import partial
from pathlib import Path
from typing import Final

import click
import msgspec

from faucet.cli.environment import Flags, overrides, unknown_variables, variable
from faucet.cli.extensions import registry
from faucet.cli.manifest_path import config_option, exists, is_named
from faucet.cli.render import render_text
from faucet.control.foreign_text import is_foreign
from faucet.control.load import MAX_BYTES
from faucet.control.overrides import Overrides
from faucet.diagnostics import Diagnostic, Severity
from faucet.events import UnknownVariable
from faucet.model.bounds import MOST_PORT
from faucet.regular_file import read_regular_file

_LOOPBACK: Final = "127.0.0.1"


@click.command("serve")
@config_option
@click.option(
    "--host", help="Address to listen on. Default: FAUCET_SERVER_HOST, or from the manifest."
)
@click.option(
    "-p",
    "--port",
    type=click.IntRange(0, MOST_PORT),
    help="Port to listen on; 0 selects a free port. "
    "Default: FAUCET_SERVER_PORT, or from the manifest.",
)
@click.option(
    "--dev",
    is_flag=True,
    help="Log as text, at level debug, and listen on 127.0.0.1 unless --host or "
    "FAUCET_SERVER_HOST is given.",
)
@click.option("--wait", is_flag=True, help="Wait for a manifest that is named and missing.")
@click.option("--no-watch", is_flag=True, help="Reload only on SIGHUP, not when files change.")
@click.option("--foreground", is_flag=True, help="Stay in the foreground (the default).")
@click.option("--no-ui", is_flag=True, help="No effect: this release has no admin pages.")
def command(  # noqa: PLR0913 - one argument per option
    *,
    manifest: Path,
    host: str | None,
    port: int | None,
    dev: bool,
    wait: bool,
    no_watch: bool,
    foreground: bool,
    no_ui: bool,
) -> None:
    """
    Serve the API that the manifest describes, and reload it when it changes.

    Exits with status 1 if the manifest has errors at the start; later, a manifest with errors is
    refused and the previous one stays in service. Without a manifest, the server waits for one,
    unless --config or FAUCET_CONFIG names it: then that is an error, except with --wait.
    SIGHUP reloads the manifest and the catalogs of all databases; SIGTERM lets requests in progress
    finish.
    """
    del foreground, no_ui
    if is_named() and not wait and not exists(manifest):
        raise click.ClickException(f"{manifest}: no such file (--wait waits for it)")
    from faucet.serve.run import Launch, run

    given = Flags(
        host=host,
        port=port,
        log_level="debug" if dev else None,
        log_format="text" if dev else None,
    )
    launch = Launch(
        path=str(manifest),
        registry=registry(),
        overrides=_overrides(given, dev=dev),
        watch=not no_watch,
        report=partial(_report, manifest),
        unknown=tuple(
            UnknownVariable(name=name, hint=hint)
            for name, hint in unknown_variables(_text(manifest)).items()
        ),
    )
    sys.exit(run(launch))


def _overrides(given: Flags, *, dev: bool) -> Overrides:
    found = overrides(given)
    return msgspec.structs.replace(found, host=found.host or _LOOPBACK) if dev else found


def _report(manifest: Path, found: tuple[Diagnostic, ...], log_format: str) -> bool:
    """Print the output of `check` on a terminal; in a text log, without lines of the file."""
    terminal = sys.stderr.isatty()
    if not terminal and log_format != "text":
        return False
    # Logs are stored, and a line of a manifest may contain a password.
    text = _text(manifest) if terminal else ""
    sources = {} if is_foreign(text) else {str(manifest): text}
    color = terminal and variable("NO_COLOR") is None
    click.echo(render_text(found, sources, color=color), nl=False, err=True, color=color)
    errors = sum(one.severity is Severity.ERROR for one in found)
    noun = "error" if errors == 1 else "errors"
    click.echo(f"{manifest}: {errors} {noun}; the server does not start", err=True)
    return True


def _text(manifest: Path) -> str:
    try:
        return read_regular_file(manifest, MAX_BYTES).decode()
    except (OSError, UnicodeError):
        return ""
