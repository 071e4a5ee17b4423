"""The JSON of a body, with what is wrong with it in words for its sender. Pure."""

from typing import Final

from faucet.errors import INVALID_BODY, RequestError
from faucet.model.json_fault import MAX_DEPTH, MOST_CONTAINERS, JsonFault, JsonProblem
from faucet.model.json_reader import Json, read_json

_FIXED_REASONS: Final = {
    JsonProblem.NUMBER: "a number has more than 400 digits or an exponent beyond ±400",
    JsonProblem.HALF_PAIR: "a string contains half a surrogate pair",
    JsonProblem.DEPTH: f"the body is nested deeper than {MAX_DEPTH} levels",
    JsonProblem.CONTAINERS: f"the body contains more than {MOST_CONTAINERS:,} arrays and objects",
}


def read_body_json(raw: bytes) -> Json:
    """
    Return the JSON of *raw*.

    Raises `RequestError` INVALID_BODY for what `read_json` refuses, and for a name with a NUL.
    """
    try:
        text = raw.decode("utf-8-sig")
        value = read_json(text)
    except UnicodeDecodeError:
        raise RequestError(INVALID_BODY, "the body is not UTF-8") from None
    except JsonFault as fault:
        raise RequestError(INVALID_BODY, _reason(fault), position=fault.position) from None
    if "\\u0000" in text and _has_nul_name(value):
        raise RequestError(INVALID_BODY, "a name contains a NUL")
    return value


def _has_nul_name(value: Json) -> bool:
    match value:
        case dict():
            return any("\0" in name for name in value) or any(map(_has_nul_name, value.values()))
        case list():
            return any(map(_has_nul_name, value))
        case _:
            return False


def _reason(fault: JsonFault) -> str:
    match fault.problem:
        case JsonProblem.SYNTAX:
            return f"the body is not JSON: {fault.detail[:1].lower()}{fault.detail[1:]}"
        case JsonProblem.CONSTANT:
            return f"{fault.detail} is not JSON; write it as a string"
        case JsonProblem.REPEATED_NAME:
            shown = fault.detail[:80].encode("utf-8", "replace").decode("utf-8")
            return f'the name "{shown}" appears twice'
        case problem:
            return _FIXED_REASONS[problem]
