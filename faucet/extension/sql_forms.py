"""The SQL of one database: the forms from which statements are built."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from faucet.model.catalog import ColumnType
from faucet.model.filters.condition import Scalar
from faucet.model.filters.predicate import Operator
from faucet.model.settings import ValueOptions
from faucet.model.statement import Function

Expression = sa.ColumnElement[Any]
Binder = Callable[[Scalar], object]
"""Converts a canonical value (`model/values`) to what the driver accepts."""


class CompiledText(msgspec.Struct, frozen=True, kw_only=True):
    """SQL with positional placeholders, their names in order, and the constants."""

    sql: str
    names: tuple[str, ...]
    constants: Mapping[str, object]


class DeletedRows(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a DELETE returns of its rows.

    *select* builds the query of the outputs, in order, from a source that has the relation's
    *columns*; *keys* are the sort keys.
    """

    select: Callable[[sa.FromClause], sa.Select[Any]]
    columns: Sequence[Expression]
    keys: Sequence[Expression]


class LooseColumn(msgspec.Struct, frozen=True, kw_only=True):
    """
    A loose column (`ColumnType`) in a statement: its *cell*, its *type*, its service's *options*.

    *exact* means that text is compared by code points, whatever the column's collation.
    """

    cell: Expression
    type: ColumnType
    options: ValueOptions
    exact: bool = False


class LooseValue(msgspec.Struct, frozen=True, kw_only=True):
    """
    A value of a statement as the dialect compares it with a loose column.

    *bound* returns a parameter for it, converted by a function that gets the value; the text keeps
    the parameters of one value apart. *spelled* means that the value is a `Spelling`.
    """

    bound: Callable[[str, Binder], Expression]
    spelled: bool = False


