"""FCT1207: a text of blanks alone, or a name with blanks around it. Pure."""

from collections.abc import Iterator
from typing import Final

from faucet.control.checks.subject import Subject
from faucet.control.texts import texts
from faucet.diagnostics import Diagnostic

CODE = "FCT1207"

_FREE: Final = frozenset({"claims", "set"})
_TABLE_NAMES: Final = frozenset({"resources", "fields"})


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each text that says nothing; claims and presets may hold any text."""
    for text in texts(subject.manifest):
        if text.text.strip() or _FREE.intersection(text.address):
            continue
        if text.at_key and _TABLE_NAMES.intersection(text.address):
            continue
        yield Diagnostic(
            code=CODE,
            message="the text is blank, which means neither all nor none",
            hint="write a value, or remove the key",
            address=text.address,
            at_key=text.at_key,
        )
