"""A row that changes hands while it is written is written by its owner or by nobody."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from tests.databases import Database
from tests.plane import plane
from tests.security.manifests import ask, grant, manifest, until_a_session_waits

pytestmark = [pytest.mark.anyio, pytest.mark.promise("sec-11")]

_ROUNDS = 300
_OWN = "tenant = {claims.tenant}"


def _build(database: Database) -> None:
    """Make a table whose triggers write down whose row it was that a request touched."""
    log = "INSERT INTO log VALUES ({}, OLD.tenant)"
    database.script(
        "CREATE TABLE t (id integer PRIMARY KEY, tenant integer, n integer)",
        "CREATE TABLE log (n integer, tenant integer)",
        "INSERT INTO t VALUES (1, 7, 0)",
    )
    for event, touched in (("UPDATE", "NEW.n <> OLD.n"), ("DELETE", "OLD.n > 0")):
        n = "NEW.n" if event == "UPDATE" else "-OLD.n"
        database.script(
            database.either(
                sqlite=f"CREATE TRIGGER log_{event} AFTER {event} ON t WHEN {touched}"
                f" BEGIN {log.format(n)}; END",
                postgres=f"CREATE FUNCTION log_{event}() RETURNS trigger LANGUAGE plpgsql AS"
                f" $$ BEGIN {log.format(n)}; RETURN NULL; END $$;"
                f"CREATE TRIGGER log_{event} AFTER {event} ON t FOR EACH ROW WHEN ({touched})"
                f" EXECUTE FUNCTION log_{event}()",
            )
        )


@contextmanager
def _moving(database: Database) -> Iterator[threading.Event]:
    """
    Let the row change hands, and come back where it is gone, each time the event is set.

    A mover that never paused would keep SQLite's only writer's place for itself.
    """
    go, done = threading.Event(), threading.Event()

    def move() -> None:
        with database.connected() as connection:
            if database.dialect == "sqlite":
                connection.isolation_level = None
            else:
                connection.autocommit = True
            tenant = 7
            while go.wait() and not done.is_set():
                go.clear()
                tenant = 15 - tenant
                connection.execute(f"UPDATE t SET tenant = {tenant} WHERE id = 1")
                connection.execute(
                    f"INSERT INTO t VALUES (1, {tenant}, 1) ON CONFLICT (id) DO NOTHING"
                )

    mover = threading.Thread(target=move)
    mover.start()
    try:
        yield go
    finally:
        done.set()
        go.set()
        mover.join()


def _manifest(database: Database) -> dict[str, Any]:
    grants = [grant("t", rows=_OWN, write=["n"])]
    return manifest(database, {"clerk": {"tenant": 7}}, clerk=grants)


def _write(number: int) -> tuple[str, str, Any]:
    """Return a write of each kind in turn, marked with *number*."""
    return (
        ("PATCH", "t/1", {"n": number}),
        ("PATCH", "t?filter=id%20%3D%201", {"n": number}),
        ("PATCH", "t", [{"id": 1, "n": number}]),
        ("PATCH", "t?continue=true", [{"id": 1, "n": number}]),
        ("PUT", "t/1", {"n": number}),
        ("DELETE", "t/1?fields=*", None),
    )[number % 6]


async def test_a_racing_tenant_mover_never_lends_a_row(database: Database):
    _build(database)
    shown, taken = set(), 0

    async with plane(_manifest(database)) as opened:
        with _moving(database) as go:
            for number in range(2, _ROUNDS + 2):
                go.set()
                answer = await ask(opened, "clerk", *_write(number))
                assert answer.status in (200, 404), answer
                taken += answer.status == 200
                body = answer.json
                rows = body.get("resource", [body]) if answer.status == 200 else []
                shown |= {row["tenant"] for row in rows if row and "tenant" in row}

    assert {tenant for (tenant,) in database.rows("SELECT tenant FROM log")} <= {7}
    assert shown <= {7}
    assert taken > 0


@pytest.mark.parametrize("number", range(2, 8))
async def test_a_write_that_waited_looks_at_the_row_again(postgres: Database, number: int):
    _build(postgres)
    method, rest, body = _write(number)

    async with plane(_manifest(postgres)) as opened:
        with psycopg.connect(postgres.dsn) as mover:
            mover.execute("UPDATE t SET tenant = 8 WHERE id = 1")
            write = asyncio.create_task(ask(opened, "clerk", method, rest, body))
            await until_a_session_waits(postgres)
            mover.commit()
        answer = await write

    if "resource" in answer.json:
        assert answer.rows in ([], [{"error": answer.rows[0]["error"]}] if answer.rows else [])
    else:
        assert (answer.status, answer.error) == (404, "row_not_found")
    assert postgres.rows("SELECT * FROM t") == [(1, 8, 0)]
    assert postgres.rows("SELECT * FROM log") == []
