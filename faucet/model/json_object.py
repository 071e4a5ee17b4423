"""JSON objects from outside as Python values: read strictly, their numbers exact. Pure."""

from decimal import Decimal

from faucet.model.json_reader import Json, read_json
from faucet.model.request import JsonNumber

JsonTree = None | bool | int | float | Decimal | str | list["JsonTree"] | dict[str, "JsonTree"]
JsonObject = dict[str, JsonTree]


def read_object(raw: bytes) -> JsonObject:
    """
    Return the one JSON object that *raw* is, or raise `ValueError` for what `read_json` refuses.

    Numbers are exact: one that no float holds comes as Decimal.
    """
    tree = read_json(raw.decode())
    if not isinstance(tree, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - one kind for all that is wrong
    return {name: _plain(value) for name, value in tree.items()}


def _plain(value: Json) -> JsonTree:
    match value:
        case JsonNumber(text=text):
            return _number(text)
        case list():
            return [_plain(item) for item in value]
        case dict():
            return {name: _plain(item) for name, item in value.items()}
        case _:
            return value


def _number(text: str) -> int | float | Decimal:
    if not {*text} & {*".eE"}:
        return int(text)
    exact, near = Decimal(text), float(text)
    return near if Decimal(repr(near)) == exact else exact
