"""Tokens as an honest issuer and as an attacker would make them, and settings to try them on."""

import base64
import functools
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from faucet.auth.jwt import JWT
from faucet.extension.auth_provider import Credentials, Provider
from faucet.model.request import Principal
from faucet.model.settings import ApiKey, AuthSettings, JwtSettings
from faucet.secret import Secret

NOW = 1_800_000_000.0
ROLES = frozenset({"clerk", "manager", "visitor"})
SECRET = "an own secret of more than thirty-two bytes"
ISSUER = "https://login.example.com"

Signer = Callable[[bytes], bytes]


def part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def jose(header: object, payload: object, sign: Signer) -> str:
    """A compact token; header and payload may be bytes, to spell what no encoder would."""
    parts = [
        one if isinstance(one, bytes) else json.dumps(one).encode() for one in (header, payload)
    ]
    signed = ".".join(part(one) for one in parts)
    return f"{signed}.{part(sign(signed.encode()))}"


def by_secret(secret: str | bytes = SECRET, digest: str = "sha256") -> Signer:
    raw = secret.encode() if isinstance(secret, str) else secret
    return lambda signed: hmac.digest(raw, signed, digest)


def by_rsa(key: rsa.RSAPrivateKey | None = None) -> Signer:
    signing = key or rsa_key()
    return lambda signed: signing.sign(signed, padding.PKCS1v15(), hashes.SHA256())


def by_ec(key: ec.EllipticCurvePrivateKey, size: int = 32) -> Signer:
    def sign(signed: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(size) + s.to_bytes(size)

    return sign


def by_nobody(_signed: bytes) -> bytes:
    return b""


@functools.cache
def rsa_key(bits: int = 2048, _which: str = "") -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


@functools.cache
def ec_key(curve: ec.EllipticCurve | None = None) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(curve or ec.SECP256R1())


@functools.cache
def ed_key() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


def pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def jwk(key: object, **more: object) -> dict[str, object]:
    match key:
        case rsa.RSAPrivateKey():
            public: dict[str, object] = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        case ec.EllipticCurvePrivateKey():
            public = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
        case ed25519.Ed25519PrivateKey():
            public = OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
        case _:
            raise AssertionError(key)
    public.pop("key_ops", None)
    return {**public, **more}


def jwks(*keys: Mapping[str, object]) -> str:
    return json.dumps({"keys": keys})


def own(**changes: object) -> JwtSettings:
    """A provider with a secret of our own and no issuer."""
    settings = {
        "name": "own",
        "algorithms": ("HS256",),
        "secret": Secret(SECRET),
        "jwks": None,
        "issuer": None,
        "audience": None,
        "role_claim": "role",
        "roles": None,
        "claims": None,
        "leeway": 30.0,
    }
    return JwtSettings(**{**settings, **changes})  # type: ignore[arg-type]


def corp(*keys: Mapping[str, object], **changes: object) -> JwtSettings:
    """A provider with an identity provider's keys."""
    settings = {
        "name": "corp",
        "algorithms": ("RS256",),
        "secret": None,
        "jwks": jwks(*(keys or (jwk(rsa_key(), kid="k1"),))),
        "issuer": ISSUER,
        "audience": "shop",
        "roles": {"Staff": "clerk", "Boss": "manager"},
        "claims": frozenset({"store_id"}),
    }
    return own(**{**settings, **changes})


def auth(*providers: JwtSettings, keys: tuple[ApiKey, ...] = ()) -> AuthSettings:
    return AuthSettings(api_key_header="X-API-Key", anonymous=None, providers=providers, keys=keys)


def provider(*providers: JwtSettings) -> Provider:
    return JWT.build(auth(*providers), ROLES)


def own_claims(**changes: object) -> dict[str, object]:
    return {"role": "clerk", "sub": "ada", "exp": NOW + 60, **changes}


def corp_claims(**changes: object) -> dict[str, object]:
    claims = {"iss": ISSUER, "aud": "shop", "role": "Staff", "store_id": 7}
    return own_claims(**{**claims, **changes})


def own_token(**changes: object) -> str:
    return jose({"alg": "HS256"}, own_claims(**changes), by_secret())


def corp_token(**changes: object) -> str:
    return jose({"alg": "RS256", "kid": "k1"}, corp_claims(**changes), by_rsa())


def ask(method: Provider, token: str, now: float = NOW) -> Principal:
    principal = method(Credentials(api_key=None, bearer=token, client=None, now=now))
    assert principal is not None
    return principal


def digest_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
