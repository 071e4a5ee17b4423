"""Reads the public keys that may verify signatures from a JWKS document. Pure."""

import base64
import json
from collections.abc import Mapping
from typing import Final

import msgspec

from faucet.model.json_object import JsonObject, read_object

_MEMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    "RSA": ("n", "e"),
    "EC": ("crv", "x", "y"),
    "OKP": ("crv", "x"),
}
_FAMILIES: Final = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
_CURVES: Final = {
    "ES256": frozenset({"P-256"}),
    "ES384": frozenset({"P-384"}),
    "ES512": frozenset({"P-521"}),
    "EdDSA": frozenset({"Ed25519", "Ed448"}),
}
_RSA_BITS: Final = 2048


class JwksError(ValueError):
    """
    The document is not a JWKS, or contains what is not allowed; the message is for the operator.
    """


class JsonWebKey(msgspec.Struct, frozen=True, kw_only=True):
    """
    One public key that may verify signatures.

    *algorithm* is the only one allowed, None for all of its family; *document* is its JSON with
    only the public members.
    """

    kid: str | None
    kty: str
    curve: str | None
    algorithm: str | None
    document: str

    def fits(self, algorithm: str) -> bool:
        """Return whether *algorithm* fits this key's family and curve, and the key allows it."""
        return (
            _FAMILIES.get(algorithm[:2]) == self.kty
            and self.algorithm in (None, algorithm)
            and (algorithm not in _CURVES or self.curve in _CURVES[algorithm])
        )


def read_jwks(text: str) -> tuple[JsonWebKey, ...]:
    """
    Return the keys of a JWKS document; raises `JwksError`.

    Keys for encryption, of unknown types and RSA keys under 2048 bits are left out. A symmetric key
    is an error: the document is public. So is a document without any key that can be used.
    """
    try:
        entries = read_object(text.encode()).get("keys")
    except ValueError as unreadable:
        raise JwksError(f"not a JWKS document: {unreadable}") from None
    if not isinstance(entries, list):
        raise JwksError('not a JWKS document: it has no list "keys"')
    keys = [_key(entry) for entry in entries if isinstance(entry, dict)]
    if len(keys) != len(entries):
        raise JwksError("an entry of keys is not an object")
    usable = tuple(key for key in keys if key is not None)
    if not usable:
        raise JwksError("no key of the document can verify signatures")
    return usable


def _key(entry: JsonObject) -> JsonWebKey | None:
    kty, kid = entry.get("kty"), entry.get("kid")
    if kty == "oct":
        raise JwksError("the document contains a symmetric key; use secret instead")
    if not isinstance(kty, str) or not (kid is None or isinstance(kid, str)):
        raise JwksError("the kty or kid of a key is not a string")
    if kty not in _MEMBERS or not _verifies(entry):
        return None
    public = {"kty": kty, **{name: _member(entry, name) for name in _MEMBERS[kty]}}
    if kty == "RSA" and _bits(public["n"]) < _RSA_BITS:
        return None
    algorithm = entry.get("alg")
    return JsonWebKey(
        kid=kid,
        kty=kty,
        curve=public.get("crv"),
        algorithm=None if algorithm is None else str(algorithm),
        document=json.dumps(public),
    )


def _verifies(entry: JsonObject) -> bool:
    operations = entry.get("key_ops", ["verify"])
    return entry.get("use", "sig") == "sig" and (
        isinstance(operations, list) and "verify" in operations
    )


def _member(entry: JsonObject, name: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or not value:
        raise JwksError(f'a key of type {entry["kty"]} lacks "{name}"')
    return value


def _bits(number: str) -> int:
    """Return the bit length of a base64url number."""
    try:
        raw = base64.b64decode(number + "=" * (-len(number) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise JwksError("a number of a key is not base64url") from None
    return int.from_bytes(raw).bit_length()
