"""Statement shapes: everything about a statement except its values and its SQL text. Hashable.

Parts that many shapes share, and that outlive a request, cache their hash.

Values are passed next to a shape as one tuple; `Slot(index)` and `Slots(first, count)` point into
it. Two requests with equal shapes share one compiled statement.
"""

import msgspec

from faucet.model.catalog import ColumnType
from faucet.model.filters.condition import Condition, Slot
from faucet.names import ClosedSet


class Function(ClosedSet):
    """The aggregates."""

    COUNT = "COUNT"
    SUM = "SUM"
    AVG = "AVG"
    MIN = "MIN"
    MAX = "MAX"


class RelationName(msgspec.Struct, frozen=True, kw_only=True, cache_hash=True):
    """A relation in its database."""

    schema: str | None
    name: str


class Typed(msgspec.Struct, frozen=True, kw_only=True, cache_hash=True):
    """A column of the statement's relation with its type."""

    name: str
    type: ColumnType
    nullable: bool = True


class Output(msgspec.Struct, frozen=True, kw_only=True, cache_hash=True):
    """
    One column of the result, named *label*.

    Without *column* it is ``COUNT(*)``. *type* is the type of the result. *mask* names a transform
    that hides the column from everyone.
    """

    label: str
    column: str | None
    type: ColumnType
    function: Function | None = None
    mask: str | None = None


class OrderTerm(msgspec.Struct, frozen=True, kw_only=True, cache_hash=True):
    """
    Order by a column, or by an aggregate of one (*function* set; COUNT(*) has no *column*).

    NULL sorts as the largest value unless *nulls_first* is set. A *stored* term orders the cells of
    a loose column as they are stored, for which an index can be used, not as they are returned.
    """

    column: str | None
    function: Function | None = None
    descending: bool = False
    nulls_first: bool | None = None
    nullable: bool = True
    stored: bool = False


class Layout(ClosedSet):
    """The layout of rows in a result: all as one text, or one by one."""

    PAGE = "page"
    ROWS = "rows"


class AnswerForm(msgspec.Struct, frozen=True, kw_only=True, cache_hash=True):
    """The form of returned rows; each is preceded by its *keys*, which need `Layout.ROWS`."""

    layout: Layout = Layout.PAGE
    keys: tuple[str, ...] = ()


class Select(msgspec.Struct, frozen=True, kw_only=True, cache_hash=True):
    """
    Read rows as JSON objects of *outputs*, in the given *form*.

    *columns* are the typed columns that the statement mentions.
    """

    relation: RelationName
    columns: tuple[Typed, ...]
    outputs: tuple[Output, ...]
    where: Condition
    group: tuple[str, ...] = ()
    order: tuple[OrderTerm, ...] = ()
    limit: Slot | None = None
    offset: Slot | None = None
    form: AnswerForm = AnswerForm()


class Count(msgspec.Struct, frozen=True, kw_only=True, cache_hash=True):
    """
    Count rows, or with *group* groups; unless it *spans* them, without those of tables below.

    One row of one integer.
    """

    relation: RelationName
    columns: tuple[Typed, ...]
    where: Condition
    group: tuple[str, ...] = ()
    spans: bool = True


class Locate(msgspec.Struct, frozen=True, kw_only=True):
    """Read *keys* of the rows that match, in no order; with *lock* nobody else changes them."""

    relation: RelationName
    columns: tuple[Typed, ...]
    keys: tuple[str, ...]
    where: Condition
    lock: bool = False


class Insert(msgspec.Struct, frozen=True, kw_only=True):
    """
    Insert one row of *assign* (values from slot 0, in that order); the others get their default.
    Returns *keys*. A conflict is an error, unless the relation *keeps_conflicts* (`Relation`).
    """

    relation: RelationName
    columns: tuple[Typed, ...]
    assign: tuple[str, ...]
    keys: tuple[str, ...]
    keeps_conflicts: bool = False


class Update(msgspec.Struct, frozen=True, kw_only=True):
    """
    Update the rows that match. Returns the new *keys* of each.

    *assign* get the values from slot 0, in that order; *defaults* get their column's default
    (*default_sql* pairs with them: the catalog's own expression, None for NULL). *keeps_conflicts*
    as in `Insert`.
    """

    relation: RelationName
    columns: tuple[Typed, ...]
    assign: tuple[str, ...]
    where: Condition
    keys: tuple[str, ...]
    defaults: tuple[str, ...] = ()
    default_sql: tuple[str | None, ...] = ()
    keeps_conflicts: bool = False


class Delete(msgspec.Struct, frozen=True, kw_only=True):
    """Delete the rows that match. With *outputs*, returns each as JSON, in the given *order*."""

    relation: RelationName
    columns: tuple[Typed, ...]
    where: Condition
    outputs: tuple[Output, ...] = ()
    order: tuple[OrderTerm, ...] = ()


class CountCheckPasses(msgspec.Struct, frozen=True, kw_only=True):
    """Count the rows that match *where* and for which *check* IS TRUE. One row of one integer."""

    relation: RelationName
    columns: tuple[Typed, ...]
    where: Condition
    check: Condition


class EvaluateCheck(msgspec.Struct, frozen=True, kw_only=True):
    """
    Whether *check* IS TRUE of a row made of *given* (values from slot 0) and *defaults* (columns
    with the catalog's own expressions), reading no table. One row: 1 or 0.
    """

    columns: tuple[Typed, ...]
    given: tuple[str, ...]
    check: Condition
    defaults: tuple[tuple[str, str], ...] = ()


class CountCheckFailures(msgspec.Struct, frozen=True, kw_only=True):
    """
    Count the rows that match *where* and for which *check* would not be true after an update.

    *assign*, *defaults* and *default_sql* are that update's, as in `Update`. One row, one integer.
    """

    relation: RelationName
    columns: tuple[Typed, ...]
    assign: tuple[str, ...]
    where: Condition
    check: Condition
    defaults: tuple[str, ...] = ()
    default_sql: tuple[str | None, ...] = ()


class CountMissingParents(msgspec.Struct, frozen=True, kw_only=True):
    """
    Count the rows that match *where* and whose *references* match no parent that meets *seen*.

    Rows with a NULL among *references* do not count. *collations* and *spans* as in `ForeignKey`.
    One row of one integer.
    """

    relation: RelationName
    columns: tuple[Typed, ...]
    where: Condition
    references: tuple[str, ...]
    parent: RelationName
    parent_columns: tuple[Typed, ...]
    referenced: tuple[str, ...]
    seen: Condition
    collations: tuple[str | None, ...] = ()
    spans: bool = False


Statement = (
    Select
    | Count
    | Locate
    | Insert
    | Update
    | Delete
    | CountCheckPasses
    | EvaluateCheck
    | CountCheckFailures
    | CountMissingParents
)
