"""Read the catalog of a SQLite file."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

from faucet.dialects.sqlite.errors import classify
from faucet.dialects.sqlite.schema_text import schema_text
from faucet.dialects.sqlite.types import column_type
from faucet.errors import DATABASE_UNAVAILABLE, ExecutionError
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
from faucet.regular_file import check_regular, why_unreadable

_ROW_LOCATORS: Final = ("rowid", "_rowid_", "oid")
_HIDDEN, _VIRTUAL = 1, 2
_GENERATED = frozenset({_VIRTUAL, 3})

_ColumnRow = tuple[str, str, int, str | None, int, int]


class _Table(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `PRAGMA table_list`."""

    name: str
    type: str
    without_rowid: bool
    strict: bool


_EFFECTIVE: Final = os.access in os.supports_effective_ids


class _IndexRow(msgspec.Struct, frozen=True, kw_only=True):
    """An index with its columns; a *whole* one has no WHERE and no expression."""

    index: Index
    origin: str
    whole: bool


def introspect(dsn: str, wanted: Wanted) -> Catalog:
    """
    Return the catalog of the file *dsn*, which is never created.

    Every column of a view is unprovable: its declared type is that of its expression or origin, and
    Python's driver cannot tell which. A computed one has the type of its affinity, which a CAST
    gives it. Views whose definition is no longer valid are left out. Virtual tables are exact-only;
    their shadow tables and SQLite's own tables are left out. A file that this process may not write
    has no writable relation. Raises `ExecutionError`,
    DATABASE_UNAVAILABLE where the file cannot be read.
    """
    try:
        _check_readable(dsn)
        uri = f"file:{quote(dsn)}?mode=ro{'&immutable=1' if wanted.immutable else ''}"
        connection = sqlite3.connect(
            uri, uri=True, timeout=wanted.timeout, isolation_level=None, check_same_thread=False
        )
        with closing(connection):
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.execute("BEGIN")
            catalog = _Reader(connection).catalog()
    except sqlite3.Error as error:
        raise ExecutionError(classify(error)) from error
    reason = _why_read_only(dsn)
    return catalog if reason is None else _without_writes(catalog, reason)


def _check_readable(path: str) -> None:
    """Raise `ExecutionError` with a reason that SQLite would not tell, or wait for."""
    file = Path(path)
    try:
        check_regular(file)
    except OSError as error:
        reason = f"{file.name} in {file.parent}: {why_unreadable(file, error)}"
        raise ExecutionError(DATABASE_UNAVAILABLE) from OSError(reason)


def _why_read_only(path: str) -> str | None:
    """Return why this process cannot write the file at *path*, or None if it can."""
    file, folder = Path(path), Path(path).resolve().parent
    user = os.geteuid()
    if not os.access(file, os.W_OK, effective_ids=_EFFECTIVE):
        return f"{file} (mode {_mode(file)}) is not writable for the user {user}"
    if not os.access(folder, os.W_OK | os.X_OK, effective_ids=_EFFECTIVE):
        where = f"the folder {folder} (mode {_mode(folder)})"
        return f"{where} is not writable for the user {user}, and a journal needs a file in it"
    return None


def _mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"


def _without_writes(catalog: Catalog, reason: str) -> Catalog:
    relations = {
        name: msgspec.structs.replace(relation, insertable=False, updatable=False, deletable=False)
        for name, relation in catalog.relations.items()
    }
    return msgspec.structs.replace(catalog, relations=relations, read_only=reason)


