"""Whether a token was signed by a provider's key, by PyJWT's algorithms. Loads cryptography."""

from collections.abc import Iterator

import msgspec
from jwt import InvalidKeyError
from jwt.algorithms import Algorithm, get_default_algorithms

from faucet.auth.token import Token
from faucet.model.jwks import JwksError, read_jwks
from faucet.model.settings import JwtSettings
from faucet.secret import Secret

_SECRET_BYTES = 32


class Verifier(msgspec.Struct, frozen=True, kw_only=True):
    """One key for one algorithm; *kid* is its name in a JWKS, *lone* means that it needs none."""

    name: str
    algorithm: Algorithm
    key: object
    kid: str | None
    lone: bool = False


def verifiers(settings: JwtSettings) -> tuple[Verifier, ...]:
    """
    Return a verifier for each listed algorithm and each key of its family.

    A secret is only used for HMAC and a JWKS never is, whatever is listed, so that no public key
    can be used as a secret. A short secret and an unreadable document, both diagnostics of the
    manifest, give none.
    """
    hashed = {name for name in settings.algorithms if name.startswith("HS")}
    if settings.secret is not None:
        return tuple(_of_secret(settings.secret, hashed))
    return tuple(_of_document(settings.jwks or "", set(settings.algorithms) - hashed))


def is_signed(token: Token, keys: tuple[Verifier, ...]) -> bool:
    """
    Return whether exactly one of *keys* may have signed *token*, and did.

    A `kid` names the key; without one there must be only one candidate. `Algorithm.verify` is
    called itself rather than `jwt.decode`, so that the token is read once, by `read_token`.
    """
    fitting = [
        key
        for key in keys
        if key.name == token.algorithm and (key.lone or token.kid in (None, key.kid))
    ]
    if len(fitting) != 1:
        return False
    return fitting[0].algorithm.verify(token.signed, fitting[0].key, token.signature)


def _of_secret(secret: Secret, names: set[str]) -> Iterator[Verifier]:
    raw = secret.reveal().encode()
    if len(raw) < _SECRET_BYTES:
        return
    for name in names:
        algorithm = get_default_algorithms()[name]
        try:
            key = algorithm.prepare_key(raw)
        except InvalidKeyError:
            # A public key or certificate: anyone who has it could sign.
            continue
        yield Verifier(name=name, algorithm=algorithm, key=key, kid=None, lone=True)


def _of_document(text: str, names: set[str]) -> Iterator[Verifier]:
    try:
        keys = read_jwks(text)
    except JwksError:
        return
    for name in names:
        algorithm = get_default_algorithms()[name]
        for key in keys:
            if not key.fits(name):
                continue
            try:
                public = algorithm.from_jwk(key.document)
            except (InvalidKeyError, ValueError):
                # Members that do not form a key: a point off its curve, an even exponent.
                continue
            yield Verifier(name=name, algorithm=algorithm, key=public, kid=key.kid)
