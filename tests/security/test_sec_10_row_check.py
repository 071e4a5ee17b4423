"""A row check is true, by the database, of the row as it is left behind, or nothing is written."""

from typing import Any

import pytest

from tests.databases import Database
from tests.plane import plane
from tests.security.manifests import ask, grant, manifest, told

pytestmark = [pytest.mark.anyio, pytest.mark.promise("sec-10")]

_OWN = "tenant = {claims.tenant}"


def _manifest(database: Database, **rest: Any) -> dict[str, Any]:
    return manifest(database, {"clerk": {"tenant": 7}}, clerk=[grant("t", **rest)])


def _build(database: Database, *more: str) -> None:
    database.script(
        "CREATE TABLE t (id integer PRIMARY KEY, tenant integer, code text UNIQUE, n integer)",
        "INSERT INTO t VALUES (1, 7, 'own', 0), (2, 8, 'foreign', 0)",
        *more,
    )


def _trigger(database: Database, when: str, event: str, effect: str) -> str:
    """Return a trigger that on *event* of a row sets *effect* there, BEFORE or AFTER."""
    if database.dialect == "sqlite":
        # SQLite cannot change the row before it stands; its BEFORE comes to the same.
        return (
            f"CREATE TRIGGER bend AFTER {event} ON t BEGIN"
            f" UPDATE t SET {effect} WHERE id = NEW.id; END"
        )
    column, value = effect.split(" = ")
    if when == "BEFORE":
        action = f"NEW.{column} := {value}; RETURN NEW;"
    else:
        action = f"UPDATE t SET {effect} WHERE id = NEW.id; RETURN NULL;"
    return (
        f"CREATE FUNCTION bend() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {action} END $$;"
        f"CREATE TRIGGER bend {when} {event} ON t FOR EACH ROW"
        " WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION bend()"
    )


@pytest.mark.parametrize(
    "check",
    [
        "tenant = 7",
        "tenant != 8",
        "NOT tenant = 8",
        "NOT (tenant = 8 OR tenant = 9)",
        "NOT (tenant IN (8, 9))",
        "tenant NOT BETWEEN 8 AND 9",
        "NOT NOT tenant = 7",
        "tenant = 7 OR NOT n = 5",
        "NOT (tenant = 8 AND tenant = 9)",
    ],
)
@pytest.mark.parametrize(
    "asked",
    [
        ("POST", "t", {"id": 9, "tenant": None, "n": None}),
        ("POST", "t", {"id": 9}),
        ("POST", "t", [{"id": 8, "tenant": 7, "n": 1}, {"id": 9, "n": None}]),
        ("PATCH", "t/1", {"tenant": None, "n": None}),
        ("PATCH", "t?filter=id%20%3D%201", {"tenant": None, "n": None}),
        ("PATCH", "t", [{"id": 1, "tenant": None, "n": None}]),
        ("PUT", "t/1", {"code": "x"}),
    ],
)
async def test_an_unknown_check_is_not_true(
    database: Database, check: str, asked: tuple[str, str, Any]
):
    _build(database)
    before = database.rows("SELECT * FROM t ORDER BY id")

    async with plane(_manifest(database, rows="all", check=check)) as opened:
        answer = await ask(opened, "clerk", *asked)

    assert (answer.status, answer.error) == (403, "row_check")
    assert database.rows("SELECT * FROM t ORDER BY id") == before


@pytest.mark.parametrize("when", ["BEFORE", "AFTER"])
@pytest.mark.parametrize("effect", ["tenant = 8", "tenant = NULL", "id = 99"])
@pytest.mark.parametrize(
    ("event", "asked"),
    [
        ("INSERT", ("POST", "t", {"id": 9, "tenant": 7})),
        ("INSERT", ("POST", "t", [{"id": 9, "tenant": 7, "n": 1}])),
        ("UPDATE", ("PATCH", "t/1", {"n": 1})),
        ("UPDATE", ("PATCH", "t", [{"id": 1, "n": 1}])),
        ("UPDATE", ("PUT", "t/1", {"tenant": 7, "n": 1})),
    ],
)
async def test_a_trigger_cannot_carry_a_row_away(
    database: Database, when: str, effect: str, event: str, asked: tuple[str, str, Any]
):
    _build(database, _trigger(database, when, event, effect))
    before = database.rows("SELECT * FROM t ORDER BY id")

    async with plane(_manifest(database, rows=_OWN)) as opened:
        answer = await ask(opened, "clerk", *asked)

    # A key that a BEFORE trigger exchanges is known to the database's own RETURNING.
    kept = database.dialect == "postgres" and when == "BEFORE" and effect == "id = 99"
    if kept:
        assert answer.status in (200, 201)
        assert {row[1] for row in database.rows("SELECT * FROM t WHERE id = 99")} == {7}
    else:
        assert (answer.status, answer.error) == (403, "row_check")
        assert database.rows("SELECT * FROM t ORDER BY id") == before


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [("POST", "g", {"id": 9, "tenant": 8}), ("PATCH", "g/1", {"tenant": 8})],
)
async def test_a_generated_column_is_checked_as_the_database_computes_it(
    database: Database, method: str, rest: str, body: Any
):
    database.script(
        "CREATE TABLE g (id integer PRIMARY KEY, tenant integer,"
        " twice integer GENERATED ALWAYS AS (tenant * 2) STORED)",
        "INSERT INTO g (id, tenant) VALUES (1, 7)",
    )
    grants = [grant("g", rows="twice = 14")]

    async with plane(manifest(database, clerk=grants)) as opened:
        refused = await ask(opened, "clerk", method, rest, body)
        taken = await ask(opened, "clerk", "POST", "g", {"id": 3, "tenant": 7})

    assert (refused.status, refused.error) == (403, "row_check")
    assert taken.status == 201
    assert database.rows("SELECT id, tenant FROM g ORDER BY id") == [(1, 7), (3, 7)]


