"""FCT1225: two providers that the same tokens would choose. Pure."""

from collections.abc import Iterator

from faucet.control.checks.subject import Subject
from faucet.diagnostics import Diagnostic

CODE = "FCT1225"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each provider whose issuer, or lack of one, is taken."""
    taken: dict[str, str] = {}
    for name, provider in subject.manifest.auth.jwt.items():
        if provider.jwks and not provider.issuer:
            continue  # FCT1224 says so
        issuer = provider.issuer or ""
        other = taken.setdefault(issuer, name)
        if other != name:
            shared = f"the issuer of {other}" if issuer else f"no issuer, as {other} does"
            yield Diagnostic(
                code=CODE,
                message=f'"{name}" has {shared}: a token is verified by one provider',
                hint="give each its own issuer",
                address=("auth", "jwt", name, *(("issuer",) if issuer else ())),
                at_key=not issuer,
            )
