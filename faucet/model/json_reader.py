"""JSON parsed exactly and within bounds: no lost digit, duplicate name or huge value. Pure."""

import json
from enum import Enum
from typing import Final, NoReturn

from faucet.model.request import JsonNumber
from faucet.model.values.numbers import is_bounded

MAX_DEPTH: Final = 64

Json = None | bool | str | JsonNumber | list["Json"] | dict[str, "Json"]

_write_text: Final = json.JSONEncoder(ensure_ascii=False).encode


class JsonProblem(Enum):
    """What can be wrong with a text that should be JSON."""

    SYNTAX = "syntax"
    NUMBER = "number"
    CONSTANT = "constant"
    REPEATED_NAME = "repeated name"
    HALF_PAIR = "half a surrogate pair"
    DEPTH = "depth"


class JsonFault(ValueError):  # noqa: N818 - as `ValueFault`: each caller says what it means
    """
    A text is not JSON as it is read here.

    *detail* is the decoder's own word, the name given twice, or the constant; *position* counts
    characters where the decoder knows it.
    """

    def __init__(self, problem: JsonProblem, detail: str = "", position: int | None = None) -> None:
        super().__init__(f"{problem.value} {detail}".strip())
        self.problem = problem
        self.detail = detail
        self.position = position


def read_json(text: str) -> Json:
    """
    Return the JSON of *text* with its numbers as spelled, or raise `JsonFault`.

    Refused are names given twice, halves of surrogate pairs, NaN and infinities, more than 64
    levels, and numbers of more than 400 digits or an exponent beyond ±400.
    """
    try:
        value: Json = json.loads(
            text,
            parse_int=_number,
            parse_float=_number,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as fault:
        raise JsonFault(JsonProblem.SYNTAX, fault.msg, fault.pos) from None
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


def _number(text: str) -> JsonNumber:
    # It is converted later, where 1e3000000 would take minutes.
    if not is_bounded(text):
        raise JsonFault(JsonProblem.NUMBER)
    return JsonNumber(text=text)


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
