"""JSON parsed exactly and within bounds: no lost digit, duplicate name or huge value. Pure."""

import json
from typing import Final, NoReturn

from faucet.errors import INVALID_BODY, RequestError
from faucet.model.request import JsonNumber
from faucet.model.values.numbers import is_bounded

MAX_DEPTH: Final = 64

Json = None | bool | str | JsonNumber | list["Json"] | dict[str, "Json"]

_write_text: Final = json.JSONEncoder(ensure_ascii=False).encode


def read_json(raw: bytes) -> Json:
    """
    Return the JSON of *raw* with its numbers as written.

    Raises `RequestError` INVALID_BODY for text that is not JSON in UTF-8, and for a duplicate name,
    a NUL in a name, half a surrogate pair, NaN and infinities, more than 64 levels, numbers of more
    than 400 digits or an exponent beyond ±400.
    """
    try:
        text = raw.decode("utf-8-sig")
        value: Json = json.loads(
            text,
            parse_int=_number,
            parse_float=_number,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError:
        raise RequestError(INVALID_BODY, "the body is not UTF-8") from None
    except json.JSONDecodeError as fault:
        message = f"the body is not JSON: {fault.msg[:1].lower()}{fault.msg[1:]}"
        raise RequestError(INVALID_BODY, message, position=fault.pos) from None
    except RecursionError:
        raise _too_deep() from None
    # Only an escape can write half a pair; raw UTF-8 cannot.
    _inspect(value, depth=1, escapes="\\u" in text)
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
        raise RequestError(
            INVALID_BODY, "a number has more than 400 digits or an exponent beyond ±400"
        )
    return JsonNumber(text=text)


def _refuse_constant(text: str) -> NoReturn:
    raise RequestError(INVALID_BODY, f"{text} is not JSON; write it as a string")


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made: dict[str, Json] = {}
    for name, value in pairs:
        if "\0" in name:
            raise RequestError(INVALID_BODY, "a name contains a NUL")
        if name in made:
            shown = name[:80].encode("utf-8", "replace").decode("utf-8")
            raise RequestError(INVALID_BODY, f'the name "{shown}" appears twice')
        made[name] = value
    return made


def _inspect(value: Json, *, depth: int, escapes: bool) -> None:
    match value:
        case str():
            if escapes:
                _refuse_half_pairs(value)
        case list() | dict():
            if depth > MAX_DEPTH:
                raise _too_deep()
            if isinstance(value, dict):
                if escapes:
                    _refuse_half_pairs("".join(value))
                value = list(value.values())
            for item in value:
                _inspect(item, depth=depth + 1, escapes=escapes)


def _refuse_half_pairs(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise RequestError(INVALID_BODY, "a string contains half a surrogate pair") from None


def _too_deep() -> RequestError:
    return RequestError(INVALID_BODY, f"the body is nested deeper than {MAX_DEPTH} levels")
