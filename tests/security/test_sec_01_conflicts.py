"""A write that conflicts with a row is refused: no table resolves a conflict at that row's cost."""

from typing import Any

import pytest

from tests.databases import Database
from tests.plane import plane
from tests.security.manifests import ask, grant, manifest

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.promise("sec-01"),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]

_CLAUSES = ("ROLLBACK", "ABORT", "FAIL", "IGNORE", "REPLACE")
_TABLES = {
    "primary key": "id integer PRIMARY KEY ON CONFLICT {}, tenant integer, code text, n integer",
    "text key": (
        "id integer, tenant integer, code text, n integer, PRIMARY KEY (id) ON CONFLICT {}"
    ),
    "unique": "id integer PRIMARY KEY, tenant integer, code text UNIQUE ON CONFLICT {}, n integer",
    "comment": (
        "id integer PRIMARY KEY, tenant integer, code text UNIQUE\n"
        "ON--'\nCONFLICT/*x*/{}, n integer"
    ),
}
_WRITES: dict[str, tuple[str, str, Any, dict[str, str]]] = {
    "POST": ("POST", "t", {"id": "*", "code": "*", "n": 5}, {}),
    "POST list": ("POST", "t", [{"id": 50, "code": "free"}, {"id": "*", "code": "*"}], {}),
    "PATCH": ("PATCH", "t", {"id": "*", "code": "*"}, {"filter": "id = 1"}),
    "PATCH many": ("PATCH", "t", {"id": "*", "code": "*"}, {"all": "true"}),
    "PATCH list": ("PATCH", "t", [{"id": 3, "n": 9}, {"id": 1, "code": "*"}], {}),
    "PUT": ("PUT", "t/1", {"code": "*", "n": 5}, {}),
    "PUT list": ("PUT", "t", [{"id": 1, "code": "*", "n": 5}], {}),
}
# These find their row by its key, and cannot change it.
_KEYED = ("PATCH list", "PUT", "PUT list")


def _manifest(database: Database) -> dict[str, Any]:
    grants = [grant("t", rows="tenant = {claims.tenant}", set={"tenant": "{claims.tenant}"})]
    return manifest(database, {"clerk": {"tenant": 1}}, clerk=grants)


def _conflicting(body: Any, column: str) -> Any:
    """Return *body* with the value that the other tenant's row has in *column*, and a free one."""
    values = {"id": 500, "code": "other"} | {column: {"id": 2, "code": "foreign"}[column]}
    if isinstance(body, list):
        return [_conflicting(record, column) for record in body]
    return {name: values[name] if value == "*" else value for name, value in body.items()}


@pytest.mark.fault("attacks.conflict_clauses")
@pytest.mark.parametrize("clause", _CLAUSES)
@pytest.mark.parametrize(
    ("table", "write"),
    [(t, w) for t in _TABLES for w in _WRITES if "key" not in t or w not in _KEYED],
)
async def test_a_conflict_with_an_invisible_row_is_409_and_changes_nothing(
    database: Database, clause: str, table: str, write: str
):
    column = "id" if "key" in table else "code"
    method, rest, body, query = _WRITES[write]
    database.script(
        f"CREATE TABLE t ({_TABLES[table].format(clause)})",
        "INSERT INTO t VALUES (1, 1, 'own', 0), (2, 2, 'foreign', 0), (3, 1, 'more', 0)",
    )
    before = database.rows("SELECT * FROM t ORDER BY id")

    async with plane(_manifest(database)) as opened:
        answer = await ask(opened, "clerk", method, rest, _conflicting(body, column), **query)

    assert (answer.status, answer.error) == (409, "unique_violation")
    assert database.rows("SELECT * FROM t ORDER BY id") == before


@pytest.mark.parametrize("clause", _CLAUSES)
async def test_a_batch_that_continues_reports_the_conflict_of_one_record(
    database: Database, clause: str
):
    database.script(
        f"CREATE TABLE t ({_TABLES['primary key'].format(clause)})",
        "INSERT INTO t VALUES (2, 2, 'foreign', 0)",
    )
    body = [{"id": 10}, {"id": 2}, {"id": 11}]

    async with plane(_manifest(database)) as opened:
        answer = await ask(opened, "clerk", "POST", "t", body, continue_="true")

    assert answer.json["meta"]["errors"] == [1]
    assert answer.rows[1]["error"]["type"] == "unique_violation"
    assert database.rows("SELECT id, tenant FROM t ORDER BY id") == [(2, 2), (10, 1), (11, 1)]


