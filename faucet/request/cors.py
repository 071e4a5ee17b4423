"""
What browsers let pages of other origins do, per the Fetch Standard (section 3.3, CORS protocol).

Pure.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from faucet.model.headers import Headers
from faucet.model.request import HttpRequest, Reply
from faucet.model.settings import CorsSettings

Share = Callable[[HttpRequest, Reply], Reply]

_EXPOSED: Final = (
    "Access-Control-Expose-Headers",
    "ETag, Location, Retry-After, X-Faucet-Generation, X-Request-ID",
)
_MAX_AGE: Final = ("Access-Control-Max-Age", "600")
_ANY: Final = "*"


def allows_origin(cors: CorsSettings | None, origin: str | None) -> bool:
    """Return whether pages of *origin* may read responses."""
    if cors is None or origin is None:
        return False
    return _ANY in cors.origins or origin.lower() in cors.origins


def sharing(cors: CorsSettings | None, key_header: str) -> Share:
    """
    Return the function that adds to the reply of a request what its page may do with it.

    *key_header* is the header of API keys. Replies to pages of other origins than those of *cors*
    stay as they are, so that their browsers keep them from the page.
    """
    if cors is None:
        return lambda _request, reply: reply
    preflight = (
        _MAX_AGE,
        (
            "Access-Control-Allow-Headers",
            f"Accept, Authorization, Content-Type, If-None-Match, X-Request-ID, {key_header}",
        ),
    )

    def share(request: HttpRequest, reply: Reply) -> Reply:
        origin = request.headers.get("origin")
        added = [] if _varies(reply) else [("Vary", "Origin")]
        if origin is not None and allows_origin(cors, origin):
            added.append(("Access-Control-Allow-Origin", _ANY if _ANY in cors.origins else origin))
            if cors.credentials:
                added.append(("Access-Control-Allow-Credentials", "true"))
            if _is_preflight(request.method, request.headers):
                added += [("Access-Control-Allow-Methods", _allowed(reply)), *preflight]
            else:
                added.append(_EXPOSED)
        return msgspec.structs.replace(reply, headers=(*reply.headers, *added))

    return share


def _varies(reply: Reply) -> bool:
    return any(name == "Vary" and "Origin" in value for name, value in reply.headers)


def _is_preflight(method: str, headers: Headers) -> bool:
    return method == "OPTIONS" and headers.get("access-control-request-method") is not None


def _allowed(reply: Reply) -> str:
    return next((value for name, value in reply.headers if name == "Allow"), "")
