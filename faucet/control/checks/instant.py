"""FCT1218: an instant that is none. Pure."""

from collections.abc import Iterator

from msgspec import UNSET

from faucet.control.checks.subject import Subject
from faucet.diagnostics import Diagnostic
from faucet.model.manifest.units import UnitError, parse_instant

CODE = "FCT1218"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each expiry that is no RFC 3339 instant."""
    for name, key in subject.manifest.keys.items():
        if key.expires is UNSET:
            continue
        try:
            parse_instant(key.expires)
        except UnitError as error:
            yield Diagnostic(code=CODE, message=str(error), address=("keys", name, "expires"))
