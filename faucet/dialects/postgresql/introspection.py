"""Read the catalog of one PostgreSQL schema, in four queries on one snapshot."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple, TypeVar

import msgspec
import psycopg
from psycopg.rows import class_row

from faucet.dialects.postgresql import types
from faucet.dialects.postgresql.errors import classify
from faucet.dialects.postgresql.session import Pins, connection_string
from faucet.dialects.postgresql.types import TypeRow
from faucet.errors import ExecutionError
from faucet.model.catalog import (
    Catalog,
    Column,
    ForeignKey,
    Index,
    Relation,
    RelationKind,
    UniqueKey,
)

_RELATIONS: Final = b"""
SELECT c.oid::int8 AS oid, c.relname AS name, c.relkind::text AS kind,
       obj_description(c.oid, 'pg_class') AS comment,
       pg_relation_is_updatable(c.oid, true) AS verbs,
       c.relispartition OR EXISTS (SELECT FROM pg_inherits WHERE inhrelid = c.oid)
           OR EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass
                      AND objid = c.oid AND objsubid = 0 AND deptype = 'e') AS exact_only,
       EXISTS (SELECT FROM pg_inherits WHERE inhparent = c.oid) AS inherited
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
ORDER BY c.relname
"""
_COLUMNS: Final = b"""
SELECT a.attrelid::int8 AS relation, a.attname AS name, a.attnum AS number,
       a.atttypid::int8 AS type, a.atttypmod AS modifier,
       format_type(a.atttypid, a.atttypmod) AS db_type,
       a.attnotnull AS not_null, a.attidentity::text AS identity, a.attgenerated::text AS generated,
       pg_get_expr(d.adbin, d.adrelid) AS "default",
       col_description(a.attrelid, a.attnum) AS comment,
       coalesce((SELECT l.collisdeterministic FROM pg_collation l WHERE l.oid = a.attcollation),
                true) AS deterministic
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""
_TYPES: Final = b"""
WITH RECURSIVE used(oid) AS (
    SELECT unnest(%s::oid[])
    UNION
    SELECT part FROM used JOIN pg_type t USING (oid)
    CROSS JOIN LATERAL (VALUES (t.typbasetype), (t.typelem)) parts(part)
    WHERE part <> 0
)
SELECT t.oid::int8 AS oid, t.typname AS name, format_type(t.oid, -1) AS spelling,
       n.nspname = 'pg_catalog' AS built_in,
       t.typtype::text AS type, t.typcategory::text AS category, t.typelem::int8 AS element,
       t.typbasetype::int8 AS base, t.typtypmod AS modifier, t.typnotnull AS not_null,
       coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault) AS "default",
       ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid
             ORDER BY e.enumsortorder) AS labels
FROM used JOIN pg_type t USING (oid) JOIN pg_namespace n ON n.oid = t.typnamespace
"""
_INDEXES: Final = b"""
SELECT i.indrelid::int8 AS relation, c.relname AS name, i.indisprimary AS "primary",
       i.indisunique AS "unique",
       i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL AS whole,
       (string_to_array(i.indkey::text, ' ')::int[])[1:i.indnkeyatts] AS numbers
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class r ON r.oid = i.indrelid
JOIN pg_namespace n ON n.oid = r.relnamespace
WHERE n.nspname = %s
ORDER BY c.relname
"""
# A key into a partitioned table has a copy for every partition, whose parent is on the same
# relation. has_schema_privilege: a name that the role cannot resolve is of no use.
_FOREIGN_KEYS: Final = b"""
SELECT k.conrelid::int8 AS relation, k.conname AS name, k.conkey::int[] AS numbers,
       tn.nspname AS schema, t.relname AS "table",
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY keys(number, place)
             JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = keys.number
             ORDER BY keys.place) AS referenced,
       k.confupdtype::text AS on_update, k.confdeltype::text AS on_delete,
       k.condeferred AS deferred
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class t ON t.oid = k.confrelid
JOIN pg_namespace tn ON tn.oid = t.relnamespace
WHERE n.nspname = %s AND k.contype = 'f' AND has_schema_privilege(tn.oid, 'USAGE')
  AND NOT EXISTS (SELECT FROM pg_constraint p
                  WHERE p.oid = k.conparentid AND p.conrelid = k.conrelid)
ORDER BY k.conname
"""
_ACTIONS: Final = {
    "a": "NO ACTION",
    "r": "RESTRICT",
    "c": "CASCADE",
    "n": "SET NULL",
    "d": "SET DEFAULT",
}
_VIEWS: Final = frozenset({"v", "m"})
# Bits of pg_relation_is_updatable.
_UPDATE, _INSERT, _DELETE = 1 << 2, 1 << 3, 1 << 4


class _RelationRow(NamedTuple):
    oid: int
    name: str
    kind: str
    comment: str | None
    verbs: int
    exact_only: bool
    inherited: bool


class _ColumnRow(NamedTuple):
    relation: int
    name: str
    number: int
    type: int
    modifier: int
    db_type: str
    not_null: bool
    identity: str
    generated: str
    default: str | None
    comment: str | None
    deterministic: bool


class _IndexRow(NamedTuple):
    relation: int
    name: str
    primary: bool
    unique: bool
    whole: bool
    numbers: list[int]


