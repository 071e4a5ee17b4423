"""API keys of the manifest, in their own header or as a bearer token."""

from typing import Final

from faucet.auth.token import has_token_form
from faucet.extension.auth_provider import AuthProvider, Provider
from faucet.model.settings import AuthSettings


def _build(auth: AuthSettings, roles: frozenset[str]) -> Provider:
    # Loads OpenSSL, which `faucet check` does not need.
    from faucet.auth.key_provider import KeyProvider  # noqa: PLC0415

    return KeyProvider(auth, roles)


def _recognizes(token: str) -> bool:
    return not has_token_form(token)


API_KEY: Final = AuthProvider(name="api_key", build=_build, recognizes=_recognizes)
