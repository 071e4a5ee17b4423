"""Authentication: one credential, one provider, one response for all invalid credentials."""

from collections.abc import Callable, Iterable

import msgspec

from faucet.errors import UNAUTHORIZED, AuthenticationError
from faucet.extension.auth_provider import AuthProvider, Credentials, Provider
from faucet.model.headers import Headers
from faucet.model.network import Networks, read_networks
from faucet.model.request import HttpRequest, Principal
from faucet.model.settings import AuthSettings
from faucet.request.client import client_address


class AuthMethod(msgspec.Struct, frozen=True, kw_only=True):
    """One built provider; *recognizes* says whether a bearer token has its form."""

    provider: Provider
    recognizes: Callable[[str], bool]


class Authentication(msgspec.Struct, frozen=True, kw_only=True):
    """
    The authentication of a generation.

    The first of *methods* to recognize a bearer token is the only one used. *key_header* is in
    lower case, *anonymous* the role of requests without a credential, *trusted* the proxies'
    networks.
    """

    methods: tuple[AuthMethod, ...]
    key_header: str
    anonymous: str | None
    trusted: Networks


def build_authentication(
    auth: AuthSettings,
    trusted_proxies: Iterable[str],
    roles: Iterable[str],
    kinds: Iterable[AuthProvider],
) -> Authentication:
    """
    Build every kind of provider for one generation.

    *roles* are the manifest's. Raises `ValueError` for faults that its checks should have found.
    """
    names = frozenset(roles)
    return Authentication(
        methods=tuple(
            AuthMethod(provider=kind.build(auth, names), recognizes=kind.recognizes)
            for kind in kinds
        ),
        key_header=auth.api_key_header.lower(),
        anonymous=auth.anonymous,
        trusted=read_networks(trusted_proxies),
    )


def authenticate(request: HttpRequest, authentication: Authentication, now: float) -> Principal:
    """
    Return the principal of *request* at *now* (seconds since 1970).

    Raises `AuthenticationError` UNAUTHORIZED, without the cause, unless there is exactly one
    credential and it is valid, or none and an anonymous role; `AuthorizationError` NO_ROLE or
    AMBIGUOUS_ROLE for a valid one without exactly one role. Cookies are not credentials.
    """
    tokens = request.headers.get_all("authorization")
    keys = request.headers.get_all(authentication.key_header)
    if not tokens and not keys and authentication.anonymous is not None:
        return Principal(name=None, role=authentication.anonymous, claims={})
    if len(tokens) + len(keys) != 1:
        reason = "more than one credential" if tokens or keys else "no credential"
        raise AuthenticationError(UNAUTHORIZED).because(reason)

    credentials = Credentials(
        api_key=keys[0] if keys else None,
        bearer=_bearer(tokens[0]) if tokens else None,
        client=client_address(request, authentication.trusted),
        now=now,
    )
    try:
        principal = _ask(authentication.methods, credentials)
    except AuthenticationError as refusal:
        # A different wording by a plug-in would reveal the cause.
        raise AuthenticationError(UNAUTHORIZED).because(refusal.reason) from None
    if principal is None:
        raise AuthenticationError(UNAUTHORIZED).because("no provider accepts this credential")
    return principal


def _bearer(value: str) -> str:
    """Return the token of an Authorization header; the only supported scheme is Bearer."""
    scheme, _, token = value.partition(" ")
    token = token.strip(" ")
    if scheme.lower() != "bearer" or not token or " " in token:
        raise AuthenticationError(UNAUTHORIZED).because("not of the form Bearer TOKEN")
    return token


def _ask(methods: tuple[AuthMethod, ...], credentials: Credentials) -> Principal | None:
    bearer = credentials.bearer
    for method in methods:
        if bearer is not None and not method.recognizes(bearer):
            continue
        principal = method.provider(credentials)
        if principal is not None or bearer is not None:
            return principal
    return None


def brings_credential(headers: Headers, authentication: Authentication) -> bool:
    """Return whether there is a credential, valid or not."""
    return "authorization" in headers or authentication.key_header in headers