async def test_a_row_whose_key_changes_is_found_by_its_new_key(database: Database):
    _build(database)

    async with plane(_manifest(database, rows=_OWN)) as opened:
        refused = await ask(opened, "clerk", "PATCH", "t", {"id": 50, "tenant": 8}, filter="id = 1")
        moved = await ask(opened, "clerk", "PATCH", "t", {"id": 50}, filter="id = 1")

    assert (refused.status, refused.error) == (403, "row_check")
    assert (moved.status, [row["id"] for row in moved.rows]) == (200, [50])
    assert database.rows("SELECT id FROM t ORDER BY id") == [(2,), (50,)]


@pytest.mark.parametrize("column", ["id", "code"])
@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("POST", "t", {"id": "*", "tenant": 8, "code": "*"}),
        ("POST", "t", [{"id": 100, "tenant": 7}, {"id": "*", "tenant": 8, "code": "*"}]),
        ("POST", "t?continue=true", [{"id": "*", "tenant": 8, "code": "*"}]),
        ("PATCH", "t/1", {"tenant": 8, "code": "*"}),
        ("PATCH", "t?filter=id%20%3D%201", {"tenant": 8, "id": "*"}),
        ("PUT", "t/1", {"tenant": 8, "code": "*"}),
    ],
)
async def test_a_taken_and_a_free_value_are_told_alike_for_a_foreign_tenant(
    database: Database, column: str, method: str, rest: str, body: Any
):
    _build(database)
    taken = {"id": 500, "code": "free"} | {column: {"id": 2, "code": "foreign"}[column]}
    free = {"id": 500, "code": "free"}

    async with plane(_manifest(database, rows=_OWN)) as opened:
        one = await ask(opened, "clerk", method, rest, _with(body, taken))
        other = await ask(opened, "clerk", method, rest, _with(body, free))

    assert b"row_check" in one.body
    assert told(one) == told(other)
    assert database.rows("SELECT id FROM t ORDER BY id") == [(1,), (2,)]


def _with(body: Any, values: dict[str, Any]) -> Any:
    if isinstance(body, list):
        return [_with(record, values) for record in body]
    return {name: values[name] if value == "*" else value for name, value in body.items()}


async def test_one_bad_record_leaves_nothing_of_a_batch_and_itself_of_one_that_continues(
    database: Database,
):
    _build(database)
    body = [{"id": 10, "tenant": 7}, {"id": 11, "tenant": 8}, {"id": 12, "tenant": 7}]

    async with plane(_manifest(database, rows=_OWN)) as opened:
        whole = await ask(opened, "clerk", "POST", "t", body)
        after_whole = database.rows("SELECT id FROM t ORDER BY id")
        apart = await ask(opened, "clerk", "POST", "t", body, continue_="true")

    assert (whole.status, whole.error, after_whole) == (403, "row_check", [(1,), (2,)])
    assert apart.json["meta"]["errors"] == [1]
    assert apart.rows[1]["error"]["type"] == "row_check"
    assert database.rows("SELECT id FROM t ORDER BY id") == [(1,), (2,), (10,), (12,)]


async def test_a_check_holds_without_a_key_and_without_get(database: Database):
    database.script("CREATE TABLE k (tenant integer, n integer)", "INSERT INTO k VALUES (7, 1)")
    grants = [grant("k", "POST PATCH DELETE", fields=["tenant", "n"], rows="tenant = 7")]

    async with plane(manifest(database, feeder=grants)) as opened:
        refused = [
            await ask(opened, "feeder", "POST", "k", {"tenant": 8}),
            await ask(opened, "feeder", "POST", "k", {"n": 1}),
            await ask(opened, "feeder", "PATCH", "k", {"tenant": 8}, all="true"),
        ]
        taken = await ask(opened, "feeder", "POST", "k", {"tenant": 7})

    assert [(each.status, each.error) for each in refused] == [(403, "row_check")] * 3
    assert taken.status == 201
    assert database.rows("SELECT tenant FROM k") == [(7,), (7,)]
