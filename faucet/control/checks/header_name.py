"""FCT1236: a header for API keys that cannot carry one. Pure."""

from collections.abc import Iterator

from faucet.control.checks.subject import Subject
from faucet.diagnostics import Diagnostic
from faucet.model.manifest.references import has_reference
from faucet.names import is_key_header

CODE = "FCT1236"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic where the header's name is none, or means something else."""
    name = subject.manifest.auth.api_key_header
    if has_reference(name) or is_key_header(name):
        return
    yield Diagnostic(
        code=CODE,
        message=f'"{name}" cannot be the header of API keys',
        hint="take a name of its own, such as X-API-Key",
        address=("auth", "api_key_header"),
    )
