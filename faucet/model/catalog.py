"""The catalog of a service from introspection: relations, columns, keys."""

from collections.abc import Mapping

import msgspec

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

    *db_type* is the database's own full spelling; where it names a domain, *base* is that of the
    type below, without length or scale, and None elsewhere. *bits* is the width of an integer (16,
    32, 64) or float (32, 64); *length* counts characters (bytes for binary); *precision* and
    *scale* are a decimal's, *precision* alone the fraction digits of times; *digits* is how many
    significant digits of a decimal the database keeps. *days* bounds a date or timestamp, or those
    in an array. *provable* is false where the database does not enforce the type (a SQLite column
    without a declared type, a computed view column), so that no rule may use it. *deterministic* is
    false for text whose collation treats different strings as equal.
    """

    kind: Kind
    db_type: str
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    bits: int | None = None
    unsigned: bool = False
    padded: bool = False
    labels: tuple[str, ...] = ()
    element: Kind | None = None
    digits: int | None = None
    days: Days | None = None
    provable: bool = True
    base: str | None = None
    deterministic: bool = True


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column. *generated* means computed or identity ALWAYS: it cannot be written."""

    name: str
    position: int
    type: ColumnType
    nullable: bool
    default: str | None = None
    generated: bool = False
    auto_increment: bool = False
    comment: str | None = None


class UniqueKey(msgspec.Struct, frozen=True, kw_only=True):
    """A unique constraint or full unique index over plain columns."""

    name: str
    columns: tuple[str, ...]


class ForeignKey(msgspec.Struct, frozen=True, kw_only=True):
    """
    A foreign key; *referenced_columns* pair with *columns*. A *deferred* one is checked when the
    transaction commits, the others after each statement.
    """

    name: str
    columns: tuple[str, ...]
    referenced_schema: str | None
    referenced_table: str
    referenced_columns: tuple[str, ...]
    on_delete: str = "NO ACTION"
    on_update: str = "NO ACTION"
    deferred: bool = False


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

    *row_locator* is a physical row address usable inside one transaction where there is no primary
    key (PostgreSQL's ctid, a SQLite rowid name that no column hides), or None. *exact_only*
    relations (partitions, inheritance children, extension-owned tables) match by exact name, never
    by a glob.
    """

    schema: str | None
    name: str
    kind: RelationKind
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    unique: tuple[UniqueKey, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    indexes: tuple[Index, ...] = ()
    row_locator: str | None = None
    insertable: bool = True
    updatable: bool = True
    deletable: bool = True
    exact_only: bool = False
    comment: str | None = None

    def column(self, name: str) -> Column | None:
        """Return the column of that exact name."""
        return next((column for column in self.columns if column.name == name), None)


class Catalog(msgspec.Struct, frozen=True, kw_only=True):
    """The catalog of one service, relations by exact name."""

    schema: str | None
    server_version: str
    relations: Mapping[str, Relation]


class Unreachable(msgspec.Struct, frozen=True, kw_only=True):
    """
    Replaces the catalog of a service whose database did not answer; *reason* is for the log.
    """

    reason: str
