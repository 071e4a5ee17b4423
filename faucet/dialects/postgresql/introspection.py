"""Read the catalog of one PostgreSQL schema, in a few queries on one snapshot."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple, TypeVar

import msgspec
import psycopg
from psycopg.rows import class_row

from faucet.dialects.postgresql import types
from faucet.dialects.postgresql.errors import classify
from faucet.dialects.postgresql.privileges import read_gaps
from faucet.dialects.postgresql.session import Pins, session_of
from faucet.dialects.postgresql.types import FieldRow, TypeRow
from faucet.dialects.postgresql.view_columns import VIEW_RULES, RuleRow, Rules, ViewColumn
from faucet.errors import ExecutionError
from faucet.executors.postgresql_session import open_blocking_session
from faucet.extension.dialect import Wanted
from faucet.model.catalog import (
    Catalog,
    Column,
    ForeignKey,
    Index,
    Relation,
    RelationKind,
    UniqueKey,
)

# Our INSERT and UPDATE have RETURNING, which needs a rule with RETURNING where one replaces them.
_RELATIONS: Final = b"""
SELECT c.oid::int8 AS oid, c.relname AS name, c.relkind::text AS kind,
       obj_description(c.oid, 'pg_class') AS comment,
       pg_relation_is_updatable(c.oid, true) & ~(SELECT coalesce(sum(1 << event), 0)::int FROM (
           SELECT r.ev_type::text::int AS event FROM pg_rewrite r
           WHERE r.ev_class = c.oid AND r.is_instead AND r.ev_enabled IN ('O', 'A')
           GROUP BY r.ev_type
           HAVING CASE WHEN r.ev_type = '4' THEN c.relkind = 'v' AND bool_and(r.ev_qual <> '<>')
                  ELSE bool_and(r.ev_action::text NOT LIKE '%%:returningList (%%') END
       ) AS rejected) AS verbs,
       c.relispartition OR EXISTS (SELECT FROM pg_inherits WHERE inhrelid = c.oid)
           OR EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass
                      AND objid = c.oid AND objsubid = 0 AND deptype = 'e') AS exact_only,
       EXISTS (SELECT FROM pg_inherits WHERE inhparent = c.oid) AS inherited,
       c.relkind IN ('v', 'f') OR c.relrowsecurity AS runs_code,
       c.relkind <> 'r' OR c.relhasrules OR c.relhassubclass OR EXISTS (
           SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgtype & 2 <> 0) AS skips_rows,
       c.relkind <> 'r' OR c.relhassubclass OR EXISTS (
           SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal) AS moves_rows
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
    CROSS JOIN LATERAL (
        VALUES (t.typbasetype), (t.typelem)
        UNION ALL
        SELECT a.atttypid FROM pg_attribute a
        WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
    ) parts(part)
    WHERE part <> 0
)
SELECT t.oid::int8 AS oid, t.typname AS name, format_type(t.oid, -1) AS spelling,
       n.nspname = 'pg_catalog' AS built_in,
       t.typtype::text AS type, t.typcategory::text AS category, t.typelem::int8 AS element,
       t.typbasetype::int8 AS base, t.typtypmod AS modifier, t.typnotnull AS not_null,
       coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault) AS "default",
       ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid
             ORDER BY e.enumsortorder) AS labels,
       (SELECT s.nspname FROM pg_opclass c
        JOIN pg_am m ON m.oid = c.opcmethod AND m.amname = 'btree'
        JOIN pg_amop a ON a.amopfamily = c.opcfamily AND a.amopstrategy = 3
                      AND a.amoplefttype = t.oid AND a.amoprighttype = t.oid
        JOIN pg_operator o ON o.oid = a.amopopr JOIN pg_namespace s ON s.oid = o.oprnamespace
        WHERE c.opcdefault AND c.opcintype = t.oid AND s.nspname <> 'pg_catalog') AS operators,
       (SELECT json_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod),
                                         a.atttypid::int8, a.atttypmod) ORDER BY a.attnum)
        FROM pg_attribute a
        WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) AS fields
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
# relation. A row written through a table may be one of a table below, whose own keys then hold
# as well. has_schema_privilege: a name that the role cannot resolve is of no use.
_FOREIGN_KEYS: Final = b"""
WITH RECURSIVE below(top, oid) AS (
    SELECT c.oid, c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %s
    UNION SELECT b.top, i.inhrelid FROM below b JOIN pg_inherits i ON i.inhparent = b.oid
)
SELECT b.top::int8 AS relation, k.conname AS name,
       ARRAY(SELECT own.attnum::int FROM unnest(k.conkey) WITH ORDINALITY keys(number, place)
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = keys.number
             LEFT JOIN pg_attribute own ON own.attrelid = b.top AND own.attname = a.attname
             ORDER BY keys.place) AS numbers,
       tn.nspname AS schema, t.relname AS "table",
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY keys(number, place)
             JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = keys.number
             ORDER BY keys.place) AS referenced,
       k.confupdtype::text AS on_update, k.confdeltype::text AS on_delete,
       k.condeferred AS deferred, t.relkind = 'p' AS spans,
       ARRAY(SELECT CASE WHEN far.attcollation <> near.attcollation
                    THEN format('%%I.%%I', ln.nspname, l.collname) END
             FROM unnest(k.conkey, k.confkey) WITH ORDINALITY keys(near, far, place)
             JOIN pg_attribute near ON near.attrelid = k.conrelid AND near.attnum = keys.near
             JOIN pg_attribute far ON far.attrelid = k.confrelid AND far.attnum = keys.far
             LEFT JOIN pg_collation l ON l.oid = far.attcollation
             LEFT JOIN pg_namespace ln ON ln.oid = l.collnamespace
             ORDER BY keys.place) AS collations
FROM below b
JOIN pg_constraint k ON k.conrelid = b.oid
JOIN pg_class t ON t.oid = k.confrelid
JOIN pg_namespace tn ON tn.oid = t.relnamespace
WHERE k.contype = 'f' AND (b.oid = b.top OR k.conparentid = 0)
  AND has_schema_privilege(tn.oid, 'USAGE')
  AND NOT EXISTS (SELECT FROM pg_constraint p
                  WHERE p.oid = k.conparentid AND p.conrelid = k.conrelid)
ORDER BY k.conname
"""
_SCHEMAS: Final = b"SELECT nspname FROM pg_namespace ORDER BY nspname"
_ACTIONS: Final = {
    "a": "NO ACTION",
    "r": "RESTRICT",
    "c": "CASCADE",
    "n": "SET NULL",
    "d": "SET DEFAULT",
}
_VIEWS: Final = frozenset({"v", "m"})
_VIRTUAL: Final = "v"
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
    runs_code: bool
    skips_rows: bool
    moves_rows: bool


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
    spans: bool
    collations: list[str | None]


