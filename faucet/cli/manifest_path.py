"""Find the manifest."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from faucet.cli.environment import variable

CONFIG: Final = "FAUCET_CONFIG"
DATA_DIR: Final = "FAUCET_DATA_DIR"
FILE_NAME: Final = "faucet.yaml"
_NAMED: Final = f"{__name__}.named"


def manifest_path(given: str | None = None) -> Path:
    """
    Return *given*, else `FAUCET_CONFIG`, else `$FAUCET_DATA_DIR/faucet.yaml`, else `./faucet.yaml`.

    The file need not exist.
    """
    if chosen := given or variable(CONFIG):
        return Path(chosen)
    if folder := variable(DATA_DIR):
        return Path(folder) / FILE_NAME
    return Path(FILE_NAME)


def exists(path: Path) -> bool:
    """
    Return whether there is something at *path*, or may be for someone with more rights.

    False for what cannot be a path.
    """
    try:
        return path.exists()
    except PermissionError:
        return True
    except OSError:
        return False


def config_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """
    Add ``-c/--config`` to a command, which receives the path as ``manifest: Path``.

    The option after the command's name takes precedence over the one before it.
    """
    return click.option(
        "-c",
        "--config",
        "manifest",
        type=click.Path(),
        callback=_resolved,
        help="The manifest. Default: FAUCET_CONFIG, $FAUCET_DATA_DIR/faucet.yaml or ./faucet.yaml.",
    )(command)


def _resolved(context: click.Context, _parameter: click.Parameter, value: str | None) -> Path:
    given = value or context.find_root().params.get("config")
    context.meta[_NAMED] = bool(given or variable(CONFIG))
    return manifest_path(given)


def is_named() -> bool:
    """Return whether `--config` or `FAUCET_CONFIG` names the manifest of the current command."""
    return bool(click.get_current_context().meta.get(_NAMED))
