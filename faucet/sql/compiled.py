"""A compiled statement: SQL text, how to bind values to it, and how to read the result."""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from faucet.extension.executor import Call, Fetched
from faucet.model.filters.condition import Scalar
from faucet.model.filters.lift import StatementValue

Key = tuple[Scalar, ...]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """
    The result of a statement.

    *rows* are texts which, joined by commas, are its rows: one for each row, or one for all. *keys*
    are those of the rows, if the statement requested them. *count* is the number of rows that were
    returned or changed, or the requested count.
    """

    count: int
    keys: tuple[Key, ...] = ()
    rows: tuple[bytes, ...] = ()


class Placeholder(NamedTuple):
    """The slot of a placeholder's value, and its conversion for the driver."""

    slot: int
    bind: Callable[[Any], object]


class Compiled(msgspec.Struct, frozen=True, kw_only=True):
    """
    SQL of one statement shape for one dialect; *read* returns the answer in what was fetched.

    *constants* follow the values: a placeholder of one has a negative slot. *max_bytes* bounds the
    rows that its calls return to the caller.
    """

    sql: str
    placeholders: tuple[Placeholder, ...]
    constants: tuple[object, ...]
    read: Callable[[Fetched], Answer]
    max_bytes: int | None

    def call(self, values: tuple[StatementValue, ...], *, runs_code: bool = True) -> Call:
        """Return the call of this statement with *values*, in order of their slots; see `Call`."""
        every = values + self.constants
        return Call(
            sql=self.sql,
            parameters=tuple([bind(every[slot]) for slot, bind in self.placeholders]),
            max_bytes=self.max_bytes,
            runs_code=runs_code,
        )