class _Parts(NamedTuple):
    """All rows of the schema, by the relation they belong to."""

    columns: Mapping[int, list[_ColumnRow]]
    types: Mapping[int, TypeRow]
    indexes: Mapping[int, list[_IndexRow]]
    keys: Mapping[int, list[_KeyRow]]
    rules: Rules


_Row = TypeVar("_Row")
_Part = TypeVar("_Part", _ColumnRow, _IndexRow, _KeyRow)


def introspect(dsn: str, wanted: Wanted, schema: str) -> Catalog:
    """
    Return the catalog of *schema*; a schema that does not exist has no relations.

    Types, defaults and the like are spelled as under a search path of pg_catalog only: what is not
    built in is qualified, and so is valid in every session. Privileges hide nothing. Raises
    `ExecutionError`, DATABASE_UNAVAILABLE where no connection can be made.
    """
    pins = Pins(
        statement_timeout=wanted.timeout,
        connect_timeout=wanted.timeout,
        read_only=True,
        pooled=wanted.pooled,
    )
    try:
        with open_blocking_session(session_of(dsn, pins)) as connection:
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
        rules=Rules(rows(RuleRow, VIEW_RULES)),
    )
    return Catalog(
        schema=schema,
        server_version=connection.info.parameter_status("server_version") or "",
        relations={row.name: _relation(row, schema, parts) for row in relations},
        gaps=read_gaps(connection, schema),
        schemas=_schemas(connection, schema),
    )


def _schemas(connection: psycopg.Connection, schema: str) -> tuple[str, ...] | None:
    found = tuple(name for (name,) in connection.execute(_SCHEMAS))
    return None if schema in found else found


def _types(connection: psycopg.Connection, oids: list[int]) -> Iterator[tuple[int, TypeRow]]:
    for oid, *row, labels, operators, fields in connection.execute(_TYPES, (oids,)):
        cells = (*row, tuple(labels), operators, tuple(FieldRow(*each) for each in fields or ()))
        values = dict(zip(TypeRow.__struct_fields__, cells, strict=True))
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
    taken = parts.rules.columns(row.oid, names) if row.kind == "v" else {}
    indexes = [(index, _index(index, names)) for index in parts.indexes.get(row.oid, [])]
    return Relation(
        schema=schema,
        name=row.name,
        kind=RelationKind.VIEW if is_view else RelationKind.TABLE,
        columns=tuple(
            _as_written(
                _column(column, position, parts.types, is_view=is_view),
                row,
                taken.get(column.number),
            )
            for position, column in enumerate(columns, start=1)
        ),
        primary_key=next((index.columns for found, index in indexes if found.primary), ()),
        unique=tuple(
            UniqueKey(name=index.name, columns=index.columns)
            for found, index in indexes
            if found.unique and found.whole and not found.primary
        ),
        shown_keys=tuple(
            tuple(names[number] for number in key)
            for key in (parts.rules.keys(row.oid) if row.kind == "v" else ())
        ),
        foreign_keys=tuple(
            _foreign_key(key, names) for key in parts.keys.get(row.oid, []) if all(key.numbers)
        ),
        indexes=tuple(index for _, index in indexes),
        # Children number their own rows, so a parent's ctid is ambiguous.
        row_locator="ctid" if row.kind == "r" and not row.inherited else None,
        spans_children=row.kind != "p" and row.inherited,
        insertable=bool(row.verbs & _INSERT),
        updatable=bool(row.verbs & _UPDATE),
        deletable=bool(row.verbs & _DELETE),
        exact_only=row.exact_only,
        runs_code=row.runs_code,
        skips_rows=row.skips_rows,
        moves_rows=row.moves_rows,
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
        computed=row.generated == _VIRTUAL,
        auto_increment=bool(row.identity) or serial,
        comment=row.comment,
    )


def _as_written(column: Column, view: _RelationRow, taken: ViewColumn | None) -> Column:
    """Return *column* of *view* with what it takes; a table's own, for which it is None, as is."""
    if taken is None:
        return column
    able = [taken.insertable] * bool(view.verbs & _INSERT)
    able += [taken.updatable] * bool(view.verbs & _UPDATE)
    return msgspec.structs.replace(
        column,
        generated=bool(able) and not any(able),
        insertable=taken.insertable,
        updatable=taken.updatable,
        computed=taken.computed,
        auto_increment=taken.counted,
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
        collations=tuple(row.collations) if any(row.collations) else (),
        spans=row.spans,
    )