class SqlForms(Protocol):
    """
    One database's SQL for the contract.

    Pure; SQLAlchemy expressions in and out. Everything that differs between databases in a
    statement's text is here, so that `sql/` never checks a dialect's name.
    """

    array_parameters: bool
    """As in `DialectFacts`."""
    makes_json: bool
    """
    Whether the database produces the JSON of rows; otherwise it returns cells and `sql/cells`
    produces it.
    """
    orders_deleted: bool
    """Whether a DELETE can return the rows it deleted in an order."""

    def compile(self, statement: sa.sql.ClauseElement) -> CompiledText:
        """Return the SQL text of *statement*."""
        ...

    def operand_type(self, of: ColumnType) -> TypeEngine[Any]:
        """Return SQLAlchemy's type of a column of type *of*, which writes its comparisons."""
        ...

    def parameter(self, name: str, of: ColumnType) -> Expression:
        """
        Return the parameter *name* as a value to compare with, or write to, a column of type *of*.
        """
        ...

    def binder(self, of: ColumnType, options: ValueOptions) -> Binder:
        """Return the function that converts a canonical value for `parameter` of the same type."""
        ...

    def any_of(
        self, column: Expression, name: str, of: ColumnType, *, exact: bool = False
    ) -> Expression:
        """
        Return ``column IN (all values of the one array parameter name)``; array dialects only.

        *exact* means that *column* is the result of `exact`.
        """
        ...

    def array_binder(
        self, of: ColumnType, options: ValueOptions, *, keys: bool
    ) -> Callable[[tuple[Scalar, ...]], object]:
        """
        Return the function that converts values to the array parameter of `any_of`.

        The values are canonical, or with *keys* as `key` returned them.
        """
        ...

    def comparable(self, column: Expression, of: ColumnType) -> Expression:
        """Return *column* so that it compares with `parameter` by value, in its own collation."""
        ...

    def exact(self, column: Expression, of: ColumnType) -> Expression:
        """Return *column* so that it compares by code points (text) or by value (instants)."""
        ...

    def exact_parameter(self, name: str, of: ColumnType) -> Expression:
        """Return the parameter *name* for comparison with `exact` of a column of type *of*."""
        ...

    def fits(self, column: LooseColumn) -> Expression:
        """Return whether the value of *column* has a place in the order of its type."""
        ...

    def loose_equality(self, column: LooseColumn, values: Sequence[LooseValue]) -> Expression:
        """Return whether *column* returns one of *values*; an index can be used if possible."""
        ...

    def loose_order(self, column: LooseColumn, operator: Operator, value: LooseValue) -> Expression:
        """Return ``column operator value`` for < <= > >=; it never holds for what does not fit."""
        ...

    def order_key(self, column: LooseColumn) -> Expression:
        """Return what orders rows by the values that *column* returns."""
        ...

    def group_key(self, column: LooseColumn) -> Expression:
        """Return what is equal where *column* returns equal values."""
        ...

    def extreme_key(self, column: LooseColumn) -> Expression:
        """Return what MIN and MAX of *column* take."""
        ...

    def assigned(self, column: LooseColumn, value: Expression) -> Expression:
        """
        Return what an update sets *column* to: its own cell if that is returned as *value* is.
        """
        ...

    def like(
        self, column: Expression, pattern: Expression, of: ColumnType, *, fold: bool
    ) -> Expression:
        """Return a case-sensitive LIKE with ESCAPE '\\'; *fold* lowers both sides first."""
        ...

    def wire(self, column: Expression, of: ColumnType, options: ValueOptions) -> Expression:
        """Return *column* in the form from which the contract's JSON is produced."""
        ...

    def aggregate(self, function: Function, column: Expression, of: ColumnType) -> Expression:
        """Return SUM, AVG, MIN or MAX of *column*, in the result type of the contract."""
        ...

    def aggregate_order(self, function: Function, column: Expression, of: ColumnType) -> Expression:
        """Return the sort key for SUM, AVG, MIN or MAX of *column*."""
        ...

    def truth(self, *, holds: bool) -> Expression:
        """Return a condition that is true, or one that is false, whatever the row."""
        ...

    def beside_guard(self, policy: Expression) -> Expression:
        """
        Return *policy* for use beside a CASE with the same condition.

        The optimizer may use indexes for it, but not what it says about columns in the CASE.
        """
        ...

    def is_true(self, check: Expression) -> Expression:
        """Return whether *check* is true, neither false nor unknown; itself never unknown."""
        ...

    def reference(self, column: Expression, collation: str | None) -> Expression:
        """
        Return a column to be compared with the one that it references, as the database compares.

        *collation* is that of the referenced one as SQL, if the column has another.
        """
        ...

    def own_rows(self, query: sa.Select[Any], table: sa.FromClause) -> sa.Select[Any]:
        """Return *query* so that it reads no rows of tables below *table*, which it selects."""
        ...

    def ordered(
        self, key: Expression, *, descending: bool, nulls_first: bool | None
    ) -> sa.ColumnElement[Any]:
        """Return *key* as an ORDER BY term; *nulls_first* is None for a key that is never NULL."""
        ...

    def paged(
        self, query: sa.Select[Any], limit: Expression | None, offset: Expression | None
    ) -> sa.Select[Any]:
        """Return at most *limit* rows of *query*, starting at row *offset*."""
        ...

    def page(
        self, query: sa.Select[Any], labels: tuple[str, ...], max_bytes: int
    ) -> sa.sql.ClauseElement:
        """
        Return *query*, whose columns are *labels*, in the form of `Layout.PAGE`.

        One row: how many rows there are, and their JSON joined by commas, NULL instead if it is
        longer than *max_bytes*. A dialect that produces no JSON returns *query* itself.
        """
        ...

    def rows(
        self,
        query: sa.Select[Any],
        keys: Sequence[Expression],
        labels: tuple[str, ...],
        max_bytes: int,
    ) -> sa.sql.ClauseElement:
        """
        Return *query*, whose columns are *labels*, in the form of `Layout.ROWS`.

        Each row is its *keys* followed by its JSON, or by its cells if the dialect produces no
        JSON. The JSON of every row is NULL if that of all is longer than *max_bytes*.
        """
        ...

    def refuse_conflicts(self, write: sa.Insert | sa.Update) -> sa.Insert | sa.Update:
        """Return *write* so that a conflict is an error, whatever its table says."""
        ...

    def returning(
        self, write: sa.Insert | sa.Update, keys: Sequence[Expression]
    ) -> sa.sql.ClauseElement:
        """Return *write* so that it returns the *keys* of each row it wrote."""
        ...

    def deleted_rows(
        self, delete: sa.Delete, deleted: DeletedRows, labels: tuple[str, ...], max_bytes: int
    ) -> sa.sql.ClauseElement:
        """
        Return *delete* so that it returns the rows it deleted, in the form of `Layout.ROWS`.

        If `orders_deleted` is false their order is unspecified, and the sort keys come first.
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
        """Return the last *count* characters of *text*, which has at least that many."""
        ...

    def default(self, expression: str | None) -> Expression:
        """
        Return the expression that sets a column to its default; *expression* is the catalog's own
        text.
        """
        ...

    def locator_type(self) -> ColumnType:
        """Return the type of a row locator as a parameter."""
        ...

    def key(self, column: Expression, of: ColumnType) -> Expression:
        """Return *column* in a form that `key_binder` can convert back without loss."""
        ...

    def key_binder(self, of: ColumnType, options: ValueOptions) -> Binder:
        """Return the function that converts what `key` returned for `parameter`."""
        ...
