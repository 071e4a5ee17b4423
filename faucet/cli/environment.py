"""The environment variables of the command line; no other module in it reads them."""

import os
import re
from typing import Final

import click
import msgspec

from faucet.control.overrides import Overrides
from faucet.model.bounds import MOST_PORT
from faucet.model.manifest.scalars import FORMATS, LEVELS
from faucet.names import did_you_mean, is_key_header
from faucet.secret import Secret

_KNOWN: Final = frozenset(
    {
        "FAUCET_CONFIG",
        "FAUCET_DATA_DIR",
        "FAUCET_SERVER_HOST",
        "FAUCET_SERVER_PORT",
        "FAUCET_AUTH_API_KEY_HEADER",
        "FAUCET_AUTH_JWT_SECRET",
        "FAUCET_MCP_ENABLED",
        "FAUCET_LOG_LEVEL",
        "FAUCET_LOG_FORMAT",
        "FAUCET_TELEMETRY",
    }
)
_SWITCHES: Final = {"true": True, "1": True, "false": False, "0": False}
# What Kubernetes sets in every container next to a Service with the name "faucet".
_OF_KUBERNETES: Final = re.compile(
    r"FAUCET(?:_\w+)?_(?:SERVICE_(?:HOST|PORT\w*)|PORT(?:_\d+_\w+)?)"
)


class Flags(msgspec.Struct, frozen=True, kw_only=True):
    """The same settings from command-line flags; None if not given."""

    host: str | None = None
    port: int | None = None
    log_level: str | None = None
    log_format: str | None = None


def variable(name: str) -> str | None:
    """Return the variable, or None if it is unset or empty."""
    return os.environ.get(name) or None  # noqa: TID251 - the only place in the command line


def overrides(flags: Flags = Flags()) -> Overrides:  # noqa: B008 - frozen
    """
    Return what *flags* and the environment override in the manifest; flags take precedence.

    Raises `click.UsageError` for an invalid value.
    """
    return Overrides(
        host=flags.host or variable("FAUCET_SERVER_HOST"),
        port=_port() if flags.port is None else flags.port,
        api_key_header=_header(),
        jwt_secret=_secret(),
        mcp_enabled=_switch("FAUCET_MCP_ENABLED"),
        log_level=flags.log_level or _choice("FAUCET_LOG_LEVEL", LEVELS),
        log_format=flags.log_format or _choice("FAUCET_LOG_FORMAT", FORMATS),
    )


def unknown_variables(manifest: str) -> dict[str, str]:
    """
    Return the variables that begin with ``FAUCET_`` and that nothing reads, with a hint or "".

    *manifest* is the text of the manifest, which may refer to others.
    """
    unknown = [
        name
        for name in os.environ  # noqa: TID251 - as above
        if name.startswith("FAUCET_") and name not in _KNOWN and f"{{env:{name}" not in manifest
    ]
    return {
        name: did_you_mean(name, _KNOWN)
        for name in sorted(unknown)
        if not _OF_KUBERNETES.fullmatch(name)
    }


def _port() -> int | None:
    text = variable("FAUCET_SERVER_PORT")
    if text is None:
        return None
    digits = text.isascii() and text.isdecimal() and len(text) <= len(str(MOST_PORT))
    if not digits or int(text) > MOST_PORT:
        raise click.UsageError(f"FAUCET_SERVER_PORT must be a number from 0 to {MOST_PORT}.")
    return int(text)


def _header() -> str | None:
    text = variable("FAUCET_AUTH_API_KEY_HEADER")
    if text is not None and not is_key_header(text):
        raise click.UsageError(
            "FAUCET_AUTH_API_KEY_HEADER must be a header name without another meaning."
        )
    return text


def _switch(name: str) -> bool | None:
    text = variable(name)
    if text is not None and text.lower() not in _SWITCHES:
        raise click.UsageError(f"{name} must be true or false.")
    return None if text is None else _SWITCHES[text.lower()]


def _secret() -> Secret | None:
    name = "FAUCET_AUTH_JWT_SECRET"
    text = variable(name)
    # Other variables count as unset if empty; here that would silently weaken signatures.
    if text is None and name in os.environ:  # noqa: TID251 - as above
        raise click.UsageError(f"{name} is empty.")
    return None if text is None else Secret(text)


def _choice(name: str, choices: tuple[str, ...]) -> str | None:
    text = variable(name)
    if text is not None and text.lower() not in choices:
        raise click.UsageError(f"{name} must be one of {', '.join(choices)}.")
    return text and text.lower()
