"""The form of a JSON Web Token: three parts, parsed strictly, not verified. Pure."""

import base64
import re
from collections.abc import Mapping
from typing import Final

import msgspec

from faucet.model.json_object import JsonTree, read_object

TOKEN_SIZE: Final = 16 * 1024

_FORM: Final = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)").fullmatch

# crit and b64 change what is signed; the others mean that the payload is not plain claims.
_REFUSED: Final = ("crit", "b64", "enc", "zip")


class TokenError(ValueError):
    """The token is not acceptable; the message is for the log only."""


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token as its sender wrote it; not to be trusted before *signature* is verified."""

    algorithm: str
    kid: str | None
    payload: Mapping[str, JsonTree]
    signed: bytes
    signature: bytes


def has_token_form(text: str) -> bool:
    """Return whether *text* is three base64url parts separated by dots."""
    return _FORM(text) is not None


def read_token(text: str) -> Token:
    """
    Return the parts of *text*, or raise `TokenError`.

    Of the header only `alg` and `kid` are read: `jku`, `x5u`, `x5c` and `jwk` only state the
    sender's own key. Base64 must be canonical, without padding.
    """
    match = _FORM(text) if len(text) <= TOKEN_SIZE else None
    if match is None:
        raise TokenError("not a token")
    try:
        head, body, signature = map(_decode, match.groups())
        header, payload = read_object(head), read_object(body)
    except ValueError:
        # Messages of the parsers may quote the token.
        raise TokenError("the token cannot be read") from None
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or not isinstance(kid, str | None):
        raise TokenError("alg or kid is not a string")
    if any(name in header for name in _REFUSED):
        raise TokenError("unknown header parameter")
    return Token(
        algorithm=algorithm,
        kid=kid,
        payload=payload,
        signed=f"{match[1]}.{match[2]}".encode(),
        signature=signature,
    )


def _decode(part: str) -> bytes:
    raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    # Unused bits at the end would allow several spellings of one token.
    if base64.urlsafe_b64encode(raw).rstrip(b"=") != part.encode():
        raise TokenError("base64url is not canonical")
    return raw
