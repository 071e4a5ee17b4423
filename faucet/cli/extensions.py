"""The extensions that a command uses."""

import click

from faucet.extension.registry import Registry
from faucet.standard import standard_registry


def registry() -> Registry:
    """Return the registry given as *obj* to `faucet.cli.main`, else the bundled extensions."""
    context = click.get_current_context(silent=True)
    given = context.find_object(Registry) if context else None
    return given or standard_registry()
