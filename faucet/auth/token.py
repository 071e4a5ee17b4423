"""The form of a JSON Web Token: three parts, read strictly, nothing believed. Pure."""

import base64
import re
from collections.abc import Mapping
from typing import Final

import msgspec

from faucet.model.json_object import JsonTree, read_object

TOKEN_SIZE: Final = 16 * 1024

_FORM: Final = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)").fullmatch

# crit and b64 change what is signed; the others say that the payload is not plain claims.
_REFUSED: Final = ("crit", "b64", "enc", "zip")


class TokenError(ValueError):
    """The token is not acceptable; the text is for the log, and never answered."""


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token as its sender wrote it. Nothing in it is true before *signature* is verified."""

    algorithm: str
    kid: str | None
    payload: Mapping[str, JsonTree]
    signed: bytes
    signature: bytes


def has_token_form(text: str) -> bool:
    """Whether *text* is three base64url parts with dots between them."""
    return _FORM(text) is not None


def read_token(text: str) -> Token:
    """
    Return the parts of *text*, or raise `TokenError`.

    Of the header only `alg` and `kid` are read: `jku`, `x5u`, `x5c` and `jwk` are the sender's word
    for its own key. Base64 must be the one canonical spelling, without padding.
    """
    match = _FORM(text) if len(text) <= TOKEN_SIZE else None
    if match is None:
        raise TokenError("not a token")
    try:
        head, body, signature = map(_decode, match.groups())
        header, payload = read_object(head), read_object(body)
    except ValueError:
        # What the parsers say may quote the token.
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
    # Spare bits at the end would give one token several spellings.
    if base64.urlsafe_b64encode(raw).rstrip(b"=") != part.encode():
        raise TokenError("base64url is not canonical")
    return raw
