"""What tools return: rows within a budget, and errors that say what to do next. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from faucet.errors import (
    AGGREGATE_NOT_GRANTED,
    FILTER_SYNTAX,
    NOT_GRANTED,
    UNKNOWN_COLUMN,
    UNKNOWN_SERVICE,
    UNKNOWN_TABLE,
    ErrorKind,
    FaucetError,
)

MOST_BYTES: Final = 64 * 1024
"""The most bytes of rows in one result: about as many as an agent can use at once."""

_NEXT: Final[Mapping[ErrorKind, str]] = {
    UNKNOWN_SERVICE: "call faucet_list_services for the names",
    UNKNOWN_TABLE: "call faucet_list_tables for the names",
    NOT_GRANTED: "call faucet_list_tables: it has the tables that you may use, and their verbs",
    UNKNOWN_COLUMN: "call faucet_describe_table for the columns",
    AGGREGATE_NOT_GRANTED: "query rows instead, without functions and group",
    FILTER_SYNTAX: "a filter is like: status = 'open' AND total >= 100",
}


NOT_FOUND: Final = frozenset(kind.type for kind in (UNKNOWN_SERVICE, UNKNOWN_TABLE, NOT_GRANTED))


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """A tool that could not do what it was asked; *content* is JSON-able."""

    content: Mapping[str, Any]


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a tool: *content* is an object that fits its output schema."""

    content: Mapping[str, Any]


def failed(error: FaucetError, request_id: str) -> Failed:
    """Return *error* as an agent gets it, with what to call or write next."""
    entry: dict[str, Any] = {
        "type": error.kind.type,
        "message": error.message,
        "context": {name: value for name, value in error.context.items() if value is not None},
        "request_id": request_id,
    }
    if hint := _NEXT.get(error.kind):
        entry["hint"] = hint
    return Failed(content={"error": entry})


def bad_arguments(reason: str) -> Failed:
    """Return that the arguments do not fit the input schema, and *reason*."""
    entry = {"type": "invalid_arguments", "message": reason, "hint": "see the tool's input schema"}
    return Failed(content={"error": entry})


def rows_within(rows: bytes, most: int = MOST_BYTES) -> tuple[list[Any], bool]:
    """
    Return the first of *rows* (JSON values joined by commas) that fit into *most* bytes, at least
    one, and whether there are others.
    """
    every = msgspec.json.decode(b"[" + rows + b"]", type=list[msgspec.Raw])
    kept = list(_within(every, most))
    return [msgspec.json.decode(row) for row in kept], len(kept) < len(every)


def _within(rows: Iterable[msgspec.Raw], most: int) -> Iterable[bytes]:
    spent = 0
    for row in rows:
        spent += len(bytes(row))
        if spent > most and spent > len(bytes(row)):
            return
        yield bytes(row)
