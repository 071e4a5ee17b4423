"""A check of values that only the database knows is told before a conflict, as any other is."""

from typing import Any

import pytest

from tests.databases import Database
from tests.plane import plane
from tests.security.manifests import ask, grant, manifest, told

pytestmark = [pytest.mark.anyio, pytest.mark.promise("sec-10")]

_VOLATILE = {
    "postgres": "(CASE WHEN random() < 2 THEN 8 END)",
    "sqlite": "(CASE WHEN random() IS NOT NULL THEN 8 END)",
}
_GENERATED = "twice integer GENERATED ALWAYS AS (tenant * 2) STORED"
_POST = ("POST", "t", {"id": "*", "code": "*"})
_LIST = ("POST", "t", [{"id": 70, "code": "seventy"}, {"id": "*", "code": "*"}])


def _manifest(database: Database, check: str) -> dict[str, Any]:
    return manifest(database, clerk=[grant("t", rows="all", check=check)])


async def _ask_taken_and_free(
    made: dict[str, Any], column: str, asked: tuple[str, str, Any]
) -> list[Any]:
    """Ask with a value of *column* that another row has, then with one that none has."""
    method, rest, body = asked
    free = {"id": 500, "code": "free"}
    taken = free | {column: {"id": 2, "code": "foreign"}[column]}
    async with plane(made) as opened:
        return [await ask(opened, "clerk", method, rest, _fill(body, x)) for x in (taken, free)]


def _fill(body: Any, values: dict[str, Any]) -> Any:
    if isinstance(body, list):
        return [_fill(record, values) for record in body]
    return {name: values[name] if value == "*" else value for name, value in body.items()}


@pytest.mark.parametrize("column", ["id", "code"])
@pytest.mark.parametrize("asked", [_POST, _LIST, ("POST", "t?continue=true", _LIST[2])])
async def test_a_volatile_default_is_not_presumed_to_pass(
    database: Database, column: str, asked: tuple[str, str, Any]
):
    database.script(
        "CREATE TABLE t (id integer PRIMARY KEY, code text UNIQUE,"
        f" tenant integer DEFAULT {_VOLATILE[database.dialect]})",
        "INSERT INTO t VALUES (2, 'foreign', 8)",
    )

    one, other = await _ask_taken_and_free(_manifest(database, "tenant = 7"), column, asked)

    assert b"row_check" in one.body
    assert told(one) == told(other)


@pytest.mark.parametrize(
    ("column", "asked"),
    [
        ("id", ("POST", "t", {"id": "*", "tenant": 8, "code": "*"})),
        ("code", ("POST", "t", {"id": "*", "tenant": 8, "code": "*"})),
        ("code", ("POST", "t", [{"id": 9, "tenant": 8}, {"id": "*", "tenant": 8, "code": "*"}])),
        ("code", ("PATCH", "t/1", {"tenant": 8, "code": "*"})),
        ("id", ("PATCH", "t?filter=id%20%3D%201", {"tenant": 8, "id": "*"})),
        ("code", ("PUT", "t/1", {"tenant": 8, "code": "*"})),
    ],
)
async def test_a_generated_column_is_not_presumed_to_pass(
    database: Database, column: str, asked: tuple[str, str, Any]
):
    database.script(
        f"CREATE TABLE t (id integer PRIMARY KEY, tenant integer, code text UNIQUE, {_GENERATED})",
        "INSERT INTO t (id, tenant, code) VALUES (1, 7, 'own'), (2, 8, 'foreign')",
    )

    one, other = await _ask_taken_and_free(_manifest(database, "twice = 14"), column, asked)

    assert b"row_check" in one.body
    assert told(one) == told(other)


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
async def test_the_default_of_a_replaced_row_is_not_presumed_to_pass(database: Database):
    database.script(
        "CREATE SEQUENCE turn",
        "CREATE TABLE t (id integer PRIMARY KEY, code text UNIQUE,"
        " tenant integer DEFAULT (CASE WHEN nextval('turn') = 1 THEN 7 ELSE 8 END))",
        "INSERT INTO t VALUES (1, 'own', 7), (2, 'foreign', 8)",
    )

    one, other = await _ask_taken_and_free(
        _manifest(database, "tenant = 7"), "code", ("PUT", "t/1", {"code": "*"})
    )

    assert b"row_check" in one.body
    assert told(one) == told(other)


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
async def test_a_column_of_a_view_takes_the_default_of_its_table(database: Database):
    database.script(
        "CREATE TABLE base (id integer PRIMARY KEY, code text UNIQUE, tenant integer DEFAULT 8)",
        "INSERT INTO base VALUES (2, 'foreign', 8)",
        "CREATE VIEW t AS SELECT id, code, tenant FROM base",
    )
    made = _manifest(database, "tenant IS NULL")
    made["services"]["shop"]["resources"] = {"t": {"primary_key": ["id"]}}

    one, other = await _ask_taken_and_free(made, "id", _POST)

    assert b"row_check" in one.body
    assert told(one) == told(other)


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
@pytest.mark.parametrize(
    ("column", "asked"),
    [
        ("id", _POST),
        ("code", _POST),
        ("code", _LIST),
        ("code", ("POST", "t?continue=true", _LIST[2])),
        ("code", ("PATCH", "t/1", {"code": "*", "twice": 8})),
    ],
)
async def test_a_deferred_key_is_checked_after_the_row(
    database: Database, column: str, asked: tuple[str, str, Any]
):
    database.script(
        "CREATE TABLE t (id integer PRIMARY KEY DEFERRABLE INITIALLY DEFERRED,"
        " code text UNIQUE DEFERRABLE INITIALLY DEFERRED, twice integer,"
        f" tenant integer DEFAULT {_VOLATILE['postgres']})",
        "INSERT INTO t VALUES (1, 'own', 1, 7), (2, 'foreign', 1, 8)",
    )
    made = _manifest(database, "tenant = 7 AND (twice IS NULL OR NOT twice = 8)")

    one, other = await _ask_taken_and_free(made, column, asked)

    assert b"row_check" in one.body
    assert told(one) == told(other)


async def test_the_error_of_a_later_record_does_not_replace_a_check(database: Database):
    database.script(
        "CREATE TABLE t (id integer PRIMARY KEY, code text UNIQUE, n integer NOT NULL DEFAULT 0,"
        f" tenant integer DEFAULT {_VOLATILE[database.dialect]})",
        "INSERT INTO t (id, code) VALUES (2, 'foreign')",
    )
    asked = ("POST", "t", [{"id": "*", "code": "*"}, {"id": 80, "n": None}])

    one, other = await _ask_taken_and_free(_manifest(database, "tenant = 7"), "id", asked)

    assert b"row_check" in one.body
    assert told(one) == told(other)
