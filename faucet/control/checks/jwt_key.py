"""FCT1223: a provider without the key that its algorithms need, or with two. Pure."""

from collections.abc import Iterator

from faucet.control.checks.jwt_family import family
from faucet.control.checks.subject import Subject
from faucet.control.overrides import OWN_PROVIDER
from faucet.diagnostics import Diagnostic
from faucet.model.manifest.sections import JwtProvider

CODE = "FCT1223"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each provider whose secret or jwks is missing or out of place."""
    for name, provider in subject.manifest.auth.jwt.items():
        message, hint = _fault(name, provider)
        if message:
            yield Diagnostic(
                code=CODE,
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
            return "HMAC algorithms verify with a secret, not with jwks", "name a secret"
        # FAUCET_AUTH_JWT_SECRET may give that one its secret.
        if not provider.secret and name != OWN_PROVIDER:
            return "HMAC algorithms need a secret", "add secret: ${env:NAME}"
        return "", ""
    if not provider.jwks:
        return f"{provider.algorithms[0]} needs public keys", "add jwks: {file: keys.json}"
    return "", ""
