"""What to write where a manifest has a value of another type than it needs. Pure."""

import json
import re
from collections.abc import Mapping
from typing import Final

from faucet.control.levels import misplaced_hint
from faucet.diagnostics import Address
from faucet.model.manifest.document import Tree

_SHOWN: Final = 60
_BOOLEANS: Final = {
    **dict.fromkeys(("yes", "on", "y", "true", "enabled", "1"), "true"),
    **dict.fromkeys(("no", "off", "n", "false", "disabled", "0"), "false"),
}
_is_reference: Final = re.compile(r"[a-z]+(\.[\w.-]+)?").fullmatch


def type_hint(value: Tree, expected: str, address: Address) -> str:
    """Return what to write for *value* at *address*, which must be *expected*; "" if unknown."""
    # A key may be taken for a name: roles, services and keys have names below them.
    is_below = expected == "a mapping" and bool(address)
    if is_below and (misplaced := misplaced_hint(str(address[-1]), address[:-1])):
        return misplaced
    match value:
        case None:
            return _of_nothing(address)
        case bool() | int() | float():
            return _of_plain(value, expected)
        case str():
            return _of_text(value, expected, is_root=not address)
        case tuple():
            is_mapping = expected == "a mapping"
            return "replace each dash with NAME:" if is_mapping and value else ""
        case _:
            return _of_mapping(value, expected)


def plain(text: str) -> str:
    """Return *text*, cut if it is long."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def quote(value: object) -> str:
    """Return *value* as JSON, cut if it is long."""
    return plain(json.dumps(value, ensure_ascii=False))


def _of_nothing(address: Address) -> str:
    if address[-2:-1] == ("mask",):
        return 'the mask null is a name: write it in quotes: "null"'
    return "write a value, or remove the key"


def _of_plain(value: float, expected: str) -> str:
    if expected == "true or false":
        return _boolean(str(value))
    return f'write it in quotes: "{quote(value)}"' if expected == "a string" else ""


def _boolean(text: str) -> str:
    meant = _BOOLEANS.get(text.lower())
    return f"write {meant}, without quotes" if meant else ""


def _of_text(value: str, expected: str, *, is_root: bool) -> str:
    if expected == "true or false":
        return _boolean(value)
    if expected == "a list":
        return "write a space after each dash" if value[:1] == "-" else f"write [{plain(value)}]"
    return "write each setting as KEY: VALUE, with a space after the colon" if is_root else ""


def _of_mapping(value: Mapping[str, Tree], expected: str) -> str:
    names = [*value]
    # YAML reads `{claims.a}` as a mapping whose key has no value.
    if len(names) == 1 and value[names[0]] is None and _is_reference(names[0]):
        return f'write it in quotes: "{{{plain(names[0])}}}"'
    return "start each item with a dash" if expected == "a list" else ""
