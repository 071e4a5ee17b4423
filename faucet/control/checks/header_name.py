"""FCT1236: a header for API keys that cannot carry one. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from faucet.control.checks.subject import Subject
from faucet.diagnostics import Diagnostic
from faucet.model.references import has_reference

CODE = "FCT1236"

is_header: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+").fullmatch
TAKEN_HEADERS: Final = frozenset(
    {"accept", "authorization", "connection", "content-length", "content-type", "cookie", "host"}
    | {"origin", "transfer-encoding", "x-forwarded-for"}
)


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic where the header's name is none, or means something else."""
    name = subject.manifest.auth.api_key_header
    if has_reference(name) or (is_header(name) and name.lower() not in TAKEN_HEADERS):
        return
    yield Diagnostic(
        code=CODE,
        message=f'"{name}" cannot be the header of API keys',
        hint="take a name of its own, such as X-API-Key",
        address=("auth", "api_key_header"),
    )
