"""The transform slot: a change of an output value; a mask is a transform that hides."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from faucet.model.catalog import ColumnType
from faucet.model.facts import TransformFacts

if TYPE_CHECKING:  # it imports SQLAlchemy, which `faucet check` does not need
    from faucet.extension.sql_forms import Expression, SqlForms


class Transform(msgspec.Struct, frozen=True, kw_only=True):
    """
    One transform, as an SQL expression over a raw column, so that the raw value never leaves the
    database.

    *expression* takes the column, its type, the dialect's forms and the purpose key (b"" unless
    `facts.keyed`). SQLAlchemy loads when it is first called.
    """

    facts: TransformFacts
    expression: "Callable[[Expression, ColumnType, SqlForms, bytes], Expression]"
