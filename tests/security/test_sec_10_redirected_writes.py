"""A row check is not met by a write that leaves no row: by a trigger that puts it elsewhere."""

from typing import Any

import pytest

from tests.databases import Database
from tests.plane import plane
from tests.security.manifests import ask, grant, manifest

pytestmark = [pytest.mark.anyio, pytest.mark.promise("sec-10")]

_OWN = "tenant = {claims.tenant}"


def _build(database: Database, event: str) -> None:
    """Build `t`, whose trigger puts what is written into `t` as a row of tenant 8, if it can."""
    database.script(
        "CREATE TABLE t (id integer PRIMARY KEY, tenant integer, n integer)",
        "CREATE TABLE p (id integer PRIMARY KEY, tenant integer)",
        "CREATE TABLE c (id integer PRIMARY KEY, p integer REFERENCES p(id))",
        "INSERT INTO t VALUES (1, 7, 0), (2, 7, 0)",
        "INSERT INTO p VALUES (1, 7), (2, 8)",
    )
    for table, row in (("t", "NEW.id + 100, 8, NEW.n"), ("c", "NEW.id + 100, 2")):
        if database.dialect == "sqlite":
            database.script(
                f"CREATE TRIGGER move_{table} BEFORE {event} ON {table} WHEN NEW.id IN (1, 9)"
                f" BEGIN INSERT INTO {table} VALUES ({row}); SELECT RAISE(IGNORE); END"
            )
        else:
            database.script(
                f"CREATE FUNCTION move_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" IF NEW.id NOT IN (1, 9) THEN RETURN NEW; END IF;"
                f" INSERT INTO {table} VALUES ({row}); RETURN NULL; END $$",
                f"CREATE TRIGGER move BEFORE {event} ON {table} FOR EACH ROW"
                f" EXECUTE FUNCTION move_{table}()",
            )


def _manifest(database: Database) -> dict[str, Any]:
    grants = [grant("t p", rows=_OWN), grant("c")]
    return manifest(database, {"clerk": {"tenant": 7}}, clerk=grants)


@pytest.mark.fault("attacks.redirected")
@pytest.mark.parametrize(
    ("event", "asked"),
    [
        ("INSERT", ("POST", "t", {"id": 9, "tenant": 7})),
        ("INSERT", ("POST", "t", [{"id": 5, "tenant": 7}, {"id": 9, "tenant": 7}])),
        ("INSERT", ("POST", "t?rollback=true", [{"id": 5, "tenant": 7}, {"id": 9, "tenant": 7}])),
        ("INSERT", ("POST", "c", {"id": 9, "p": 1})),
        ("UPDATE", ("PATCH", "t/1", {"n": 1})),
        ("UPDATE", ("PATCH", "t?all=true", {"n": 1})),
        ("UPDATE", ("PATCH", "t", [{"id": 2, "n": 1}, {"id": 1, "n": 1}])),
        ("UPDATE", ("PUT", "t/1", {"tenant": 7, "n": 1})),
        ("UPDATE", ("PUT", "t", [{"id": 1, "tenant": 7, "n": 1}])),
    ],
)
async def test_a_write_that_a_trigger_redirects_is_refused(
    database: Database, event: str, asked: tuple[str, str, Any]
):
    _build(database, event)

    async with plane(_manifest(database)) as opened:
        answer = await ask(opened, "clerk", *asked)

    assert (answer.status, answer.error) == (403, "row_check")
    assert database.rows("SELECT * FROM t ORDER BY id") == [(1, 7, 0), (2, 7, 0)]
    assert database.rows("SELECT * FROM c") == []


@pytest.mark.parametrize("rows", [{"id": 9, "p": 1}, [{"id": 9, "p": 1}, {"id": 5, "p": 1}]])
async def test_a_row_that_a_trigger_moves_afterwards_is_checked_or_refused(
    database: Database, rows: Any
):
    _build(database, "UPDATE")
    move = "UPDATE c SET id = id + 100 WHERE id = NEW.id AND NEW.id = 9"
    if database.dialect == "sqlite":
        database.script(f"CREATE TRIGGER later AFTER INSERT ON c BEGIN {move}; END")
    else:
        database.script(
            f"CREATE FUNCTION later() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {move};"
            " RETURN NULL; END $$",
            "CREATE TRIGGER later AFTER INSERT ON c FOR EACH ROW EXECUTE FUNCTION later()",
        )

    async with plane(_manifest(database)) as opened:
        answer = await ask(opened, "clerk", "POST", "c", rows)

    assert (answer.status, answer.error) == (403, "row_check")
    assert database.rows("SELECT * FROM c") == []


async def test_a_batch_that_continues_keeps_the_other_records(database: Database):
    _build(database, "INSERT")
    body = [{"id": 5, "tenant": 7}, {"id": 9, "tenant": 7}, {"id": 6, "tenant": 7}]

    async with plane(_manifest(database)) as opened:
        answer = await ask(opened, "clerk", "POST", "t", body, continue_="true")

    assert answer.json["meta"]["errors"] == [1]
    assert answer.rows[1]["error"]["type"] == "row_check"
    assert [row[0] for row in database.rows("SELECT id FROM t ORDER BY id")] == [1, 2, 5, 6]


async def test_what_no_trigger_redirects_is_written(database: Database):
    _build(database, "UPDATE")

    async with plane(_manifest(database)) as opened:
        patched = await ask(opened, "clerk", "PATCH", "t", {"n": 1}, filter="id = 2")
        none = await ask(opened, "clerk", "PATCH", "t", {"n": 1}, filter="id = 77")

    assert (patched.status, len(patched.rows), none.status) == (200, 1, 200)


@pytest.mark.fault("attacks.view_keys")
@pytest.mark.parametrize(
    "asked",
    [
        ("PATCH", "v?filter=id=1", {"n": 9}),
        ("PATCH", "v?filter=id=1", {"n": 1}),
        ("PATCH", "v", [{"id": 1, "n": 9}]),
        ("PUT", "v/1", {"tenant": 7, "n": 9}),
    ],
)
async def test_a_key_of_a_view_that_another_row_has_proves_nothing(
    postgres: Database, asked: tuple[str, str, Any]
):
    postgres.script(
        "CREATE TABLE t (id integer, tenant integer, n integer, PRIMARY KEY (tenant, id))",
        "INSERT INTO t VALUES (1, 7, 0), (2, 7, 0), (1, 9, 0)",
        "CREATE VIEW v AS SELECT * FROM t",
    )
    made = manifest(
        postgres,
        {"clerk": {"tenant": 7}},
        clerk=[grant("v", rows=_OWN, check="n < 5")],
    )
    made["services"]["shop"]["resources"] = {"v": {"primary_key": ["id"]}}

    async with plane(made) as opened:
        answer = await ask(opened, "clerk", *asked)
        alone = await ask(opened, "clerk", "PATCH", "v?filter=id=2", {"n": 4})

    assert (answer.status, answer.error) == (403, "row_check")
    assert alone.status == 200
    assert postgres.rows("SELECT * FROM t ORDER BY tenant, id") == [(1, 7, 0), (2, 7, 4), (1, 9, 0)]
