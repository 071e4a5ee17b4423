"""The catalog of a service from introspection: relations, columns, keys."""

from collections.abc import Mapping

import msgspec

from faucet.model.privileges import Gaps
from faucet.names import ClosedSet


class Kind(ClosedSet):
    """The value kinds of the contract; every database type maps to one."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    BOOLEAN = "boolean"
    TEXT = "text"
    ENUM = "enum"
    UUID = "uuid"
    BINARY = "binary"
    DATE = "date"
    TIME = "time"
    TIMESTAMP = "timestamp"
    TIMESTAMPTZ = "timestamptz"
    INTERVAL = "interval"
    JSON = "json"
    ARRAY = "array"
    COMPOSITE = "composite"
    OPAQUE = "opaque"


NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT})
ORDERED = NUMBERS | {
    Kind.TEXT,
    Kind.DATE,
    Kind.TIME,
    Kind.TIMESTAMP,
    Kind.TIMESTAMPTZ,
    Kind.INTERVAL,
}
"""Kinds that < > BETWEEN support."""
EQUATABLE = ORDERED | {Kind.ENUM, Kind.BOOLEAN, Kind.UUID, Kind.BINARY}
"""Kinds that = != IN, order and group support."""
FIXED_SIZE = frozenset(
    {
        Kind.INTEGER,
        Kind.FLOAT,
        Kind.BOOLEAN,
        Kind.ENUM,
        Kind.UUID,
        Kind.DATE,
        Kind.TIME,
        Kind.TIMESTAMP,
        Kind.TIMESTAMPTZ,
        Kind.INTERVAL,
    }
)
"""Kinds whose values all take the same time to compare."""
EXTREMAL = NUMBERS | {Kind.TEXT, Kind.DATE, Kind.TIME, Kind.TIMESTAMP, Kind.TIMESTAMPTZ}
"""Kinds that MIN and MAX support."""


class Days(msgspec.Struct, frozen=True, kw_only=True):
    """
    The days from *first* to *last*, counted from 1970-01-01.

    With *infinite* the infinities are before and after them.
    """

    first: int
    last: int
    infinite: bool

    def __contains__(self, day: int) -> bool:
        """Return whether *day* is one of them."""
        return self.first <= day <= self.last


class ColumnType(msgspec.Struct, frozen=True, kw_only=True, cache_hash=True):
    """
    The type of a column.

    *db_type* is the database's own full spelling; *base* is that of the type itself, below
    domains and without length or scale, or None where it is not needed. *operators* is the
    schema of its operators, None if they are built in. *bits* is the width of an integer (16,
    32, 64), of a float (32, 64), or of a decimal that is stored as an integer of its last
    places; *length* counts characters (bytes for binary), *octets* the bytes of a text in
    UTF-8; *precision* and *scale* are a decimal's, *precision* alone the fraction digits of
    times; *digits* is how many significant digits of a decimal the database keeps; a *special*
    one can be NaN or infinite. *unit* is the smallest part of an interval that the database
    keeps, if it drops others. *days* bounds a date or timestamp. *element* is the type of an
    array's elements, *fields* are those of a composite. *provable* is false where the database
    does not enforce the type (a SQLite column without a declared type, a computed view column),
    so that no rule may use it. *deterministic* is false for text whose collation treats
    different strings as equal. A *loose* column may hold values of any type, and in any
    spelling: they are compared as they are returned. An opaque type is *keyed* if the database
    compares its values for equality, so that they can be keys.
    """

    kind: Kind
    db_type: str
    length: int | None = None
    octets: int | None = None
    precision: int | None = None
    scale: int | None = None
    bits: int | None = None
    unsigned: bool = False
    padded: bool = False
    labels: tuple[str, ...] = ()
    element: "ColumnType | None" = None
    fields: "tuple[CompositeField, ...]" = ()
    digits: int | None = None
    special: bool = False
    unit: str | None = None
    days: Days | None = None
    provable: bool = True
    base: str | None = None
    operators: str | None = None
    deterministic: bool = True
    loose: bool = False
    keyed: bool = False


def can_be_key(of: ColumnType) -> bool:
    """Return whether rows can be selected by keys of type *of*."""
    return of.kind in EQUATABLE or of.keyed


def is_judged(of: ColumnType) -> bool:
    """Return whether only the database knows which texts are values of type *of*."""
    parts = [each.type for each in of.fields]
    nested = parts if of.element is None else [*parts, of.element]
    return of.kind is Kind.OPAQUE or any(map(is_judged, nested))


class CompositeField(msgspec.Struct, frozen=True, kw_only=True, cache_hash=True):
    """A field of a composite type."""

    name: str
    type: ColumnType


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """
    One column. *generated* means computed or identity ALWAYS: it cannot be written.

    *insertable* and *updatable* are false where that verb cannot write a column of a view, which
    the other one may. *computed* means that its value may be computed when it is read, which may
    fail, or take as long as the value takes.
    """

    name: str
    position: int
    type: ColumnType
    nullable: bool
    default: str | None = None
    generated: bool = False
    insertable: bool = True
    updatable: bool = True
    computed: bool = False
    auto_increment: bool = False
    comment: str | None = None


class UniqueKey(msgspec.Struct, frozen=True, kw_only=True):
    """A unique constraint or full unique index over plain columns."""

    name: str
    columns: tuple[str, ...]


class ForeignKey(msgspec.Struct, frozen=True, kw_only=True):
    """
    A foreign key; *referenced_columns* pair with *columns*. A *deferred* one is checked when the
    transaction commits, the others after each statement. *collations* are those of the referenced
    columns as SQL, by which the database compares, None where the column itself has the same;
    () if all have. Rows of tables below the referenced one count if it *spans* them.
    """

    name: str
    columns: tuple[str, ...]
    referenced_schema: str | None
    referenced_table: str
    referenced_columns: tuple[str, ...]
    on_delete: str = "NO ACTION"
    on_update: str = "NO ACTION"
    deferred: bool = False
    collations: tuple[str | None, ...] = ()
    spans: bool = False


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """An index over plain columns; expression parts are left out of *columns*."""

    name: str
    columns: tuple[str, ...]
    unique: bool


class RelationKind(ClosedSet):
    """The kind of a relation."""

    TABLE = "table"
    VIEW = "view"


class Relation(msgspec.Struct, frozen=True, kw_only=True):
    """
    A table or view.

    *shown_keys* are those of a table that a view shows, where each of its rows is one of that
    table, so that they are unique among them. *row_locator* is a physical row address usable
    inside one transaction where there is no primary key (PostgreSQL's ctid, a SQLite rowid name
    that no column hides), or None. *exact_only* relations (partitions, inheritance children,
    extension-owned tables) match by exact name, never
    by a glob. *keeps_conflicts* means that a write must not override how the schema resolves
    conflicts, because that would change its triggers: no constraint that the write itself can
    violate resolves them. *skips_rows* means that a trigger or rule may keep a write from a row
    that it selects, or put it elsewhere, and *moves_rows* that one may move it afterwards.
    *returns_changes* is false where an update or delete does
    not return the keys and the number of the rows that it changes. *runs_code* means that reading
    it may run functions that the database's users wrote: those of a view, a foreign table or a
    row-level policy. *spans_children* means that other tables inherit from it, so that its rows
    include theirs, over which its own keys are not unique.
    """

    schema: str | None
    name: str
    kind: RelationKind
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    unique: tuple[UniqueKey, ...] = ()
    shown_keys: tuple[tuple[str, ...], ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    indexes: tuple[Index, ...] = ()
    row_locator: str | None = None
    insertable: bool = True
    updatable: bool = True
    deletable: bool = True
    exact_only: bool = False
    keeps_conflicts: bool = False
    skips_rows: bool = True
    moves_rows: bool = True
    returns_changes: bool = True
    runs_code: bool = True
    spans_children: bool = False
    comment: str | None = None

    def column(self, name: str) -> Column | None:
        """Return the column of that exact name."""
        return next((column for column in self.columns if column.name == name), None)


class Catalog(msgspec.Struct, frozen=True, kw_only=True):
    """
    The catalog of one service, relations by exact name.

    *read_only* is why nothing can be written, whatever the service says; None if that is not so.
    *gaps* are what the database's user may not do, by relation, for those where that is anything.
    *schemas* are the schemas that exist, if *schema* does not.
    """

    schema: str | None
    server_version: str
    relations: Mapping[str, Relation]
    read_only: str | None = None
    gaps: Mapping[str, Gaps] = {}
    schemas: tuple[str, ...] | None = None


class Unreachable(msgspec.Struct, frozen=True, kw_only=True):
    """
    Replaces the catalog of a service whose database did not answer; *reason* is for the log.

    *schemas* as in `Catalog`: the database answers, but the service's schema does not exist.
    """

    reason: str
    schemas: tuple[str, ...] | None = None
