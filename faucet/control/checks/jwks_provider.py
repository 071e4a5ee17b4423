"""FCT1224: a provider with public keys that leaves open what its tokens may say. Pure."""

from collections.abc import Iterator

from msgspec import UNSET

from faucet.control.checks.subject import Subject
from faucet.diagnostics import Diagnostic

CODE = "FCT1224"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each of issuer, audience, roles and claims that jwks asks for."""
    for name, provider in subject.manifest.auth.jwt.items():
        if not provider.jwks:
            continue
        for key in ("issuer", "audience", "roles", "claims"):
            if getattr(provider, key) is UNSET:
                yield Diagnostic(
                    code=CODE,
                    message=f"a provider with jwks must name {key}: others sign with its keys too",
                    hint=f"add {key}",
                    address=("auth", "jwt", name),
                    at_key=True,
                )
