"""FCT1216: one digest under two keys, so that nobody could say whose request it was. Pure."""

from collections.abc import Iterator

from faucet.control.checks.subject import Subject
from faucet.diagnostics import Address, Diagnostic, dotted

CODE = "FCT1216"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each hash that stood before, or reference to where one stands."""
    first: dict[str, Address] = {}
    for name, key in subject.manifest.keys.items():
        for index, text in enumerate(key.hash):
            address: Address = ("keys", name, "hash", index)
            # Hexadecimal digits are the same in both cases; names in references are not.
            same = text if "$" in text else text.lower()
            before = first.setdefault(same, address)
            if before != address:
                yield Diagnostic(
                    code=CODE,
                    message=f"this hash is that of {dotted(before)} already",
                    hint="make a key of its own with `faucet key create`",
                    address=address,
                )
