"""FCT1217: a key that has expired, or is about to. Pure."""

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET

from faucet.control.checks.subject import Subject
from faucet.diagnostics import Diagnostic, Severity
from faucet.model.manifest.units import UnitError, parse_instant

CODE = "FCT1217"

_DAY: Final = 86400.0
_SOON: Final = 30 * _DAY


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a warning for each key that ends within thirty days, or has ended."""
    if subject.now is None:
        return
    for name, key in subject.manifest.keys.items():
        if key.expires is UNSET:
            continue
        try:
            left = parse_instant(key.expires) - subject.now
        except UnitError:
            continue  # FCT1218 says so
        if left <= _SOON:
            what = "has expired" if left <= 0 else f"expires in {max(1, round(left / _DAY))} days"
            yield Diagnostic(
                code=CODE,
                severity=Severity.WARNING,
                message=f'the key "{name}" {what}',
                hint="add the hash of a new key beside it, and remove the old one later",
                address=("keys", name, "expires"),
            )
