"""Databases that a reload would lose: an edit that cannot connect is refused. Pure."""

from typing import Final

from faucet.control.pipeline import Built
from faucet.diagnostics import Diagnostic
from faucet.model.catalog import Catalog, Unreachable

LOST: Final = "FCT1403"


def unreachable_services(running: Built, wanted: Built) -> tuple[Diagnostic, ...]:
    """
    Return an error for each service that *running* reaches and *wanted* would not.

    This requires a changed connection: an outage keeps the known catalog.
    """
    return tuple(
        Diagnostic(
            code=LOST,
            message=f'the database of "{name}" cannot be reached with its new settings',
            detail=catalog.reason,
            address=("services", name, "dsn"),
            hint=(
                "the previous configuration stays in service; fix the "
                "DSN or its secret, or revert the change"
            ),
            span=wanted.document.values.get(("services", name, "dsn")),
        )
        for name, catalog in wanted.catalogs.items()
        if isinstance(catalog, Unreachable) and isinstance(running.catalogs.get(name), Catalog)
    )
