"""FCT1207: a text of blanks alone, or a name with blanks around it. Pure."""

from collections.abc import Iterator

from faucet.control.checks.subject import Subject
from faucet.control.texts import Text
from faucet.diagnostics import Diagnostic

CODE = "FCT1207"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each text that says nothing; claims and presets may hold any text."""
    for text in subject.texts:
        if text.text.strip() or _is_free(text):
            continue
        yield Diagnostic(
            code=CODE,
            message="the text is blank, which means neither all nor none",
            hint="write a value, or remove the key",
            address=text.address,
            at_key=text.at_key,
        )


def _is_free(text: Text) -> bool:
    """Claims of keys, preset values, and the database's own names may be any text."""
    match text.address:
        case ("keys", _, "claims", *_):
            return not text.at_key
        case ("roles", _, "grants", _, "set", _):
            return not text.at_key
        case ("services", _, "resources", *_):
            return text.at_key
    return False