@pytest.mark.parametrize("clause", _CLAUSES)
@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("POST", "t", {"id": 9, "n": None}),
        ("POST", "t", [{"id": 8, "n": 1}, {"id": 9, "n": None}]),
        ("PATCH", "t/1", {"n": None}),
        ("PATCH", "t?all=true", {"n": None}),
        ("PATCH", "t", [{"id": 1, "n": None}]),
        ("PUT", "t/1", {"n": None}),
    ],
)
async def test_a_missing_value_is_an_error_whatever_the_table_does_with_it(
    database: Database, clause: str, method: str, rest: str, body: Any
):
    database.script(
        "CREATE TABLE t (id integer PRIMARY KEY, tenant integer,"
        f" n integer NOT NULL ON CONFLICT {clause} DEFAULT 7)",
        "INSERT INTO t VALUES (1, 1, 0)",
    )

    async with plane(_manifest(database)) as opened:
        answer = await ask(opened, "clerk", method, rest, body)

    assert (answer.status, answer.error) == (400, "not_null_violation")
    assert database.rows("SELECT * FROM t") == [(1, 1, 0)]


@pytest.mark.fault("attacks.conflict_clauses")
@pytest.mark.parametrize("clause", _CLAUSES)
async def test_a_view_does_not_let_its_table_replace_a_row(database: Database, clause: str):
    database.script(
        f"CREATE TABLE base ({_TABLES['primary key'].format(clause)})",
        "INSERT INTO base VALUES (1, 1, 'own', 0), (2, 2, 'foreign', 0)",
        "CREATE VIEW t AS SELECT id, CAST(tenant AS integer) AS tenant, code FROM base",
        "CREATE TRIGGER t_insert INSTEAD OF INSERT ON t BEGIN"
        " INSERT INTO base (id, tenant, code) VALUES (NEW.id, 1, NEW.code); END",
        "CREATE TRIGGER t_update INSTEAD OF UPDATE ON t BEGIN"
        " UPDATE base SET id = NEW.id, code = NEW.code WHERE id = OLD.id; END",
    )
    made = manifest(database, clerk=[grant("t")])
    made["services"]["shop"]["resources"] = {"t": {"primary_key": ["id"]}}
    before = database.rows("SELECT * FROM base ORDER BY id")

    async with plane(made) as opened:
        posted = await ask(opened, "clerk", "POST", "t", {"id": 2, "code": "x"})
        moved = await ask(opened, "clerk", "PATCH", "t?filter=id=1", {"id": 2})

    assert [(each.status, each.error) for each in (posted, moved)] == [
        (409, "unique_violation")
    ] * 2
    assert database.rows("SELECT * FROM base ORDER BY id") == before


async def test_triggers_keep_their_own_conflict_clauses(database: Database):
    database.script(
        "CREATE TABLE t (id integer PRIMARY KEY, tenant integer, code text UNIQUE)",
        "CREATE TABLE latest (tenant integer PRIMARY KEY ON CONFLICT REPLACE, id integer)",
        "CREATE TABLE seen (id integer PRIMARY KEY, times integer)",
        "CREATE TRIGGER kept AFTER INSERT ON t BEGIN"
        " INSERT INTO latest VALUES (NEW.tenant, NEW.id);"
        " INSERT OR IGNORE INTO seen VALUES (1, 0);"
        " INSERT INTO seen VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET times = times + 1; END",
    )

    async with plane(_manifest(database)) as opened:
        posted = [await ask(opened, "clerk", "POST", "t", {"id": n, "code": n}) for n in "123"]
        taken = await ask(opened, "clerk", "POST", "t", {"id": 4, "code": "3"})

    assert [each.status for each in posted] == [201] * 3
    assert (taken.status, taken.error) == (409, "unique_violation")
    assert database.rows("SELECT * FROM latest") == [(1, 3)]
    assert database.rows("SELECT * FROM seen") == [(1, 3)]


async def test_a_table_with_both_refuses_the_conflicts_of_its_triggers(database: Database):
    database.script(
        f"CREATE TABLE t ({_TABLES['primary key'].format('REPLACE')})",
        "CREATE TABLE latest (tenant integer PRIMARY KEY, id integer)",
        "CREATE TRIGGER kept AFTER INSERT ON t BEGIN"
        " INSERT OR REPLACE INTO latest VALUES (NEW.tenant, NEW.id); END",
        "INSERT INTO t VALUES (2, 2, 'foreign', 0)",
    )

    async with plane(_manifest(database)) as opened:
        posted = [await ask(opened, "clerk", "POST", "t", {"id": n}) for n in (2, 3, 4)]

    assert [each.status for each in posted] == [409, 201, 409]
    assert database.rows("SELECT id, tenant FROM t") == [(2, 2), (3, 1)]
