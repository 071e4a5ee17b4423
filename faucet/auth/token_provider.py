"""Tokens to principals for all issuers of a manifest, with a cache of valid tokens."""

import hashlib
from collections.abc import Mapping
from typing import Final

import msgspec

from faucet.auth.claims import (
    Payload,
    Validity,
    is_for,
    principal_name,
    role_of,
    usable_claims,
    validity,
)
from faucet.auth.signature import Verifier, is_signed, verifiers
from faucet.auth.token import TOKEN_SIZE, Token, TokenError, read_token
from faucet.caches import SizedCache
from faucet.errors import UNAUTHORIZED, AuthenticationError
from faucet.extension.auth_provider import Credentials
from faucet.model.request import Principal
from faucet.model.settings import AuthSettings, JwtSettings

_CACHED: Final = 1024
_LIMIT: Final = 16 * 2**20
# Claims as Python values; a list of numbers grows most.
_BYTES_OF_CHARACTER: Final = 16
_NOT_NOW: Final = "the token is expired, or not valid yet"


class Issuer(msgspec.Struct, frozen=True, kw_only=True):
    """One provider of the manifest with its keys."""

    settings: JwtSettings
    keys: tuple[Verifier, ...]


class _Known(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a valid token, and how long it is valid."""

    principal: Principal
    validity: Validity


class TokenProvider:
    """
    Authenticates bearer tokens; a `Provider`.

    Valid tokens are cached by digest; their dates are checked on every request.
    """

    def __init__(self, auth: AuthSettings, roles: frozenset[str]) -> None:
        self._issuers = issuers(auth)
        self._roles = roles
        self._known: SizedCache[bytes, _Known] = SizedCache(
            "tokens", limit=_LIMIT, largest=_LIMIT, most=_CACHED
        )

    def __call__(self, credentials: Credentials) -> Principal | None:
        """Return the principal of the token; see `Provider`."""
        token = credentials.bearer
        if token is None:
            return None
        if len(token) > TOKEN_SIZE or not token.isascii():
            raise AuthenticationError(UNAUTHORIZED).because("not a token")
        digest = hashlib.sha256(token.encode()).digest()
        known = self._known.get(digest)
        if known is None:
            known = self._verify(token, credentials.now)
            self._known.put(digest, known, len(token) * _BYTES_OF_CHARACTER)
        if credentials.now not in known.validity:
            raise AuthenticationError(UNAUTHORIZED).because(_NOT_NOW)
        return known.principal

    def _verify(self, text: str, now: float) -> _Known:
        try:
            token = read_token(text)
            issuer = self._issuer(token)
            period = _check_token(token, issuer, now)
        except TokenError as fault:
            raise AuthenticationError(UNAUTHORIZED).because(str(fault)) from None
        return _Known(
            principal=_principal(token.payload, issuer.settings, self._roles), validity=period
        )

    def _issuer(self, token: Token) -> Issuer:
        """Return the provider of the token's `iss`, which is trusted for this choice only."""
        stated = token.payload.get("iss")
        if "iss" in token.payload and not isinstance(stated, str):
            raise TokenError("iss is not a string")
        issuer = self._issuers.get(stated if isinstance(stated, str) else None)
        if issuer is None:
            raise TokenError("unknown issuer")
        return issuer


def issuers(auth: AuthSettings) -> Mapping[str | None, Issuer]:
    """
    Return the manifest's providers by `iss`; None is the one with a secret for tokens without.

    Raises `ValueError` if two would accept the same tokens. One with a JWKS and no issuer accepts
    none.
    """
    found: dict[str | None, Issuer] = {}
    for settings in auth.providers:
        if settings.issuer is None and settings.secret is None:
            continue
        if settings.issuer in found:
            raise ValueError(f"two providers accept the tokens of issuer {settings.issuer!r}")
        found[settings.issuer] = Issuer(settings=settings, keys=verifiers(settings))
    return found


def _check_token(token: Token, issuer: Issuer, now: float) -> Validity:
    """
    Return when *token* is valid, or raise `TokenError` for a wrong signature, time or audience.
    """
    if not is_signed(token, issuer.keys):
        raise TokenError("the signature is not the issuer's")
    period, audience = validity(token.payload, issuer.settings.leeway), issuer.settings.audience
    if now not in period:
        raise TokenError(_NOT_NOW)
    if audience is not None and not is_for(token.payload, audience):
        raise TokenError("wrong audience")
    return period


def _principal(payload: Payload, settings: JwtSettings, roles: frozenset[str]) -> Principal:
    return Principal(
        name=principal_name(payload, settings.name),
        role=role_of(payload, settings, roles),
        claims=usable_claims(payload, settings.claims),
    )