class _KeyRow(NamedTuple):
    relation: int
    name: str
    numbers: list[int]
    schema: str
    table: str
    referenced: list[str]
    on_update: str
    on_delete: str
    deferred: bool


class _Parts(NamedTuple):
    """All rows of the schema, by the relation they belong to."""

    columns: Mapping[int, list[_ColumnRow]]
    types: Mapping[int, TypeRow]
    indexes: Mapping[int, list[_IndexRow]]
    keys: Mapping[int, list[_KeyRow]]


_Row = TypeVar("_Row")
_Part = TypeVar("_Part", _ColumnRow, _IndexRow, _KeyRow)


def introspect(dsn: str, schema: str, timeout: float) -> Catalog:
    """
    Return the catalog of *schema*; a schema that does not exist has no relations.

    Types, defaults and the like are spelled as under a search path of pg_catalog only: what is not
    built in is qualified, and so is valid in every session. Privileges are not considered. Raises
    `ExecutionError`, DATABASE_UNAVAILABLE where no connection can be made.
    """
    pins = Pins(statement_timeout=timeout, connect_timeout=timeout, read_only=True)
    try:
        with psycopg.connect(connection_string(dsn, pins)) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            return _read(connection, schema)
    except psycopg.Error as error:
        raise ExecutionError(classify(error)) from error


def _read(connection: psycopg.Connection, schema: str) -> Catalog:
    def rows(of: type[_Row], query: bytes, parameter: object = schema) -> list[_Row]:
        return connection.cursor(row_factory=class_row(of)).execute(query, (parameter,)).fetchall()

    relations = rows(_RelationRow, _RELATIONS)
    columns = rows(_ColumnRow, _COLUMNS)
    parts = _Parts(
        columns=_by_relation(columns),
        types=dict(_types(connection, sorted({column.type for column in columns}))),
        indexes=_by_relation(rows(_IndexRow, _INDEXES)),
        keys=_by_relation(rows(_KeyRow, _FOREIGN_KEYS)),
    )
    return Catalog(
        schema=schema,
        server_version=connection.info.parameter_status("server_version") or "",
        relations={row.name: _relation(row, schema, parts) for row in relations},
    )


def _types(connection: psycopg.Connection, oids: list[int]) -> Iterator[tuple[int, TypeRow]]:
    for oid, *row, labels in connection.execute(_TYPES, (oids,)):
        values = dict(zip(TypeRow.__struct_fields__, (*row, tuple(labels)), strict=True))
        yield oid, TypeRow(**values)


def _by_relation(rows: list[_Part]) -> Mapping[int, list[_Part]]:
    grouped = defaultdict(list)
    for row in rows:
        grouped[row.relation].append(row)
    return grouped


def _relation(row: _RelationRow, schema: str, parts: _Parts) -> Relation:
    is_view = row.kind in _VIEWS
    columns = parts.columns.get(row.oid, [])
    names = {column.number: column.name for column in columns}
    indexes = [(index, _index(index, names)) for index in parts.indexes.get(row.oid, [])]
    return Relation(
        schema=schema,
        name=row.name,
        kind=RelationKind.VIEW if is_view else RelationKind.TABLE,
        columns=tuple(
            _column(column, position, parts.types, is_view=is_view)
            for position, column in enumerate(columns, start=1)
        ),
        primary_key=next((index.columns for found, index in indexes if found.primary), ()),
        unique=tuple(
            UniqueKey(name=index.name, columns=index.columns)
            for found, index in indexes
            if found.unique and found.whole and not found.primary
        ),
        foreign_keys=tuple(_foreign_key(key, names) for key in parts.keys.get(row.oid, [])),
        indexes=tuple(index for _, index in indexes),
        # Children number their own rows, so a parent's ctid is ambiguous.
        row_locator="ctid" if row.kind == "r" and not row.inherited else None,
        insertable=bool(row.verbs & _INSERT),
        updatable=bool(row.verbs & _UPDATE),
        deletable=bool(row.verbs & _DELETE),
        exact_only=row.exact_only,
        comment=row.comment,
    )


def _column(
    row: _ColumnRow, position: int, found: Mapping[int, TypeRow], *, is_view: bool
) -> Column:
    own = None if row.generated else row.default
    inherited = None if row.generated or is_view else types.default(row.type, found)
    serial = own is not None and own.startswith("nextval(")
    return Column(
        name=row.name,
        position=position,
        type=msgspec.structs.replace(
            types.column_type(row.db_type, row.type, row.modifier, found),
            deterministic=row.deterministic,
        ),
        nullable=is_view or not (row.not_null or types.not_null(row.type, found)),
        default=inherited if own is None else own,
        generated=bool(row.generated) or row.identity == "a",
        auto_increment=bool(row.identity) or serial,
        comment=row.comment,
    )


def _index(row: _IndexRow, names: Mapping[int, str]) -> Index:
    columns = tuple(names[number] for number in row.numbers if number in names)
    return Index(name=row.name, columns=columns, unique=row.unique)


def _foreign_key(row: _KeyRow, names: Mapping[int, str]) -> ForeignKey:
    return ForeignKey(
        name=row.name,
        columns=tuple(names[number] for number in row.numbers),
        referenced_schema=row.schema,
        referenced_table=row.table,
        referenced_columns=tuple(row.referenced),
        on_delete=_ACTIONS[row.on_delete],
        on_update=_ACTIONS[row.on_update],
        deferred=row.deferred,
    )
