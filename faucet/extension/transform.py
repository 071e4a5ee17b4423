"""The transform slot: a value changed on its way out; a mask is a transform that hides."""

from collections.abc import Callable

import msgspec

from faucet.extension.sql_forms import Expression, SqlForms
from faucet.model.catalog import ColumnType
from faucet.model.facts import TransformFacts


class Transform(msgspec.Struct, frozen=True, kw_only=True):
    """
    One transform, as an SQL expression over a raw column, so that the raw value never leaves.

    *expression* takes the column, its type, the dialect's forms and the purpose key (b"" unless
    `facts.keyed`).
    """

    facts: TransformFacts
    expression: Callable[[Expression, ColumnType, SqlForms, bytes], Expression]
