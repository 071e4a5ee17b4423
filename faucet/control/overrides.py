"""Values of flags and environment variables that override the manifest."""

from typing import Final

import msgspec

from faucet.secret import Secret

OWN_PROVIDER: Final = "own"
"""The provider that takes its secret from FAUCET_AUTH_JWT_SECRET."""


class Overrides(msgspec.Struct, frozen=True, kw_only=True):
    """
    Values that override the manifest's; None where nothing is set.

    *jwt_secret* is the secret of the provider `own`, where that is declared, and what the keys of
    masks are derived from.
    """

    host: str | None = None
    port: int | None = None
    api_key_header: str | None = None
    jwt_secret: Secret | None = None
    mcp_enabled: bool | None = None
    log_level: str | None = None
    log_format: str | None = None
