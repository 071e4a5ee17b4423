"""FCT1215 to FCT1218: API keys. Pure."""

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET

from faucet.control.checks.subject import Subject
from faucet.diagnostics import Address, Diagnostic, Severity, dotted
from faucet.model.manifest.references import has_reference
from faucet.model.manifest.scalars import read_hash
from faucet.model.manifest.units import UnitError, parse_instant

KEY_HASH: Final = "FCT1215"
REPEATED_DIGEST: Final = "FCT1216"
KEY_EXPIRY: Final = "FCT1217"
INSTANT: Final = "FCT1218"

_DAY: Final = 86400.0
_SOON: Final = 30 * _DAY


def check_hashes(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each hash that is not `sha256:` and 64 hexadecimal digits."""
    for name, key in subject.manifest.keys.items():
        for index, text in enumerate(key.hash):
            if not has_reference(text) and read_hash(text) is None:
                yield Diagnostic(
                    code=KEY_HASH,
                    message="the hash of a key must be sha256: followed by 64 hexadecimal digits",
                    hint=f"create it with `faucet key create {name} --role {key.role}`",
                    address=("keys", name, "hash", index),
                )


def check_digests(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each hash, or reference to one, that an earlier key has."""
    first: dict[str, Address] = {}
    for name, key in subject.manifest.keys.items():
        for index, text in enumerate(key.hash):
            address: Address = ("keys", name, "hash", index)
            # Hexadecimal digits are the same in both cases; names in references are not.
            same = text if "$" in text else text.lower()
            before = first.setdefault(same, address)
            if before != address:
                yield Diagnostic(
                    code=REPEATED_DIGEST,
                    message=f"this hash is already used by {dotted(before)}",
                    hint="create a separate key with `faucet key create`",
                    address=address,
                )


def check_expiry(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a warning for each key that expires within thirty days, or has expired."""
    if subject.now is None:
        return
    for name, key in subject.manifest.keys.items():
        if key.expires is UNSET:
            continue
        try:
            left = parse_instant(key.expires) - subject.now
        except UnitError:
            continue  # reported as FCT1218
        if left <= _SOON:
            what = "has expired" if left <= 0 else f"expires in {max(1, round(left / _DAY))} days"
            yield Diagnostic(
                code=KEY_EXPIRY,
                severity=Severity.WARNING,
                message=f'the key "{name}" {what}',
                hint="add the hash of a new key next to it, and remove the old one later",
                address=("keys", name, "expires"),
            )


def check_instants(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each expiry that is not an RFC 3339 timestamp."""
    for name, key in subject.manifest.keys.items():
        if key.expires is UNSET:
            continue
        try:
            parse_instant(key.expires)
        except UnitError as error:
            yield Diagnostic(code=INSTANT, message=str(error), address=("keys", name, "expires"))
