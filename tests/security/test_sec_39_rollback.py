"""What is undone leaves nothing, and what ends a transaction ends the whole request."""

import asyncio
from typing import Any

import psycopg
import pytest

from tests.databases import Database
from tests.plane import plane
from tests.security.manifests import ask, grant, manifest, until_a_session_waits

pytestmark = [pytest.mark.anyio, pytest.mark.promise("sec-39")]


def _build(database: Database) -> None:
    database.script(
        "CREATE TABLE parents (id integer PRIMARY KEY)",
        "CREATE TABLE t (id integer PRIMARY KEY, name text NOT NULL, code text UNIQUE,"
        " n integer CHECK (n < 100), parent_id integer REFERENCES parents,"
        " late_id integer REFERENCES parents DEFERRABLE INITIALLY DEFERRED, tenant integer)",
        "CREATE TABLE log (id integer)",
        "INSERT INTO parents VALUES (1)",
        "INSERT INTO t VALUES (1, 'one', 'c1', 1, 1, 1, 7), (2, 'two', 'c2', 2, 1, 1, 7),"
        " (3, 'three', 'c3', 3, NULL, NULL, 7)",
    )
    for event in ("INSERT", "UPDATE"):
        action = "INSERT INTO log VALUES (NEW.id)"
        database.script(
            database.either(
                sqlite=f"CREATE TRIGGER log_{event} AFTER {event} ON t BEGIN {action}; END",
                postgres=f"CREATE FUNCTION log_{event}() RETURNS trigger LANGUAGE plpgsql AS"
                f" $$ BEGIN {action}; RETURN NULL; END $$;"
                f"CREATE TRIGGER log_{event} AFTER {event} ON t FOR EACH ROW"
                f" EXECUTE FUNCTION log_{event}()",
            )
        )


def _everything(database: Database) -> list[Any]:
    tables = ("t", "parents", "log")
    return [database.rows(f"SELECT * FROM {table} ORDER BY id") for table in tables]


def _manifest(database: Database) -> dict[str, Any]:
    return manifest(database, clerk=[grant("t", rows="tenant = 7"), grant("parents")])


_FAULTS: dict[str, tuple[dict[str, Any], int, str]] = {
    "not null": ({"name": None}, 400, "not_null_violation"),
    "unique": ({"code": "c2"}, 409, "unique_violation"),
    "check": ({"n": 100}, 400, "check_violation"),
    "foreign key": ({"parent_id": 9}, 409, "foreign_key_violation"),
    "late foreign key": ({"late_id": 9}, 409, "foreign_key_violation"),
    "row check": ({"tenant": 8}, 403, "row_check"),
    "type": ({"n": "many"}, 400, "invalid_value"),
}
_RECORDS: dict[str, list[dict[str, Any]]] = {
    "POST": [{"id": 10 + n, "name": f"new{n}", "tenant": 7} for n in range(3)],
    "PATCH": [{"id": n, "n": 50} for n in (3, 1, 2)],
    "PUT": [{"id": n, "name": "put", "tenant": 7} for n in (3, 1, 2)],
}


@pytest.mark.parametrize("modes", [{}, {"rollback": "true"}, {"rollback": "1", "continue_": "1"}])
@pytest.mark.parametrize("fault", _FAULTS)
@pytest.mark.parametrize("method", _RECORDS)
async def test_one_failing_record_leaves_nothing_of_the_others(
    database: Database, method: str, fault: str, modes: dict[str, str]
):
    _build(database)
    change, status, kind = _FAULTS[fault]
    records = [dict(record) for record in _RECORDS[method]]
    records[1] |= change
    if "unique" in fault:
        records[1] |= {"code": "c2"}
    before = _everything(database)

    async with plane(_manifest(database)) as opened:
        answer = await ask(opened, "clerk", method, "t", records, **modes)

    assert (answer.status, answer.error) == (status, kind)
    assert _everything(database) == before


