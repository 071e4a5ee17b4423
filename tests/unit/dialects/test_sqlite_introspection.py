"""What is found in SQLite files, odd ones included."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from faucet.dialects.sqlite import SQLITE
from faucet.dialects.sqlite.types import DAYS, column_type
from faucet.errors import DATABASE_UNAVAILABLE, ExecutionError
from faucet.extension.dialect import Wanted
from faucet.model.catalog import Kind, Relation, RelationKind, UniqueKey

_SCHEMA = """
CREATE TABLE customers (
    id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL COLLATE NOCASE, "Größe ""x"" y" TEXT UNIQUE,
    price DECIMAL(10, 2) DEFAULT 1.5, anything,
    double_id INT GENERATED ALWAYS AS (id * 2) STORED, lower_name TEXT AS (lower(name))
);
CREATE UNIQUE INDEX by_price ON customers (price, name);
CREATE UNIQUE INDEX of_some ON customers (name) WHERE price > 1;
CREATE UNIQUE INDEX by_expression ON customers (lower(name), price);
CREATE TABLE places (country TEXT, code INT, PRIMARY KEY (code, country)) WITHOUT ROWID;
CREATE TABLE visits (
    who INTEGER REFERENCES CUSTOMERS, land TEXT, nr INT,
    FOREIGN KEY (NR, land) REFERENCES Places ON DELETE CASCADE,
    FOREIGN KEY (who) REFERENCES missing (id)
);
CREATE TABLE descending (id INTEGER PRIMARY KEY DESC, oid TEXT, rowid TEXT);
CREATE TABLE strict_one (any_value ANY, number INT) STRICT;
CREATE VIEW names AS SELECT id, name, id + 1 AS next FROM customers;
CREATE VIEW broken AS SELECT * FROM nowhere;
CREATE TRIGGER "instead of delete on" INSTEAD OF /* DELETE */ INSERT ON NAMES BEGIN SELECT 1; END;
CREATE VIRTUAL TABLE notes USING fts5 (body);
"""


def _relations(path: Path, schema: str) -> dict[str, Relation]:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(schema)
    return dict(SQLITE.introspect(str(path), Wanted(schema=None)).relations)


@pytest.fixture
def found(sqlite_database: Path) -> dict[str, Relation]:
    return _relations(sqlite_database, _SCHEMA)


def test_tables_and_whole_views_are_found_and_shadow_tables_are_not(found: dict[str, Relation]):
    kinds = {name: relation.kind for name, relation in found.items()}

    assert kinds.pop("names") is RelationKind.VIEW
    assert set(kinds.values()) == {RelationKind.TABLE}
    assert sorted(kinds) == [
        "customers",
        "descending",
        "notes",
        "places",
        "strict_one",
        "visits",
    ]
    assert [name for name, relation in found.items() if relation.exact_only] == ["notes"]


def test_columns_keep_their_names_order_and_declared_types(found: dict[str, Relation]):
    columns = found["customers"].columns

    assert [(column.position, column.name, column.type.kind) for column in columns] == [
        (1, "id", Kind.INTEGER),
        (2, "name", Kind.TEXT),
        (3, 'Größe "x" y', Kind.TEXT),
        (4, "price", Kind.DECIMAL),
        (5, "anything", Kind.OPAQUE),
        (6, "double_id", Kind.INTEGER),
        (7, "lower_name", Kind.TEXT),
    ]
    assert [column.name for column in columns if column.generated] == ["double_id", "lower_name"]
    assert [column.name for column in columns if not column.nullable] == ["id", "name"]
    assert [column.name for column in columns if not column.type.provable] == ["anything"]
    assert [column.default for column in columns if column.default] == ["1.5"]


def test_only_the_rowid_itself_counts_up(found: dict[str, Relation]):
    counting = {
        (name, column.name)
        for name, relation in found.items()
        for column in relation.columns
        if column.auto_increment
    }

    assert counting == {("customers", "id")}


def test_unique_keys_are_whole_indexes_over_plain_columns(found: dict[str, Relation]):
    customers = found["customers"]

    assert customers.primary_key == ("id",)
    assert customers.unique == (
        UniqueKey(name="by_price", columns=("price", "name")),
        UniqueKey(name="sqlite_autoindex_customers_1", columns=('Größe "x" y',)),
    )
    assert {index.name: index.columns for index in customers.indexes}["by_expression"] == ("price",)


def test_foreign_keys_are_spelt_as_what_they_mean(found: dict[str, Relation]):
    keys = {key.columns: key for key in found["visits"].foreign_keys}

    assert set(keys) == {("who",), ("nr", "land")}
    assert keys["who",].referenced_table == "customers"
    assert keys["who",].referenced_columns == ("id",)
    assert keys["nr", "land"].referenced_table == "places"
    assert keys["nr", "land"].referenced_columns == ("code", "country")
    assert keys["nr", "land"].on_delete == "CASCADE"


def test_a_row_locator_is_a_rowid_name_that_no_column_hides(found: dict[str, Relation]):
    assert {name: relation.row_locator for name, relation in found.items()} == {
        "customers": "rowid",
        "descending": "_rowid_",
        "names": None,
        "notes": None,
        "places": None,
        "strict_one": "rowid",
        "visits": "rowid",
    }


def test_a_view_takes_what_its_triggers_take(found: dict[str, Relation]):
    view = found["names"]

    assert (view.insertable, view.updatable, view.deletable) == (True, False, False)


@pytest.mark.promise("sec-08")
def test_no_column_of_a_view_is_provable(found: dict[str, Relation]):
    assert {column.type.provable for column in found["names"].columns} == {False}


@pytest.mark.parametrize(
    ("declared", "kind", "parts"),
    [
        ("BIGINT", Kind.INTEGER, {"bits": 64}),
        ("character varying(255)", Kind.TEXT, {"length": 255}),
        ("NVARCHAR ( 10 )", Kind.TEXT, {"length": 10}),
        ("numeric(10)", Kind.DECIMAL, {"precision": 10, "scale": 0}),
        ("DECIMAL", Kind.DECIMAL, {"precision": None, "scale": None, "digits": 15}),
        ("double precision", Kind.FLOAT, {"bits": 64}),
        ("Boolean", Kind.BOOLEAN, {}),
        ("datetime", Kind.TIMESTAMP, {}),
        ("TIMESTAMP(3) WITH TIME ZONE", Kind.TIMESTAMPTZ, {"precision": 3}),
        ("JSON", Kind.JSON, {}),
        ("guid", Kind.UUID, {}),
        ("VARBINARY(16)", Kind.BINARY, {"length": 16}),
        ("", Kind.OPAQUE, {"provable": False}),
        ("ENUM('a', 'b')", Kind.OPAQUE, {"provable": False}),
        ("INTERVAL", Kind.OPAQUE, {"provable": False}),
    ],
)
def test_a_declared_type_becomes_a_kind(declared: str, kind: Kind, parts: dict[str, object]):
    found = column_type(declared)

    assert (found.kind, found.db_type) == (kind, declared)
    assert {name: getattr(found, name) for name in parts} == parts


def test_a_missing_file_is_unavailable_and_is_not_made(tmp_path: Path):
    path = tmp_path / "missing?.db"

    with pytest.raises(ExecutionError) as caught:
        SQLITE.introspect(str(path), Wanted(schema=None))

    assert caught.value.kind is DATABASE_UNAVAILABLE
    assert not path.exists()


def test_a_file_of_something_else_is_unavailable(tmp_path: Path):
    path = tmp_path / "picture.db"
    path.write_bytes(b"not a database" * 100)

    with pytest.raises(ExecutionError) as caught:
        SQLITE.introspect(str(path), Wanted(schema=None))

    assert caught.value.kind is DATABASE_UNAVAILABLE


@pytest.mark.parametrize("declared", ["DATE", "DATETIME", "TIMESTAMPTZ(3)"])
def test_dates_are_bounded_as_texts_are(declared: str):
    assert column_type(declared).days == DAYS
    assert column_type("TIME").days is None


def test_decimals_keep_as_many_digits_as_a_double():
    assert column_type("NUMERIC(20, 2)").digits == 15
    assert column_type("REAL").digits is None


def test_a_cast_gives_a_view_column_its_type(sqlite_database: Path):
    found = _relations(
        sqlite_database,
        """
        CREATE TABLE faucet_probe (id INTEGER, price DECIMAL(10, 2), born DATE);
        CREATE VIEW "odd ""view" AS SELECT price, born, id + 1, CAST(id + 1 AS INTEGER) AS whole,
            CAST(price / 2 AS REAL) AS half, CAST(upper(born) AS VARCHAR(9)) AS text,
            CAST(id AS NUMERIC) AS number, count(*) AS n FROM faucet_probe;
        """,
    )

    columns = found['odd "view'].columns
    assert [column.type.kind for column in columns] == [
        Kind.DECIMAL,
        Kind.DATE,
        Kind.OPAQUE,
        Kind.INTEGER,
        Kind.FLOAT,
        Kind.TEXT,
        Kind.OPAQUE,
        Kind.OPAQUE,
    ]
    assert {column.type.provable for column in columns} == {False}
    assert list(found) == ["faucet_probe", 'odd "view']


def test_reading_a_views_types_does_not_run_it(sqlite_database: Path):
    found = _relations(
        sqlite_database,
        """
        CREATE TABLE t (a INTEGER);
        INSERT INTO t VALUES (1);
        CREATE VIEW endless AS WITH RECURSIVE r (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r)
            SELECT i % 7 AS a, CAST(count(*) AS INTEGER) AS n FROM r GROUP BY 1;
        CREATE VIEW joined AS SELECT t.a, endless.n, t.a + 1 AS next
            FROM t LEFT JOIN endless USING (a) WHERE t.a IN (SELECT n FROM endless);
        """,
    )

    kinds = [column.type.kind for column in found["joined"].columns]
    assert kinds == [Kind.INTEGER, Kind.INTEGER, Kind.OPAQUE]


_WRITER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("INSERT INTO t VALUES (2)")
connection.commit()
connection.close()
"""


def test_reading_a_catalog_leaves_the_locks_of_other_connections_alone(tmp_path: Path):
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
        connection.execute("INSERT INTO t VALUES (1)")
        SQLITE.introspect(str(path), Wanted(schema=None))

        # The last connection to a file removes its log: other processes must see that of this one.
        subprocess.run([sys.executable, "-c", _WRITER, str(path)], check=True)
        assert path.with_name("shop.db-wal").exists()
        connection.execute("INSERT INTO t VALUES (3)")

        assert connection.execute("SELECT id FROM t").fetchall() == [(1,), (2,), (3,)]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT id FROM t").fetchall() == [(1,), (2,), (3,)]
