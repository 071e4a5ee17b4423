"""External JSON objects, parsed strictly: no repeated key, huge number or invalid text. Pure."""

import json
import re
from decimal import Decimal
from typing import Final

JsonTree = None | bool | int | float | Decimal | str | list["JsonTree"] | dict[str, "JsonTree"]
JsonObject = dict[str, JsonTree]

_DEPTH: Final = 64
_DIGITS: Final = 400

_TEXTS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_BRACKETS = re.compile(r"[\[\]{}]")


def read_object(raw: bytes) -> JsonObject:
    """
    Return the JSON object in *raw*, or raise `ValueError`.

    Rejected are repeated keys, NaN and infinities, nesting beyond 64, numbers of more than 400
    digits or an exponent beyond ±400, and text that is not Unicode. Numbers are exact: one that no
    float represents is a Decimal.
    """
    text = raw.decode()
    _bound_depth(text)
    tree = _DECODER.decode(text)
    if not isinstance(tree, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 — one exception type for all faults
    # A lone surrogate, written as an escape, would fail only where a driver or a log encodes it.
    json.dumps(tree, ensure_ascii=False, default=str).encode()
    return tree


def _bound_depth(text: str) -> None:
    """Reject deep nesting before the decoder, which is recursive."""
    depth = 0
    for bracket in _BRACKETS.findall(_TEXTS.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > _DEPTH:
            raise ValueError(f"nested deeper than {_DEPTH}")


def _without_repeats(pairs: list[tuple[str, JsonTree]]) -> JsonObject:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is repeated")
    return found


def _integer(text: str) -> int:
    if len(text) > _DIGITS:
        raise ValueError("a number is too long")
    return int(text)


def _fraction(text: str) -> float | Decimal:
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) > _DIGITS or len(exponent) > _DIGITS or abs(int(exponent or 0)) > _DIGITS:
        raise ValueError("a number is too long")
    exact, near = Decimal(text), float(text)
    return near if Decimal(repr(near)) == exact else exact


def _constant(text: str) -> None:
    raise ValueError(f"{text} is not JSON")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_without_repeats,
    parse_int=_integer,
    parse_float=_fraction,
    parse_constant=_constant,
)
