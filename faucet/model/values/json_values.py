"""JSON documents and arrays as values to write. Pure."""

import json
import re
from typing import Final

from faucet.errors import INVALID_VALUE, JSON_AS_TEXT
from faucet.model.json_fault import MAX_DEPTH, MOST_CONTAINERS, JsonFault, JsonProblem
from faucet.model.json_reader import Json, compact, read_json
from faucet.model.request import JsonDocument, JsonValue
from faucet.model.settings import ValueOptions
from faucet.model.values.fault import ValueFault
from faucet.model.values.numbers import BOUNDS

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
            message = "an unpaired surrogate cannot be stored"
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
            value_of_text(text)
            return document(text.strip())
        case _:
            raise ValueFault(JSON_AS_TEXT, JSON_AS_TEXT.title)


def value_of_text(text: str) -> Json:
    """Return the JSON of *text*, or raise `ValueFault`."""
    try:
        return read_json(text)
    except JsonFault as fault:
        raise ValueFault(INVALID_VALUE, _reason(fault)) from None


def _reason(fault: JsonFault) -> str:
    match fault.problem:
        case JsonProblem.SYNTAX | JsonProblem.DEPTH:
            return f"the value is not JSON of at most {MAX_DEPTH} levels"
        case JsonProblem.NUMBER:
            return BOUNDS
        case JsonProblem.CONSTANT:
            return f"{fault.detail} is not JSON"
        case JsonProblem.REPEATED_NAME:
            return "a name appears twice"
        case JsonProblem.HALF_PAIR:
            return "an unpaired surrogate cannot be stored"
        case JsonProblem.CONTAINERS:
            return f"the value contains more than {MOST_CONTAINERS:,} arrays and objects"


def stored(item: Json) -> str:
    """Return *item* as the text of a document, or raise `ValueFault` if it holds U+0000."""
    return document(compact(item))


def value_of(item: Json) -> JsonValue:
    """Return *item* as a value of a record: arrays and objects as documents."""
    if isinstance(item, list | dict):
        return JsonDocument(text=compact(item))
    return item


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
