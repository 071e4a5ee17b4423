"""The environment variables of the command line; no other module in it reads them."""

import os

import click
import msgspec

from faucet.control.overrides import Overrides
from faucet.model.bounds import MOST_PORT
from faucet.model.manifest.scalars import FORMATS, LEVELS
from faucet.names import is_key_header
from faucet.secret import Secret


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
        log_level=flags.log_level or _choice("FAUCET_LOG_LEVEL", LEVELS),
        log_format=flags.log_format or _choice("FAUCET_LOG_FORMAT", FORMATS),
    )


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
