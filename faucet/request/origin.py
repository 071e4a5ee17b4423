"""For which host a request is meant, and from which web page it comes. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from faucet.errors import MISDIRECTED_REQUEST, ORIGIN_NOT_ALLOWED, RequestError
from faucet.model.headers import Headers
from faucet.model.settings import CorsSettings
from faucet.request.cors import allows_origin

_HOST: Final = re.compile(r"(\[[^\]]*\]|[^:]*)(?::[0-9]*)?").fullmatch
_OWN_SITES: Final = frozenset({"same-origin", "none"})


def check_host(headers: Headers, allowed: Sequence[str]) -> None:
    """
    Raise `RequestError` MISDIRECTED_REQUEST unless ``Host`` is one of *allowed*, on any port.

    ``*.NAME`` allows every name below NAME. If none is allowed, every host is. So a name that an
    attacker points at this server does not make it the same origin as the attacker's page.
    """
    if not allowed:
        return
    name = _name(headers.get("host") or "")
    if name not in allowed and not any(_is_below(name, each) for each in allowed):
        raise RequestError(MISDIRECTED_REQUEST)


def _name(host: str) -> str:
    found = _HOST(host)
    return found[1].lower().removesuffix(".") if found else ""


def _is_below(name: str, pattern: str) -> bool:
    return pattern.startswith("*.") and name.endswith(pattern[1:])


def check_origin(headers: Headers, cors: CorsSettings | None) -> None:
    """
    Raise `RequestError` ORIGIN_NOT_ALLOWED for a request that a browser sent for a foreign page.

    Pages of the origins of *cors* are not foreign.

    Browsers send ``Sec-Fetch-Site``, or at least ``Origin`` with every request that may write;
    other clients send neither.
    """
    site = headers.get("sec-fetch-site")
    if allows_origin(cors, headers.get("origin")):
        return
    if site is not None:
        own = site in _OWN_SITES
    else:
        origin = headers.get("origin")
        own = origin is None or _authority(origin) == (headers.get("host") or "").lower()
    if not own:
        raise RequestError(ORIGIN_NOT_ALLOWED)


def _authority(origin: str) -> str:
    return origin.partition("://")[2].lower()
