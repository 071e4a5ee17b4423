"""FCT1222 to FCT1226: providers of tokens. Pure."""

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET

from faucet.control.checks.subject import Subject
from faucet.control.overrides import OWN_PROVIDER
from faucet.diagnostics import Diagnostic
from faucet.model.bounds import LEAST_SECRET_BYTES, is_short_secret
from faucet.model.manifest.references import has_reference
from faucet.model.manifest.sections import JwtProvider

MIXED_FAMILIES: Final = "FCT1222"
WRONG_KEY: Final = "FCT1223"
OPEN_PROVIDER: Final = "FCT1224"
SHARED_ISSUER: Final = "FCT1225"
TOO_SHORT: Final = "FCT1226"


def family(algorithm: str) -> str:
    """Return the prefix that the algorithms of one family share: HS, RS, PS, ES or Ed."""
    return algorithm[:2]


def check_family(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each algorithm of another family than the first."""
    for name, provider in subject.manifest.auth.jwt.items():
        first = provider.algorithms[0]
        for index, algorithm in enumerate(provider.algorithms):
            if family(algorithm) != family(first):
                yield Diagnostic(
                    code=MIXED_FAMILIES,
                    message=f"{algorithm} belongs to a different family than {first}",
                    hint="define one provider per family, each with its own issuer",
                    address=("auth", "jwt", name, "algorithms", index),
                )


def check_key(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each provider whose secret or jwks is missing or out of place."""
    for name, provider in subject.manifest.auth.jwt.items():
        message, hint = _fault(name, provider)
        if message:
            yield Diagnostic(
                code=WRONG_KEY,
                message=message,
                hint=hint,
                address=("auth", "jwt", name),
                at_key=True,
            )


def _fault(name: str, provider: JwtProvider) -> tuple[str, str]:
    if provider.secret and provider.jwks:
        return f'"{name}" has both secret and jwks', "keep the one that its algorithms need"
    if family(provider.algorithms[0]) == "HS":
        if provider.jwks:
            fault = "HMAC algorithms verify with a secret, not with jwks"
            return fault, "set secret instead of jwks"
        # FAUCET_AUTH_JWT_SECRET may give that one its secret.
        if not provider.secret and name != OWN_PROVIDER:
            return "HMAC algorithms need a secret", "add secret: ${env:NAME}"
        return "", ""
    if not provider.jwks:
        return f"{provider.algorithms[0]} needs public keys", "add jwks: {file: keys.json}"
    return "", ""


def check_jwks_provider(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each of issuer, audience, roles and claims that jwks requires."""
    for name, provider in subject.manifest.auth.jwt.items():
        if not provider.jwks:
            continue
        for key in ("issuer", "audience", "roles", "claims"):
            if getattr(provider, key) is UNSET:
                yield Diagnostic(
                    code=OPEN_PROVIDER,
                    message=(
                        f"a provider with jwks must set {key}: its keys also sign tokens for others"
                    ),
                    hint=f"add {key}",
                    address=("auth", "jwt", name),
                    at_key=True,
                )


def check_issuer(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each provider whose issuer, or lack of one, another provider has."""
    taken: dict[str, str] = {}
    for name, provider in subject.manifest.auth.jwt.items():
        if provider.jwks and not provider.issuer:
            continue  # reported as FCT1224
        issuer = provider.issuer or ""
        other = taken.setdefault(issuer, name)
        if other != name:
            shared = f"the issuer of {other}" if issuer else f"no issuer, like {other}"
            yield Diagnostic(
                code=SHARED_ISSUER,
                message=f'"{name}" has {shared}: each token is verified by exactly one provider',
                hint="give each its own issuer",
                address=("auth", "jwt", name, *(("issuer",) if issuer else ())),
                at_key=not issuer,
            )


def check_secret_length(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each literal secret that is too short."""
    for name, provider in subject.manifest.auth.jwt.items():
        secret = provider.secret
        if secret and not has_reference(secret) and is_short_secret(secret):
            yield Diagnostic(
                code=TOO_SHORT,
                message=f"an HMAC secret must have at least {LEAST_SECRET_BYTES} bytes",
                hint="generate one: python3 -c 'import secrets; print(secrets.token_hex(32))'",
                address=("auth", "jwt", name, "secret"),
            )