class _Reader:
    """
    Reads one file. SQLite ignores case in names; here references are spelled like their targets.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._tables = {table.name.lower(): table for table in self._list()}
        self._text = schema_text(
            connection.execute("SELECT type, tbl_name, sql FROM sqlite_schema ORDER BY rowid")
        )
        self._columns = dict(self._all_columns())

    def catalog(self) -> Catalog:
        relations = {
            table.name: self._relation(table, self._columns[table.name][0])
            for table in self._tables.values()
            if table.name in self._columns and table.type != "shadow"
        }
        return Catalog(schema=None, server_version=sqlite3.sqlite_version, relations=relations)

    def _list(self) -> Iterator[_Table]:
        listed = self._connection.execute(
            "SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main'"
            " ORDER BY name"
        )
        for name, kind, without_rowid, strict in listed:
            if not name.lower().startswith("sqlite_"):
                yield _Table(
                    name=name, type=kind, without_rowid=bool(without_rowid), strict=bool(strict)
                )

    def _all_columns(self) -> Iterator[tuple[str, tuple[tuple[Column, ...], tuple[str, ...]]]]:
        for table in self._tables.values():
            try:
                rows = self._connection.execute(
                    'SELECT name, type, "notnull", dflt_value, pk, hidden'
                    " FROM pragma_table_xinfo(?, 'main')",
                    (table.name,),
                ).fetchall()
                rows = self._with_affinities(table, rows) if table.type == "view" else rows
            except sqlite3.OperationalError as error:
                if table.type != "view" or classify(error) is DATABASE_UNAVAILABLE:
                    raise
                continue
            keys = sorted((row[4], row[0]) for row in rows if row[4])
            visible = [row for row in rows if row[5] != _HIDDEN]
            alias = self._rowid_alias(table, rows)
            columns = (
                _column(table, position, row, is_rowid=row[0] == alias)
                for position, row in enumerate(visible, start=1)
            )
            yield table.name, (tuple(columns), tuple(name for _, name in keys))

    def _with_affinities(self, view: _Table, rows: list[_ColumnRow]) -> list[_ColumnRow]:
        """
        Return *rows*, with the types that a table created from the view has where they have none.
        """
        if all(row[1] for row in rows):
            return rows
        name = view.name.replace('"', '""')
        # WHERE 0 is known to be false before anything runs; LIMIT 0 would run inner queries first.
        self._connection.execute(
            f'CREATE TEMP TABLE faucet_probe AS SELECT * FROM main."{name}" WHERE 0'  # noqa: S608 - quoted
        )
        made = self._connection.execute(
            "SELECT type FROM pragma_table_info('faucet_probe', 'temp') ORDER BY cid"
        ).fetchall()
        self._connection.execute("DROP TABLE temp.faucet_probe")
        return [
            (row[0], row[1] or affinity, *row[2:])
            for row, (affinity,) in zip(rows, made, strict=True)
        ]

    def _rowid_alias(self, table: _Table, rows: list[_ColumnRow]) -> str | None:
        """Return the column that is the rowid itself; one declared DESC has an index and is not."""
        keys = [row for row in rows if row[4]]
        if len(keys) != 1 or keys[0][1].upper() != "INTEGER" or table.without_rowid:
            return None
        return None if "pk" in {row.origin for row in self._indexes(table)} else keys[0][0]

    def _relation(self, table: _Table, columns: tuple[Column, ...]) -> Relation:
        if table.type == "view":
            verbs = self._text.instead_of(table.name)
            updated = self._text.updated(table.name) if "UPDATE" in verbs else None
            return Relation(
                schema=None,
                name=table.name,
                kind=RelationKind.VIEW,
                columns=tuple(
                    each
                    if updated is None or each.name.lower() in updated
                    else msgspec.structs.replace(
                        each, updatable=False, generated="INSERT" not in verbs
                    )
                    for each in columns
                ),
                insertable="INSERT" in verbs,
                updatable="UPDATE" in verbs,
                deletable="DELETE" in verbs,
                keeps_conflicts=self._text.keeps_conflicts(table.name),
                returns_changes=False,
            )
        indexes = tuple(self._indexes(table))
        return Relation(
            schema=None,
            name=table.name,
            kind=RelationKind.TABLE,
            columns=columns,
            primary_key=self._columns[table.name][1],
            unique=tuple(
                UniqueKey(name=row.index.name, columns=row.index.columns)
                for row in indexes
                if row.index.unique and row.whole and row.origin != "pk"
            ),
            foreign_keys=tuple(self._foreign_keys(table)),
            indexes=tuple(row.index for row in indexes),
            row_locator=_row_locator(table, columns),
            exact_only=table.type == "virtual",
            keeps_conflicts=self._text.keeps_conflicts(table.name),
            skips_rows=table.name.lower() in self._text.triggers,
            moves_rows=table.name.lower() in self._text.triggers,
        )

    def _indexes(self, table: _Table) -> Iterator[_IndexRow]:
        listed = self._connection.execute(
            "SELECT name, \"unique\", origin, partial FROM pragma_index_list(?, 'main')"
            " ORDER BY name",
            (table.name,),
        ).fetchall()
        for name, unique, origin, partial in listed:
            parts = self._connection.execute(
                "SELECT name FROM pragma_index_xinfo(?, 'main') WHERE key ORDER BY seqno", (name,)
            ).fetchall()
            columns = tuple(part for (part,) in parts if part is not None)
            index = Index(name=name, columns=columns, unique=bool(unique))
            whole = not partial and len(columns) == len(parts)
            yield _IndexRow(index=index, origin=origin, whole=whole)

    def _foreign_keys(self, table: _Table) -> Iterator[ForeignKey]:
        """
        Yield the keys whose target exists, named as PostgreSQL would: SQLite reports no names.
        """
        listed = self._connection.execute(
            'SELECT id, "table", "from", "to", on_update, on_delete'
            " FROM pragma_foreign_key_list(?, 'main') ORDER BY id DESC, seq",
            (table.name,),
        )
        keys: dict[int, list[tuple[str, str, str | None, str, str]]] = {}
        for number, *row in listed:
            keys.setdefault(number, []).append((row[0], row[1], row[2], row[3], row[4]))
        late = self._text.deferred(table.name)
        for place, parts in enumerate(keys.values()):
            parent, _, _, on_update, on_delete = parts[0]
            columns = self._spelled_names(table.name, tuple(part[1] for part in parts))
            targets = self._referenced_columns(parent, tuple(part[2] for part in parts))
            if columns and targets:
                yield ForeignKey(
                    name=f"{table.name}_{'_'.join(columns)}_fkey",
                    columns=columns,
                    referenced_schema=None,
                    referenced_table=self._tables[parent.lower()].name,
                    referenced_columns=targets,
                    on_delete=on_delete,
                    on_update=on_update,
                    deferred=late[place] if len(late) == len(keys) else any(late),
                )

    def _referenced_columns(self, parent: str, named: tuple[str | None, ...]) -> tuple[str, ...]:
        """Return the parent's columns, its primary key if none are named, or nothing."""
        table = self._tables.get(parent.lower())
        if table is None or table.name not in self._columns:
            return ()
        names = tuple(name for name in named if name is not None)
        if names:
            return self._spelled_names(table.name, names)
        key = self._columns[table.name][1]
        return key if len(key) == len(named) else ()

    def _spelled_names(self, table: str, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return *names* as the table spells them, or nothing if it lacks one."""
        own = {column.name.lower(): column.name for column in self._columns[table][0]}
        found = tuple(own[name.lower()] for name in names if name.lower() in own)
        return found if len(found) == len(names) else ()


def _column(
    table: _Table,
    position: int,
    row: _ColumnRow,
    *,
    is_rowid: bool,
) -> Column:
    name, declared, not_null, default, _, hidden = row
    is_view = table.type == "view"
    return Column(
        name=name,
        position=position,
        type=column_type(declared, provable=not is_view, loose=not (table.strict or is_rowid)),
        nullable=is_view or not (not_null or is_rowid),
        default=default,
        generated=hidden in _GENERATED,
        computed=is_view or hidden == _VIRTUAL,
        auto_increment=is_rowid,
    )


def _row_locator(table: _Table, columns: tuple[Column, ...]) -> str | None:
    if table.type != "table" or table.without_rowid:
        return None
    taken = {column.name.lower() for column in columns}
    return next((name for name in _ROW_LOCATORS if name not in taken), None)
