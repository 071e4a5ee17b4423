"""`faucet serve`: the server, in the foreground."""

import sys
from functools import partial
from pathlib import Path

import click

from faucet.cli.environment import Flags, overrides, variable
from faucet.cli.extensions import registry
from faucet.cli.manifest_path import config_option
from faucet.cli.render import render_text
from faucet.diagnostics import Diagnostic, Severity
from faucet.model.bounds import MOST_PORT


@click.command("serve")
@config_option
@click.option("--host", help="Listen here; else FAUCET_SERVER_HOST, or the manifest's.")
@click.option(
    "-p",
    "--port",
    type=click.IntRange(0, MOST_PORT),
    help="Listen on this port, 0 for a free one; else FAUCET_SERVER_PORT, or the manifest's.",
)
@click.option("--dev", is_flag=True, help="Log as text, from level debug on.")
@click.option("--no-watch", is_flag=True, help="Reload on SIGHUP alone, not when files change.")
@click.option("--foreground", is_flag=True, help="Stay in the foreground, which is the default.")
@click.option("--no-ui", is_flag=True, help="No admin pages; this release has none anyway.")
def command(  # noqa: PLR0913 - one argument an option
    *,
    manifest: Path,
    host: str | None,
    port: int | None,
    dev: bool,
    no_watch: bool,
    foreground: bool,
    no_ui: bool,
) -> None:
    """
    Serve the API that the manifest describes, and follow its changes.

    A manifest with errors at the start ends with 1. Later ones are refused, and what was served
    last is served on. Without a manifest the server waits for one. SIGHUP loads anew and looks at
    every database; SIGTERM lets running requests end.
    """
    del foreground, no_ui
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
        overrides=overrides(given),
        watch=not no_watch,
        report=partial(_report, manifest),
    )
    sys.exit(run(launch))


def _report(manifest: Path, found: tuple[Diagnostic, ...], log_format: str) -> bool:
    """Show on a terminal what `check` does; in a text log the same, without lines of the file."""
    terminal = sys.stderr.isatty()
    if not terminal and log_format != "text":
        return False
    # A log is kept, and a line of a manifest may hold a password.
    sources = {str(manifest): _text(manifest)} if terminal else {}
    color = terminal and variable("NO_COLOR") is None
    click.echo(render_text(found, sources, color=color), nl=False, err=True, color=color)
    errors = sum(one.severity is Severity.ERROR for one in found)
    noun = "error" if errors == 1 else "errors"
    click.echo(f"{manifest}: {errors} {noun}; the server does not start", err=True)
    return True


def _text(manifest: Path) -> str:
    try:
        return manifest.read_text(encoding="utf-8")
    except (OSError, UnicodeError):
        return ""
