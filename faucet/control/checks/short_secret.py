"""FCT1226: an HMAC secret that can be guessed. Pure."""

from collections.abc import Iterator

from faucet.control.checks.subject import Subject
from faucet.diagnostics import Diagnostic
from faucet.model.bounds import LEAST_SECRET_BYTES, is_short_secret
from faucet.model.manifest.references import has_reference

CODE = "FCT1226"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each literal secret of too few bytes."""
    for name, provider in subject.manifest.auth.jwt.items():
        secret = provider.secret
        if secret and not has_reference(secret) and is_short_secret(secret):
            yield Diagnostic(
                code=CODE,
                message=f"an HMAC secret has {LEAST_SECRET_BYTES} bytes or more",
                hint="make one: python3 -c 'import secrets; print(secrets.token_hex(32))'",
                address=("auth", "jwt", name, "secret"),
            )
