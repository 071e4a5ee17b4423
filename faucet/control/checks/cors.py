"""FCT1238: every origin may use the credentials of a browser. Pure."""

from collections.abc import Iterator

from msgspec import UNSET

from faucet.control.checks.subject import Subject
from faucet.diagnostics import Diagnostic

CODE = "FCT1238"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic if any page may act with the credentials of whoever looks at it."""
    cors = subject.manifest.server.cors
    if cors is not UNSET and cors.credentials and "*" in cors.origins:
        yield Diagnostic(
            code=CODE,
            message="with `credentials: true`, every page could act as whoever looks at it",
            hint="name the origins, or remove `credentials`",
            address=("server", "cors", "origins"),
        )
