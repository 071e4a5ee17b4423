"""A compiled statement: SQL text and how to bind values to it."""

from collections.abc import Callable

import msgspec

from faucet.extension.executor import Call
from faucet.model.filters.lift import StatementValue


class Compiled(msgspec.Struct, frozen=True, kw_only=True):
    """
    SQL of one statement shape for one dialect.

    *encode* makes the JSON of one row from its cells, after *keyed* leading key cells; None where
    the database made it.
    """

    sql: str
    binders: tuple[Callable[[tuple[StatementValue, ...]], object], ...]
    keyed: int = 0
    encode: Callable[[tuple[object, ...]], bytes] | None = None

    def call(self, values: tuple[StatementValue, ...]) -> Call:
        """Return the call of this statement with *values*, in order of their slots."""
        return Call(sql=self.sql, parameters=tuple(bind(values) for bind in self.binders))
