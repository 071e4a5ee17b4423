"""The auth provider slot: from headers to a principal."""

from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from faucet.model.request import Principal
from faucet.model.settings import AuthSettings


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """
    The credentials of a request: each header at most once.

    *api_key* is the key header's value, *bearer* the token after ``Authorization: Bearer``.
    *client* is the caller's address or None if it could not be determined; *now* is seconds since
    1970.
    """

    api_key: str | None
    bearer: str | None
    client: str | None
    now: float


class Provider(Protocol):
    """
    Authenticates a request. Pure except for its cache, which lives as long as the generation.

    Returns None if none of its credentials is present; raises `AuthenticationError` UNAUTHORIZED
    for an invalid one, `AuthorizationError` NO_ROLE or AMBIGUOUS_ROLE for a valid one without
    exactly one role.
    """

    def __call__(self, credentials: Credentials) -> Principal | None: ...


class AuthProvider(msgspec.Struct, frozen=True, kw_only=True):
    """
    A kind of provider. *build* creates one from the manifest's settings; *roles* are the role
    names.

    *recognizes* says whether a bearer token has this provider's form, so that exactly one is asked.
    """

    name: str
    build: Callable[[AuthSettings, frozenset[str]], Provider]
    recognizes: Callable[[str], bool] = lambda _token: False


Providers = Mapping[str, Provider]
