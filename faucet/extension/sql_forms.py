"""How one database spells SQL: the forms that statements are written through."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa

from faucet.model.catalog import ColumnType
from faucet.model.filters.condition import Scalar
from faucet.model.settings import ValueOptions
from faucet.model.statement import Function

Expression = sa.ColumnElement[Any]
Binder = Callable[[Scalar], object]
"""A canonical value (`model/values.py`) to what the driver takes."""


class CompiledText(msgspec.Struct, frozen=True, kw_only=True):
    """SQL with positional placeholders, their names in order, and what the constants are."""

    sql: str
    names: tuple[str, ...]
    constants: Mapping[str, object]


class DeletedRows(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a DELETE gives of its rows.

    *select* makes the query of the outputs, in order, from a source that has the relation's
    *columns*; *keys* are what the order compares.
    """

    select: Callable[[sa.FromClause], sa.Select[Any]]
    columns: Sequence[Expression]
    keys: Sequence[Expression]


class SqlForms(Protocol):
    """
    How one database spells what the contract means. Pure; SQLAlchemy expressions in and out.

    Everything that differs between databases in a statement's text is here, so that `sql/` never
    asks for a dialect's name.
    """

    array_parameters: bool
    """As in `DialectFacts`."""
    makes_json: bool
    """
    Whether the database makes the JSON of rows; otherwise cells come back and `sql/cells` makes it.
    """
    orders_deleted: bool
    """Whether a DELETE can give the rows it deleted in an order."""

    def compile(self, statement: sa.sql.ClauseElement) -> CompiledText:
        """Return the SQL text of *statement*."""
        ...

    def parameter(self, name: str, of: ColumnType) -> Expression:
        """
        Return the parameter *name* as a value to compare with, or write to, a column of type *of*.
        """
        ...

    def binder(self, of: ColumnType, options: ValueOptions) -> Binder:
        """Return what turns a canonical value into what `parameter` of the same type takes."""
        ...

    def any_of(
        self, column: Expression, name: str, of: ColumnType, *, exact: bool = False
    ) -> Expression:
        """
        Return ``column IN (all values of the one array parameter name)``; array dialects only.

        *exact* says that *column* is what `exact` made of it.
        """
        ...

    def array_binder(
        self, of: ColumnType, options: ValueOptions, *, keys: bool
    ) -> Callable[[tuple[Scalar, ...]], object]:
        """
        Return what turns values into the array parameter of `any_of`.

        The values are canonical, or with *keys* as `key` gave them.
        """
        ...

    def comparable(self, column: Expression, of: ColumnType) -> Expression:
        """Return *column* so that it compares with `parameter` by value, by its own collation."""
        ...

    def exact(self, column: Expression, of: ColumnType) -> Expression:
        """Return *column* so that it compares by code points (text) or by value (instants)."""
        ...

    def exact_parameter(self, name: str, of: ColumnType) -> Expression:
        """Return the parameter *name* for comparison with `exact` of a column of type *of*."""
        ...

    def like(
        self, column: Expression, pattern: Expression, of: ColumnType, *, fold: bool
    ) -> Expression:
        """Return a case-sensitive LIKE with ESCAPE '\\'; *fold* lowers both sides first."""
        ...

    def wire(self, column: Expression, of: ColumnType, options: ValueOptions) -> Expression:
        """Return *column* in the form from which the contract's JSON is made."""
        ...

    def aggregate(self, function: Function, column: Expression, of: ColumnType) -> Expression:
        """Return SUM, AVG, MIN or MAX of *column*, in the result type of the contract."""
        ...

    def aggregate_order(self, function: Function, column: Expression, of: ColumnType) -> Expression:
        """Return what sorts by SUM, AVG, MIN or MAX of *column*."""
        ...

    def truth(self, *, holds: bool) -> Expression:
        """Return a condition that is true, or one that is false, whatever the row."""
        ...

    def is_true(self, check: Expression) -> Expression:
        """Return whether *check* is true, neither false nor unknown; itself never unknown."""
        ...

    def ordered(
        self, key: Expression, *, descending: bool, nulls_first: bool | None
    ) -> sa.ColumnElement[Any]:
        """Return *key* as an ORDER BY term; *nulls_first* is None for a key that is never NULL."""
        ...

    def paged(
        self, query: sa.Select[Any], limit: Expression | None, offset: Expression | None
    ) -> sa.Select[Any]:
        """Return *query* from row *offset* on, at most *limit* rows of it."""
        ...

    def page(self, query: sa.Select[Any], labels: tuple[str, ...]) -> sa.sql.ClauseElement:
        """
        Return *query*, whose columns are *labels*, in the form of `Layout.PAGE`.

        One row: how many rows there are, and their JSON joined by commas. A dialect that makes no
        JSON returns *query* itself.
        """
        ...

    def rows(
        self, query: sa.Select[Any], keys: Sequence[Expression], labels: tuple[str, ...]
    ) -> sa.sql.ClauseElement:
        """
        Return *query*, whose columns are *labels*, in the form of `Layout.ROWS`.

        Each row is its *keys* followed by its JSON, or by its cells where the dialect makes no
        JSON.
        """
        ...

    def returning(
        self, write: sa.Insert | sa.Update, keys: Sequence[Expression]
    ) -> sa.sql.ClauseElement:
        """Return *write* so that it gives the *keys* of each row it wrote."""
        ...

    def deleted_rows(
        self, delete: sa.Delete, deleted: DeletedRows, labels: tuple[str, ...]
    ) -> sa.sql.ClauseElement:
        """
        Return *delete* so that it gives the rows it deleted, in the form of `Layout.ROWS`.

        Where `orders_deleted` is false their order is left open, and the order's keys come first.
        """
        ...

    def keyed_hash(self, text: Expression, key: bytes, digits: int) -> Expression:
        """Return the first *digits* of the lower-case hex HMAC-SHA-256 of *text* under *key*."""
        ...

    def characters(self, text: Expression) -> Expression:
        """
        Return how many characters *text*, a column of kind text, has.

        A dialect may stop at a NUL; then `tail` stops there too.
        """
        ...

    def tail(self, text: Expression, count: int) -> Expression:
        """Return the last *count* characters of *text*, which has at least so many."""
        ...

    def default(self, expression: str | None) -> Expression:
        """Return what sets a column to its default; *expression* is the catalog's own text."""
        ...

    def locator_type(self) -> ColumnType:
        """Return the type under which a row locator travels."""
        ...

    def key(self, column: Expression, of: ColumnType) -> Expression:
        """Return *column* in a form that `key_binder` takes back without loss."""
        ...

    def key_binder(self, of: ColumnType, options: ValueOptions) -> Binder:
        """Return what turns what `key` gave into what `parameter` takes."""
        ...
