"""Compile the surface of a manifest as the server does, for commands that print it."""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
import msgspec

from faucet.cli.environment import overrides
from faucet.cli.extensions import registry
from faucet.cli.manifest_files import read_manifest
from faucet.cli.render import render_text
from faucet.control.pipeline import UNREACHABLE, build, inputs_of
from faucet.diagnostics import Diagnostic
from faucet.model.surface import Surface
from faucet.names import did_you_mean

_FAULTY = 1
_UNREACHABLE = 2


def compiled_surface(manifest: Path) -> Surface:
    """
    Query the databases and return the surface.

    Exits with status 1 if the manifest has errors, and with status 2 if it cannot be read or a
    database cannot be reached, since its tables would be missing. Diagnostics are printed to
    standard error.
    """
    extensions = registry()
    try:
        source = read_manifest(manifest)
    except OSError as error:
        raise click.UsageError(f"cannot read {manifest}: {error.strerror}") from error
    outcome = build(
        inputs_of(source, registry=extensions, overrides=overrides(), now=time.time()),
        extensions.dialects,
    )
    texts = {source.name: source.text}
    click.echo(render_text(outcome.diagnostics, texts, color=False), err=True, nl=False)
    if _missing(outcome.diagnostics):
        raise SystemExit(_UNREACHABLE)
    if outcome.value is None:
        raise SystemExit(_FAULTY)
    return outcome.value.surface


def documents(surface: Surface, role: str | None) -> dict[str, dict[str, Any]]:
    """
    Return the OpenAPI documents of *role*, or of every role, by role.

    Raises `click.UsageError` for a role that the manifest does not have.
    """
    if role is not None and role not in surface.roles:
        hint = did_you_mean(role, surface.roles)
        raise click.UsageError(f'there is no role "{role}". {hint}'.rstrip())
    names = surface.roles if role is None else (role,)
    return {name: msgspec.json.decode(surface.openapi[name]) for name in sorted(names)}


def _missing(diagnostics: Iterable[Diagnostic]) -> bool:
    return any(found.code in UNREACHABLE for found in diagnostics)
