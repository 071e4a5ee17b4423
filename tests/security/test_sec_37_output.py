"""The rows of a response have a maximum size, whatever returns them."""

from pathlib import Path
from typing import Any

import pytest

from tests.databases import Database, scratch
from tests.plane import Answer, plane
from tests.security.manifests import ask, grant, manifest

pytestmark = [pytest.mark.anyio, pytest.mark.promise("sec-37")]

_ROWS = 60
_LARGE = 20_000
_MOST = 1_000_000
_FIT = 49
"""How many of the rows fit."""


def _build(database: Database) -> None:
    database.script("CREATE TABLE docs (id integer PRIMARY KEY, n integer, body text)")
    database.fill("docs", *((number, number % 7, "é" * (_LARGE // 2)) for number in range(_ROWS)))


def _manifest(database: Database) -> dict[str, Any]:
    made = manifest(database, clerk=[grant("docs", rows="all", aggregate=True)])
    return made | {"server": {"max_response": "1MB"}}


def _refused(answer: Answer) -> bool:
    return (answer.status, answer.error) == (413, "response_too_large") and len(answer.body) < 1000


@pytest.mark.fault("attacks.output")
async def test_a_page_that_is_too_large_is_refused_and_one_that_fits_is_returned(
    database: Database,
):
    _build(database)

    async with plane(_manifest(database)) as opened:
        for query in (
            {},
            {"count": "true"},
            {"filter": "n >= 0"},
            {"group": "id,body", "fields": "id,body"},
        ):
            large = await ask(opened, "clerk", "GET", "docs", limit="1000", **query)
            fitting = await ask(opened, "clerk", "GET", "docs", limit=str(_FIT), **query)

            assert _refused(large)
            assert len(fitting.rows) == _FIT
            assert _MOST * 0.9 < len(fitting.body) < _MOST * 1.1


async def test_fewer_fields_fit(database: Database):
    _build(database)

    async with plane(_manifest(database)) as opened:
        answer = await ask(opened, "clerk", "GET", "docs", limit="1000", fields="id,n")

    assert len(answer.rows) == _ROWS


async def test_one_row_that_is_too_large_is_refused(database: Database):
    _build(database)
    database.fill("docs", (1000, 1, "x" * (_MOST + 1)))

    async with plane(_manifest(database)) as opened:
        assert _refused(await ask(opened, "clerk", "GET", "docs/1000"))
        assert (await ask(opened, "clerk", "GET", "docs/1")).status == 200


async def test_the_size_is_that_of_the_json(database: Database):
    database.script("CREATE TABLE docs (id integer PRIMARY KEY, n integer, body text)")
    # Each character takes six bytes.
    database.fill("docs", (1, 1, "\x01" * (_MOST // 6 - 100)), (2, 1, "\x01" * (_MOST // 6 + 100)))

    async with plane(_manifest(database)) as opened:
        assert (await ask(opened, "clerk", "GET", "docs/1")).status == 200
        assert _refused(await ask(opened, "clerk", "GET", "docs/2"))


@pytest.mark.parametrize("method", ["PATCH", "DELETE", "POST", "PUT"])
async def test_a_write_that_would_return_too_much_writes_nothing(database: Database, method: str):
    _build(database)
    before = database.rows("SELECT id, n FROM docs ORDER BY id")
    bodies: dict[str, Any] = {
        "PATCH": {"n": 100},
        "DELETE": None,
        "POST": [{"id": 1000 + n, "body": "x" * _LARGE} for n in range(_ROWS)],
        "PUT": [{"id": n, "body": "x" * _LARGE} for n in range(_ROWS)],
    }
    query = {"filter": "id >= 0"} if method in ("PATCH", "DELETE") else {}

    async with plane(_manifest(database)) as opened:
        large = await ask(opened, "clerk", method, "docs", bodies[method], fields="*", **query)
        unchanged = database.rows("SELECT id, n FROM docs ORDER BY id") == before
        small = await ask(opened, "clerk", method, "docs", bodies[method], fields="id", **query)

    assert _refused(large)
    assert unchanged
    assert small.status in (200, 201)
    assert len(small.rows) == _ROWS


async def test_many_statements_of_one_write_return_no_more_than_one(database: Database):
    # 600 rows are read back by three statements, and deleted by 600.
    database.script("CREATE TABLE docs (id integer PRIMARY KEY, n integer, body text)")
    database.fill("docs", *((number, 0, "x" * 2000) for number in range(600)))
    records = [{"id": number, "n": 1} for number in range(600)]

    async with plane(_manifest(database)) as opened:
        changed = await ask(opened, "clerk", "PATCH", "docs", records, fields="*")
        ids = [{"id": number} for number in range(600)]
        deleted = await ask(opened, "clerk", "DELETE", "docs", ids, fields="*")
        left = database.rows("SELECT COUNT(*), SUM(n) FROM docs")

    assert _refused(changed)
    assert _refused(deleted)
    assert left == [(600, 0)]


@pytest.mark.fault("attacks.output")
async def test_rows_are_not_fetched_beyond_the_maximum(
    request: pytest.FixtureRequest, tmp_path: Path
):
    with scratch("sqlite", request, tmp_path) as database:
        database.script(
            "CREATE TABLE numbers (id integer PRIMARY KEY)",
            # Whatever reads the hundredth row fails.
            "CREATE VIEW docs AS SELECT id, 1 AS n, printf('%.*c', 20000, 'x') AS body,"
            " abs(-9223372036854775807 - (id >= 100)) AS trap FROM numbers",
        )
        database.fill("numbers", *((number,) for number in range(1000)))
        async with plane(_manifest(database)) as opened:
            answer = await ask(opened, "clerk", "GET", "docs", limit="1000", order="id")

    assert _refused(answer)
