"""API keys to principals, by digest."""

import hashlib
from collections.abc import Mapping
from typing import Final

import msgspec

from faucet.errors import NO_ROLE, UNAUTHORIZED, AuthenticationError, AuthorizationError
from faucet.extension.auth_provider import Credentials
from faucet.model.network import Networks, among, read_address, read_networks
from faucet.model.request import Principal
from faucet.model.settings import ApiKey, AuthSettings


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A key with what it is checked against; empty *networks* allow any address."""

    principal: Principal
    expires: float
    networks: Networks


# Replaces an unknown key, so that rejecting it takes as long as rejecting an expired one.
_UNKNOWN: Final = _Entry(
    principal=Principal(name=None, role="", claims={}), expires=float("-inf"), networks=()
)


class KeyProvider:
    """Looks keys up by digest; a `Provider`."""

    def __init__(self, auth: AuthSettings, roles: frozenset[str]) -> None:
        self._roles = roles
        self._entries = _by_digest(auth)

    def __call__(self, credentials: Credentials) -> Principal | None:
        """Return the principal of the key; see `Provider`."""
        text = credentials.bearer if credentials.api_key is None else credentials.api_key
        if text is None:
            return None
        digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
        entry = self._entries.get(digest, _UNKNOWN)
        allowed = _is_from(entry.networks, credentials.client)
        if not (credentials.now < entry.expires and allowed):
            raise AuthenticationError(UNAUTHORIZED).because(_reason(entry, credentials.now))
        if entry.principal.role not in self._roles:
            raise AuthorizationError(NO_ROLE)
        return entry.principal


def _reason(entry: _Entry, now: float) -> str:
    """Why the key is refused, for the log."""
    if entry is _UNKNOWN:
        return "unknown key"
    name = entry.principal.name
    return (
        f"{name} is expired"
        if now >= entry.expires
        else (f"{name} is not allowed from this address")
    )


def _by_digest(auth: AuthSettings) -> Mapping[str, _Entry]:
    entries: dict[str, _Entry] = {}
    for key in auth.keys:
        entry = _entry(key)
        for digest in key.digests:
            if digest in entries:
                raise ValueError(f"key {key.name} has the digest of another key")
            entries[digest] = entry
    return entries


def _entry(key: ApiKey) -> _Entry:
    return _Entry(
        principal=Principal(
            name=f"key:{key.name}", role=key.role, claims=key.claims, limits=key.limits
        ),
        expires=float("inf") if key.expires is None else key.expires,
        networks=read_networks(key.allow_from),
    )


def _is_from(networks: Networks, client: str | None) -> bool:
    address = None if client is None else read_address(client)
    return not networks or (address is not None and among(address, networks))
