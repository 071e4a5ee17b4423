"""JSON documents and arrays as values to write. Pure."""

import json
import re
from typing import Final, NoReturn

from faucet.errors import INVALID_VALUE, JSON_AS_TEXT
from faucet.model.request import JsonDocument, JsonNumber, JsonValue
from faucet.model.settings import ValueOptions
from faucet.model.values.fault import ValueFault
from faucet.model.values.numbers import BOUNDS, is_bounded

Json = None | bool | str | JsonNumber | list["Json"] | dict[str, "Json"]

_MAX_DEPTH: Final = 64
_ESCAPES: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
_encode: Final = json.JSONEncoder(ensure_ascii=False).encode


def check_characters(text: str) -> str:
    """Return *text*, or raise `ValueFault` for U+0000 and halves of surrogate pairs."""
    if "\0" in text:
        raise ValueFault(INVALID_VALUE, "the character U+0000 cannot be stored")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            message = "half of a surrogate pair cannot be stored"
            raise ValueFault(INVALID_VALUE, message) from None
    return text


def document(text: str) -> str:
    """Return *text*, which is JSON, or raise `ValueFault` if it escapes U+0000."""
    check_characters(text)
    for found in _ESCAPES.finditer(text):
        if found[1] == "0000":
            raise ValueFault(INVALID_VALUE, "the character U+0000 cannot be stored")
    return text


def document_of_text(text: str, options: ValueOptions) -> str:
    """Return the value of a string for a JSON column, by the service's option `json_text`."""
    check_characters(text)
    match options.json_text:
        case "string":
            return _encode(text)
        case "parse":
            read_json(text)
            return document(text.strip())
        case _:
            raise ValueFault(JSON_AS_TEXT, JSON_AS_TEXT.title)


def read_json(text: str) -> Json:
    """
    Return the JSON of *text*, numbers as written, or raise `ValueFault`.

    Rejected are duplicate names, NaN and infinities, halves of surrogate pairs, more than 64
    levels, and numbers of more than 400 digits.
    """
    try:
        value: Json = json.loads(
            text,
            parse_int=_number,
            parse_float=_number,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
        compact(value)
    except (json.JSONDecodeError, RecursionError):
        raise ValueFault(INVALID_VALUE, "the value is not JSON of at most 64 levels") from None
    return value


def compact(value: Json, depth: int = 0) -> str:
    """Return *value* as JSON text without blanks, or raise `ValueFault` beyond 64 levels."""
    if depth >= _MAX_DEPTH and isinstance(value, list | dict):
        raise ValueFault(INVALID_VALUE, "the value is not JSON of at most 64 levels")
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return _encode(check_characters(value))
        case JsonNumber(text=text):
            return text
        case list():
            return "[" + ",".join(compact(item, depth + 1) for item in value) + "]"
        case dict():
            members = (f"{compact(key)}:{compact(v, depth + 1)}" for key, v in value.items())
            return "{" + ",".join(members) + "}"


def value_of(item: Json) -> JsonValue:
    """Return *item* as a value of a record: arrays and objects as documents."""
    if isinstance(item, list | dict):
        return JsonDocument(text=compact(item))
    return item


def array_items(text: str) -> list[Json]:
    """Return the items of the JSON array *text*, or raise `ValueFault`."""
    items = read_json(text)
    if not isinstance(items, list):
        raise ValueFault(INVALID_VALUE, "the value is not an array")
    return items


def check_shape(items: list[Json]) -> None:
    """Raise `ValueFault` unless *items* are rectangular: a database's arrays have dimensions."""
    if items:
        _shape(items)


def _shape(item: Json) -> tuple[int, ...]:
    if not isinstance(item, list):
        return ()
    shapes = {_shape(part) for part in item}
    if len(shapes) != 1:
        raise ValueFault(INVALID_VALUE, "the arrays inside an array must be of one length")
    return (len(item), *shapes.pop())


def _number(text: str) -> JsonNumber:
    if not is_bounded(text):
        raise ValueFault(INVALID_VALUE, BOUNDS)
    return JsonNumber(text=text)


def _constant(text: str) -> NoReturn:
    raise ValueFault(INVALID_VALUE, f"{text} is not JSON")


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueFault(INVALID_VALUE, "a name appears twice")
    return made
