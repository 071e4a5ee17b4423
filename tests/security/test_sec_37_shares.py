"""Nobody holds all connections of a pool."""

import asyncio
from typing import Any

import pytest

from tests.databases import Database
from tests.plane import Plane, plane
from tests.security.manifests import ask, grant, manifest

pytestmark = [pytest.mark.anyio, pytest.mark.promise("sec-37")]


def _build(database: Database) -> None:
    database.script(
        "CREATE TABLE t (id integer PRIMARY KEY)",
        "INSERT INTO t VALUES (1)",
        database.either(
            postgres="CREATE VIEW slow AS SELECT 1 AS id, pg_sleep(60)::text AS x",
            sqlite="CREATE VIEW slow AS WITH RECURSIVE n(id) AS"
            " (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 10000000000)"
            " SELECT count(*) AS id FROM n",
        ),
    )


def _manifest(database: Database) -> dict[str, Any]:
    made = manifest(database, greedy=[grant("t slow", "GET")], other=[grant("t", "GET")])
    pool = {"size": 2, "acquire_timeout": "10s"}
    return made | {"services": {"shop": database.service(pool=pool)}}


async def _occupy(opened: Plane, count: int) -> list[asyncio.Task[Any]]:
    """Return *count* slow requests, all of which have begun."""
    tasks = [asyncio.create_task(ask(opened, "greedy", "GET", "slow")) for _ in range(count)]
    # Whatever is free is taken without waiting.
    await asyncio.sleep(0)
    return tasks


@pytest.mark.fault("attacks.shares")
async def test_a_principal_with_many_slow_requests_leaves_half_of_the_pool_to_others(
    database: Database,
):
    _build(database)

    async with plane(_manifest(database)) as opened:
        slow = await _occupy(opened, 5)
        answers = [await ask(opened, "other", "GET", "t") for _ in range(3)]
        still_running = not any(task.done() for task in slow)
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
        own = await ask(opened, "greedy", "GET", "t")

    assert [answer.rows for answer in answers] == [[{"id": 1}]] * 3
    assert still_running
    assert own.rows == [{"id": 1}]
