"""JSON Web Tokens, signed with a shared secret or with the keys of an identity provider."""

from typing import Final

from faucet.auth.token import has_token_form
from faucet.errors import UNAUTHORIZED, AuthenticationError
from faucet.extension.auth_provider import AuthProvider, Credentials, Provider
from faucet.model.request import Principal
from faucet.model.settings import AuthSettings


def _build(auth: AuthSettings, roles: frozenset[str]) -> Provider:
    if not auth.providers:
        return _no_provider
    # Loads PyJWT and cryptography, which a manifest without tokens does not need.
    from faucet.auth.token_provider import TokenProvider  # noqa: PLC0415

    return TokenProvider(auth, roles)


def _no_provider(credentials: Credentials) -> Principal | None:
    if credentials.bearer is None:
        return None
    raise AuthenticationError(UNAUTHORIZED).because("the manifest accepts no tokens")


JWT: Final = AuthProvider(name="jwt", build=_build, recognizes=has_token_form)
