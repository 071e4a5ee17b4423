"""SQLite's SQL for the contract."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.types import NullType

from faucet.dialects.sqlite import aggregates, binders
from faucet.dialects.sqlite.cell_keys import INSTANTS
from faucet.dialects.sqlite.loose_forms import LooseForms
from faucet.extension.sql_forms import Binder, CompiledText, DeletedRows, Expression
from faucet.model.catalog import ColumnType, Kind
from faucet.model.filters.condition import Scalar
from faucet.model.settings import ValueOptions
from faucet.model.statement import Function
from faucet.sql.defaults import default_expression


class SqliteForms(LooseForms):
    """The forms of SQLite 3.37 or newer."""

    array_parameters = False
    makes_json = False
    orders_deleted = False

    def __init__(self) -> None:
        self._dialect = SQLiteDialect_pysqlite(paramstyle="qmark")

    def compile(self, statement: sa.sql.ClauseElement) -> CompiledText:
        """Return the SQL text with ``?`` placeholders."""
        compiled: Any = statement.compile(dialect=self._dialect)
        return CompiledText(
            sql=str(compiled), names=tuple(compiled.positiontup), constants=compiled.params
        )

    def beside_guard(self, policy: Expression) -> Expression:
        """
        Return ``likely(policy)``, which finds indexes like the policy itself.

        SQLite replaces a column by its constant wherever ``WHERE column = constant`` requires it
        (propagateConstants in select.c): the CASE would lose its condition, and be evaluated on
        the rows of an index before the rest of the policy.
        """
        likely: Expression = sa.func.likely(policy)
        return likely

    def reference(self, column: Expression, collation: str | None) -> Expression:  # noqa: ARG002
        """Return ``+column``, without affinity: the referenced column's applies, as in its keys."""
        return sa.sql.elements.UnaryExpression(column, operator=sa.sql.operators.custom_op("+"))

    def parameter(self, name: str, of: ColumnType) -> Expression:  # noqa: ARG002
        """Return the bare parameter: SQLite types values, not places."""
        return sa.bindparam(name, type_=NullType())

    def binder(self, of: ColumnType, options: ValueOptions) -> Binder:
        """
        Return the function that converts a canonical value to what SQLite stores for the kind.
        """
        if of.kind in INSTANTS and options.timestamps == "unix":
            return binders.unix
        if of.kind is Kind.DECIMAL:
            return binders.decimal
        return binders.plain

    def any_of(
        self, column: Expression, name: str, of: ColumnType, *, exact: bool = False
    ) -> Expression:
        """Refuse: there are no array parameters."""
        raise NotImplementedError

    def array_binder(
        self, of: ColumnType, options: ValueOptions, *, keys: bool
    ) -> Callable[[tuple[Scalar, ...]], object]:
        """Refuse: there are no array parameters."""
        raise NotImplementedError

    def comparable(self, column: Expression, of: ColumnType) -> Expression:  # noqa: ARG002
        """Return the column itself: what is not loose has one spelling."""
        return column

    def exact(self, column: Expression, of: ColumnType) -> Expression:
        """Return text under BINARY."""
        return column.collate("BINARY") if of.kind is Kind.TEXT else column

    def exact_parameter(self, name: str, of: ColumnType) -> Expression:
        """Return the parameter for `exact`."""
        return self.parameter(name, of)

    def like(
        self,
        column: Expression,
        pattern: Expression,
        of: ColumnType,  # noqa: ARG002
        *,
        fold: bool,
    ) -> Expression:
        """Return LIKE, which connections make case-sensitive by pragma."""
        if fold:
            column, pattern = sa.func.lower(column), sa.func.lower(pattern)
        return column.like(pattern, escape="\\")

    def wire(self, column: Expression, of: ColumnType, options: ValueOptions) -> Expression:  # noqa: ARG002
        """Return the column itself: `sql/cells` spells its values."""
        return column

    def aggregate(self, function: Function, column: Expression, of: ColumnType) -> Expression:
        """Return the aggregate; see `aggregates`."""
        return aggregates.aggregate(function, column, of)

    def aggregate_order(self, function: Function, column: Expression, of: ColumnType) -> Expression:
        """Return the sort key of the aggregate."""
        return aggregates.aggregate_order(function, column, of)

    def page(
        self,
        query: sa.Select[Any],
        labels: tuple[str, ...],  # noqa: ARG002
        max_bytes: int,  # noqa: ARG002
    ) -> sa.sql.ClauseElement:
        """Return the query itself."""
        return query

    def rows(
        self,
        query: sa.Select[Any],
        keys: Sequence[Expression],
        labels: tuple[str, ...],  # noqa: ARG002
        max_bytes: int,  # noqa: ARG002
    ) -> sa.sql.ClauseElement:
        """Return the query with the keys in front."""
        return query.with_only_columns(*keys, *query.selected_columns)

    def refuse_conflicts(self, write: sa.Insert | sa.Update) -> sa.Insert | sa.Update:
        """Return the statement with OR ABORT, which overrides the ON CONFLICT of constraints."""
        return write.prefix_with("OR ABORT")

    def deleted_rows(
        self,
        delete: sa.Delete,
        deleted: DeletedRows,
        labels: tuple[str, ...],  # noqa: ARG002
        max_bytes: int,  # noqa: ARG002
    ) -> sa.sql.ClauseElement:
        """Return the DELETE with RETURNING, whose order SQLite leaves open."""
        outputs = deleted.select(delete.table).selected_columns
        return delete.returning(*deleted.keys, *outputs)

    def keyed_hash(self, text: Expression, key: bytes, digits: int) -> Expression:
        """Return HMAC-SHA-256 by a function of the connection."""
        digest = sa.func.faucet_hmac(text, sa.literal(key.hex(), NullType()))
        return sa.func.substr(digest, _number(1), _number(digits), type_=sa.Text())

    def characters(self, text: Expression) -> Expression:
        """Return the length of the text; SQLite counts up to the first NUL."""
        return sa.func.length(sa.cast(text, sa.Text()), type_=sa.Integer())

    def tail(self, text: Expression, count: int) -> Expression:
        """Return the last characters before the first NUL."""
        # substr does not stop at a NUL as length does: without its third argument, everything after
        # the NUL would be returned.
        start = self.characters(text) - _number(count - 1)
        whole = sa.cast(text, sa.Text())
        return sa.func.substr(whole, start, _number(count), type_=sa.Text())

    def default(self, expression: str | None) -> Expression:
        """Return the catalog's own default expression, NULL where there is none."""
        return default_expression(expression)

    def locator_type(self) -> ColumnType:
        """Return the type of a rowid."""
        return ColumnType(kind=Kind.INTEGER, db_type="INTEGER", bits=64)

    def key(self, column: Expression, of: ColumnType) -> Expression:  # noqa: ARG002
        """Return the column itself."""
        return column

    def key_binder(self, of: ColumnType, options: ValueOptions) -> Binder:  # noqa: ARG002
        """Return the cell as it came."""
        return lambda value: value


def _number(value: int) -> Expression:
    # A literal, not a parameter: part of the statement's shape, the same for all requests.
    return sa.literal_column(str(value), sa.Integer())
