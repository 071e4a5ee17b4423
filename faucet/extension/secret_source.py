"""The secret source slot: resolves ``${scheme:NAME}``."""

from collections.abc import Callable

import msgspec

from faucet.secret import Secret


class SecretReference(msgspec.Struct, frozen=True, kw_only=True):
    """
    ``${scheme:name}`` or ``${scheme:name:-default}``.

    *folder* is the manifest's, for relative paths.
    """

    scheme: str
    name: str
    default: str | None = None
    folder: str = "."


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """There may be a secret, but it cannot be read; *reason* is for the operator."""

    reason: str


Fetched = Secret | Unreadable | None


class SecretSource(msgspec.Struct, frozen=True, kw_only=True):
    """
    One scheme.

    *fetch* returns the secret, `Unreadable`, or None if it does not exist; *path* the file to watch
    for changes, or None.
    """

    scheme: str
    fetch: Callable[[SecretReference], Fetched]
    path: Callable[[SecretReference], str | None]
