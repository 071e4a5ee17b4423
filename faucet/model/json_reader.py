"""JSON parsed exactly and within bounds: no lost digit, duplicate name or huge value. Pure."""

import json
from typing import Final, NoReturn

from faucet.model.json_fault import MAX_DEPTH, JsonFault, JsonProblem, syntax_fault
from faucet.model.json_steps import StepDecoder
from faucet.model.request import JsonNumber
from faucet.model.values.numbers import is_bounded

_MOST_NUMBERS: Final = 16 * 1024
_MANY: Final = 16 * 1024
"""How many values are decoded at once, which may take some milliseconds."""

Json = None | bool | str | JsonNumber | list["Json"] | dict[str, "Json"]

_write_text: Final = json.JSONEncoder(ensure_ascii=False).encode


def read_json(text: str) -> Json:
    """
    Return the JSON of *text* with its numbers as spelled, or raise `JsonFault`.

    Refused are names given twice, halves of surrogate pairs, NaN and infinities, more than 64
    levels, 250,000 arrays and objects, and numbers of more than 400 digits or an exponent beyond
    ±400.
    """
    numbers = _Numbers()

    def number(spelled: str) -> JsonNumber:
        # A function of Python, where other threads get their turn: the decoder is none.
        return numbers[spelled]

    decoder = json.JSONDecoder(
        parse_int=number,
        parse_float=number,
        parse_constant=_refuse_constant,
        object_pairs_hook=_object,
    )
    many = text.count(",") + text.count("[") + text.count("{") > _MANY
    try:
        value: Json = (StepDecoder(decoder) if many else decoder).decode(text)
    except json.JSONDecodeError as fault:
        raise syntax_fault(fault.msg, fault.pos) from None
    except RecursionError:
        raise JsonFault(JsonProblem.DEPTH) from None
    # Half a pair comes from an escape, or from a text that was not read from UTF-8.
    _inspect(value, depth=1, check_pairs="\\u" in text or not text.isascii())
    return value


def compact(value: Json) -> str:
    """Return *value* as JSON text without blanks, numbers as written."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return _write_text(value)
        case JsonNumber(text=text):
            return text
        case list():
            return "[" + ",".join(compact(item) for item in value) + "]"
        case dict():
            return "{" + ",".join(f"{_write_text(k)}:{compact(v)}" for k, v in value.items()) + "}"


class _Numbers(dict[str, JsonNumber]):
    """
    The numbers of one text by their spelling.

    Most are frequent in a long text: millions of objects would take a second to create and a
    quarter of one to free, during which nothing else runs.
    """

    def __missing__(self, text: str) -> JsonNumber:
        # It is converted later, where 1e3000000 would take minutes.
        if not is_bounded(text):
            raise JsonFault(JsonProblem.NUMBER)
        made = JsonNumber(text=text)
        if len(self) < _MOST_NUMBERS:
            self[text] = made
        return made


def _refuse_constant(text: str) -> NoReturn:
    raise JsonFault(JsonProblem.CONSTANT, text)


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made: dict[str, Json] = {}
    for name, value in pairs:
        if name in made:
            raise JsonFault(JsonProblem.REPEATED_NAME, name)
        made[name] = value
    return made


def _inspect(value: Json, *, depth: int, check_pairs: bool) -> None:
    match value:
        case str():
            if check_pairs:
                _refuse_half_pairs(value)
        case list() | dict():
            if depth > MAX_DEPTH:
                raise JsonFault(JsonProblem.DEPTH)
            if isinstance(value, dict):
                if check_pairs:
                    _refuse_half_pairs("".join(value))
                value = list(value.values())
            for item in value:
                _inspect(item, depth=depth + 1, check_pairs=check_pairs)


def _refuse_half_pairs(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise JsonFault(JsonProblem.HALF_PAIR) from None