@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
async def test_one_missing_record_leaves_nothing_of_the_others(database: Database, method: str):
    _build(database)
    extra = {} if method == "DELETE" else {"name": "x", "tenant": 7}
    records = [{"id": number, **extra} for number in (1, 99, 2)]
    before = _everything(database)

    async with plane(_manifest(database)) as opened:
        answer = await ask(opened, "clerk", method, "t", records)

    assert (answer.status, answer.error) == (404, "row_not_found")
    assert answer.json["error"]["context"]["record"] == 1
    assert _everything(database) == before


@pytest.mark.parametrize("fault", _FAULTS)
async def test_a_record_that_fails_alone_leaves_nothing_of_itself(database: Database, fault: str):
    _build(database)
    change, _status, kind = _FAULTS[fault]
    records = [dict(record) for record in _RECORDS["POST"]]
    records[1] |= change

    async with plane(_manifest(database)) as opened:
        answer = await ask(opened, "clerk", "POST", "t", records, continue_="true")

    if fault == "late foreign key" and database.dialect == "sqlite":
        # SQLite looks at it when all is committed, and then all fails.
        assert (answer.status, answer.error) == (409, kind)
        assert database.rows("SELECT id FROM log") == []
    else:
        assert answer.json["meta"] | {"took_ms": 0} == {
            "count": 3, "succeeded": 2, "failed": 1, "errors": [1], "took_ms": 0,
        }  # fmt: skip
        assert answer.rows[1]["error"]["type"] == kind
        assert database.rows("SELECT id FROM log ORDER BY id") == [(10,), (12,)]
        assert database.rows("SELECT id FROM t WHERE id > 9 ORDER BY id") == [(10,), (12,)]


async def test_a_write_by_filter_that_fails_on_one_row_leaves_none(database: Database):
    _build(database)
    before = _everything(database)

    async with plane(_manifest(database)) as opened:
        unique = await ask(opened, "clerk", "PATCH", "t", {"code": "same"}, all="true")
        check = await ask(opened, "clerk", "PATCH", "t", {"tenant": 8}, filter="id < 3")
        used = await ask(opened, "clerk", "DELETE", "parents", all="true")

    assert [unique.error, check.error, used.error] == [
        "unique_violation",
        "row_check",
        "foreign_key_violation",
    ]
    assert _everything(database) == before


@pytest.mark.parametrize("continued", ["false", "true"])
async def test_a_deadlock_fails_the_whole_request(postgres: Database, continued: str):
    _build(postgres)
    postgres.script("DELETE FROM log")
    body = [{"id": 3, "n": 50}, {"id": 1, "n": 50}, {"id": 2, "n": 50}]

    async with plane(_manifest(postgres)) as opened:
        with psycopg.connect(postgres.dsn) as other:
            # The other waits longer before it looks for a deadlock, so that ours is the victim.
            other.execute("SET deadlock_timeout = '60s'")
            other.execute("UPDATE t SET code = code WHERE id = 1")
            request = asyncio.create_task(
                ask(opened, "clerk", "PATCH", "t", body, continue_=continued)
            )
            await until_a_session_waits(postgres)
            await asyncio.to_thread(other.execute, "UPDATE t SET code = code WHERE id = 3")
            answer = await request
            other.rollback()

    assert (answer.status, answer.error) == (409, "transaction_conflict")
    assert postgres.rows("SELECT n FROM t ORDER BY id") == [(1,), (2,), (3,)]
    assert postgres.rows("SELECT * FROM log") == []


async def test_a_killed_connection_leaves_nothing_and_the_next_request_is_served(
    postgres: Database,
):
    _build(postgres)
    before = _everything(postgres)
    body = [{"id": 3, "n": 50}, {"id": 1, "n": 50}]
    kill = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )

    async with plane(_manifest(postgres)) as opened:
        with psycopg.connect(postgres.dsn) as other:
            other.execute("UPDATE t SET code = code WHERE id = 1")
            request = asyncio.create_task(
                ask(opened, "clerk", "PATCH", "t", body, continue_="true")
            )
            await until_a_session_waits(postgres)
            postgres.rows(kill)
            answer = await request
            other.rollback()
        after = _everything(postgres)
        following = await ask(opened, "clerk", "PATCH", "t", body)

    assert (answer.status, answer.error) == (503, "database_unavailable")
    assert after == before
    assert following.status == 200
