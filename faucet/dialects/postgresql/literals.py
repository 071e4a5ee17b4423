"""Canonical values as PostgreSQL's input. Pure."""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from faucet.model.filters.condition import Scalar

_SPELLINGS: Final[Mapping[type, Callable[[Any], str]]] = {
    bool: lambda value: "true" if value else "false",
    bytes: lambda value: "\\x" + value.hex(),
    float: repr,
    Decimal: lambda value: format(value, "f"),
}


def text(value: Scalar) -> str | None:
    """Return the text of a scalar."""
    if value is None or isinstance(value, str):
        return value
    return _SPELLINGS.get(type(value), str)(value)


def instant(value: Scalar) -> str | None:
    """Return a UTC instant with its zone, which is before BC."""
    if value is None or str(value) in ("infinity", "-infinity"):
        return text(value)
    clock = str(value)
    if clock.endswith(" BC"):
        return f"{clock[:-3]}+00 BC"
    return f"{clock}+00"


def nested(value: Scalar) -> str | None:
    """Return the JSON of an array or composite as its literal."""
    if value is None:
        return None
    found = json.loads(str(value), parse_float=str, parse_int=str)
    return _leaf(found) if isinstance(found, dict) else array_of(found)


def array_of(items: object) -> str:
    """Return the literal of the array *items*, whose lists are its dimensions."""
    if not isinstance(items, list):
        return _element(items)
    return "{" + ",".join(map(array_of, items)) + "}"


def _element(item: Any) -> str:
    return "NULL" if item is None else _quoted(_leaf(item))


def _leaf(item: Any) -> str:
    match item:
        case bool():
            return "true" if item else "false"
        case {"array": items}:
            return array_of(items)
        case {"row": fields}:
            return "(" + ",".join(map(_field, fields)) + ")"
        case _:
            return str(item)


def _field(item: Any) -> str:
    return "" if item is None else _quoted(_leaf(item))


def _quoted(leaf: str) -> str:
    return '"' + leaf.replace("\\", "\\\\").replace('"', '\\"') + '"'
