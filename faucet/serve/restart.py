"""Settings that a running process cannot change: a reload that changes one is refused. Pure."""

from typing import Final

from faucet.diagnostics import Address, Diagnostic, Span
from faucet.model.manifest.document import Document
from faucet.model.settings import ServerSettings

NEEDS_RESTART: Final = "FCT1901"
_FIELDS: Final = ("host", "port")


def restart_needed(
    started: ServerSettings, wanted: ServerSettings, document: Document
) -> tuple[Diagnostic, ...]:
    """Return an error, with its line, for each setting of *wanted* that needs a restart."""
    return tuple(
        Diagnostic(
            code=NEEDS_RESTART,
            message=(
                f"server.{field} changes from {getattr(started, field)} "
                f"to {getattr(wanted, field)}, which needs a restart"
            ),
            address=("server", field),
            hint="restart the server, or revert this change",
            span=_nearest(document, ("server", field)),
        )
        for field in _FIELDS
        if getattr(started, field) != getattr(wanted, field)
    )


def _nearest(document: Document, address: Address) -> Span | None:
    """Return the place of *address*, or of its nearest parent: a deleted key has no line."""
    while address and address not in document.values:
        address = address[:-1]
    return document.values.get(address)
