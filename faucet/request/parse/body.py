"""The body of a write: one object, an array of them, or an envelope. Pure."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from faucet.errors import (
    BATCH_TOO_LARGE,
    INVALID_BODY,
    UNSUPPORTED_MEDIA_TYPE,
    RequestError,
)
from faucet.model.filters.predicate import Predicate
from faucet.model.headers import Headers
from faucet.model.json_reader import Json, compact
from faucet.model.json_steps import free
from faucet.model.request import JsonDocument, JsonNumber, JsonRecord, JsonValue
from faucet.model.surface import Verb
from faucet.names import did_you_mean
from faucet.request.parse.filters import read_filter
from faucet.request.parse.json_body import read_body_json

_FILLED: Final = frozenset({Verb.POST, Verb.PUT})
_ENVELOPE: Final = frozenset({"resource", "filter", "ids"})
_JSON_TYPE: Final = re.compile(r"application/(?:[a-z0-9!#$&^_.-]+\+)?json")
_CHARSET: Final = re.compile(r"\s*charset\s*=\s*\"?([^\s\";]*)\"?\s*", re.IGNORECASE)
_LARGE: Final = 256 * 1024
_WANTED_TYPE: Final = (
    "a body must be JSON in UTF-8: send the header Content-Type: application/json "
    "(curl -d needs -H 'Content-Type: application/json')"
)
_NEEDS: Final = {
    Verb.POST: 'one object, an array of objects, or {"resource":[…]}',
    Verb.PUT: 'an object with its key, an array of such objects, or {"resource":[…]}',
    Verb.PATCH: "an object of the columns to change, or an array of objects that carry their key",
    Verb.DELETE: '{"ids":[…]}, {"filter":"…"} or {"resource":[{key}…]}',
}


class BodyContext(msgspec.Struct, frozen=True, kw_only=True):
    """
    What parsing a body depends on.

    *column_names* are the columns that the role may read or write: an object with one of them as
    key is not an envelope. *single* means that the path names one record, *typed*
    that the body must have a content type.
    """

    column_names: frozenset[str]
    max_records: int
    single: bool = False
    typed: bool = False


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """
    A parsed body. *single_object* means that the records were one object and not an array.

    *ids* are JSON values; *where* and *ids* are None where absent or empty.
    """

    records: tuple[JsonRecord, ...] = ()
    single_object: bool = False
    where: Predicate | None = None
    ids: tuple[tuple[JsonValue, ...], ...] | None = None


def parse_body(verb: Verb, raw: bytes, headers: Headers, context: BodyContext) -> Body:
    """
    Return the body of a write.

    Raises `RequestError` UNSUPPORTED_MEDIA_TYPE for a body that is not JSON by its headers,
    INVALID_BODY, BATCH_TOO_LARGE, and errors of filters. Only DELETE accepts no body or an empty
    object.
    """
    if not raw.strip():
        if verb is Verb.DELETE:
            return Body()
        raise _invalid(f"{verb.value} needs a body: {_needs(verb, context)}")
    _check_headers(headers, typed=context.typed)
    value = read_body_json(raw)
    try:
        return _body(verb, value, context)
    finally:
        if len(raw) > _LARGE and isinstance(value, list | dict):
            free(value)


def _body(verb: Verb, value: Json, context: BodyContext) -> Body:
    """Return the body that *value* is, nothing of which is part of it."""
    if verb is Verb.DELETE and value == {}:
        return Body()
    if verb is Verb.DELETE and context.single:
        raise _invalid("DELETE of one record does not accept a body")
    match value:
        case dict():
            return _object(verb, value, context)
        case list():
            return Body(records=_records(value, context))
        case _:
            raise _invalid(f"the body is a single value; send {_needs(verb, context)}")


def _needs(verb: Verb, context: BodyContext) -> str:
    return "one object" if context.single else _NEEDS[verb]


def _check_headers(headers: Headers, *, typed: bool) -> None:
    if "content-encoding" in headers:
        raise RequestError(
            UNSUPPORTED_MEDIA_TYPE, "a body with a Content-Encoding is not supported"
        )
    types = [value for value in headers.get_all("content-type") if value.strip()]
    if len(types) > 1 or len(types) < typed or not all(_is_json(value) for value in types):
        raise RequestError(UNSUPPORTED_MEDIA_TYPE, _WANTED_TYPE)


def _is_json(content_type: str) -> bool:
    media_type, *parameters = content_type.split(";")
    if _JSON_TYPE.fullmatch(media_type.strip().lower()) is None:
        return False
    charsets = [found[1] for found in map(_CHARSET.fullmatch, parameters) if found]
    return all(charset.lower() in {"utf-8", "utf8"} for charset in charsets)


def _object(verb: Verb, value: dict[str, Json], context: BodyContext) -> Body:
    keys = _envelope_keys(value, context)
    if not keys:
        return _one(verb, value, context)
    _check_keys(verb, value, keys, context)
    where, ids = _where(value, keys), _ids(value, keys, context)
    if "resource" in keys:
        content = value["resource"]
    elif verb is Verb.DELETE:
        return Body(where=where, ids=ids)
    else:
        # The columns to change may be next to their selector, without an inner object.
        content = {name: item for name, item in value.items() if name not in keys}
    if isinstance(content, list):
        return Body(records=_records(content, context), where=where, ids=ids)
    return msgspec.structs.replace(_one(verb, content, context), where=where, ids=ids)


def _one(verb: Verb, value: Json, context: BodyContext) -> Body:
    # Without a value, a new row gets the defaults of the database, and a replaced one too.
    if value == {} and verb not in _FILLED:
        raise _invalid("the body contains no column")
    return Body(records=_records([value], context), single_object=True)


def _envelope_keys(value: dict[str, Json], context: BodyContext) -> frozenset[str]:
    keys = _ENVELOPE.intersection(value) - context.column_names
    if "resource" in keys and not isinstance(value["resource"], list | dict):
        return keys - {"resource"}
    return keys


def _check_keys(
    verb: Verb, value: dict[str, Json], keys: frozenset[str], context: BodyContext
) -> None:
    """
    Reject selectors where none is allowed, and anything next to them that is not a column to
    change.
    """
    named = " and ".join(f'"{key}"' for key in sorted(keys - {"resource"}))
    if named and context.single:
        raise _invalid(f"a body for one record does not accept {named}: the path selects it")
    if named and verb is Verb.PUT:
        raise _invalid(f"PUT replaces records by key and does not accept {named}; use PATCH")
    if named and verb is Verb.POST:
        raise _invalid(f"POST does not accept {named}")
    beside = [name for name in value if name not in keys]
    if beside and ("resource" in keys or verb is Verb.DELETE):
        hint = did_you_mean(beside[0], sorted(_ENVELOPE - keys - context.column_names))
        message = f'"{beside[0][:80]}" is not allowed together with {", ".join(sorted(keys))}'
        raise _invalid(f"{message}; {hint}" if hint else message)


def _where(value: dict[str, Json], keys: frozenset[str]) -> Predicate | None:
    text = value["filter"] if "filter" in keys else None
    if text is None:
        return None
    if not isinstance(text, str):
        raise _invalid('"filter" must be a string', parameter="filter")
    return read_filter(text)


def _ids(
    value: dict[str, Json], keys: frozenset[str], context: BodyContext
) -> tuple[tuple[JsonValue, ...], ...] | None:
    items = value["ids"] if "ids" in keys else None
    if items is None:
        return None
    if not isinstance(items, list):
        raise _invalid('"ids" must be an array of keys', parameter="ids")
    if len(items) > context.max_records:
        raise _too_many(len(items), context)
    return tuple(_key(item) for item in items) or None


def _key(item: Json) -> tuple[JsonValue, ...]:
    parts = item if isinstance(item, list) else [item]
    scalars = tuple(part for part in parts if isinstance(part, bool | str | JsonNumber))
    if not parts or len(scalars) != len(parts):
        message = '"ids" must contain strings and numbers; a composite key is an array of them'
        raise _invalid(message, parameter="ids")
    return scalars


def _records(items: Sequence[Json], context: BodyContext) -> tuple[JsonRecord, ...]:
    if not items:
        raise _invalid("the body contains no record")
    if len(items) > context.max_records:
        raise _too_many(len(items), context)
    records: list[JsonRecord] = []
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            raise _invalid(f"record {index} is not an object", record=index)
        records.append({name: _value(value) for name, value in item.items()})
    return tuple(records)


def _value(value: Json) -> JsonValue:
    if isinstance(value, list | dict):
        return JsonDocument(text=compact(value))
    return value


def _invalid(message: str, **context: object) -> RequestError:
    return RequestError(INVALID_BODY, message, **context)


def _too_many(count: int, context: BodyContext) -> RequestError:
    message = f"the body contains {count} records; the maximum is {context.max_records}"
    return RequestError(BATCH_TOO_LARGE, message, limit=context.max_records)
