"""FCT1222: algorithms of different families in one provider. Pure."""

from collections.abc import Iterator

from faucet.control.checks.subject import Subject
from faucet.diagnostics import Diagnostic

CODE = "FCT1222"


def family(algorithm: str) -> str:
    """Return what the algorithms of one family share: HS, RS, PS, ES or Ed."""
    return algorithm[:2]


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each algorithm of another family than the first."""
    for name, provider in subject.manifest.auth.jwt.items():
        first = provider.algorithms[0]
        for index, algorithm in enumerate(provider.algorithms):
            if family(algorithm) != family(first):
                yield Diagnostic(
                    code=CODE,
                    message=f"{algorithm} is of another family than {first}",
                    hint="make a provider for each family, each with its issuer",
                    address=("auth", "jwt", name, "algorithms", index),
                )
