"""The status of a generation shows what its caches hold."""

import msgspec
import pytest

from faucet.caches import cache_uses
from faucet.request.execute import StatementCache
from tests.databases import Database, key, scratch
from tests.plane import Plane, plane
from tests.security.manifests import TABLE, ask, grant, manifest

pytestmark = pytest.mark.anyio


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path):
    with scratch("sqlite", request, tmp_path) as made:
        yield made


async def test_the_caches_and_their_total_are_in_the_status(database: Database):
    database.script("CREATE TABLE t (id integer PRIMARY KEY)")
    made = manifest(database, clerk=[grant("t"), {"system": ["GET"]}])
    async with plane(made) as opened:
        for _ in range(3):
            await ask(opened, "clerk", "GET", "t", filter="id = 1")
        answer = await opened.get("/api/v1/system/generation", key=key("clerk"))

    caches = answer.json["caches"]
    total = caches.pop("bytes")
    assert {"known_reads", "statements", "openapi"} <= caches.keys()
    assert total == sum(cache["bytes"] for cache in caches.values())
    assert caches["statements"]["entries"] >= 1
    assert all(cache["bytes"] <= cache["limit"] for cache in caches.values())


@pytest.mark.fault("attacks.shapes")
async def test_a_filter_of_any_length_and_aliases_leave_no_more_than_the_limit_behind(
    database: Database,
):
    database.script("CREATE TABLE t (identifier_of_the_row integer PRIMARY KEY)")
    async with plane(manifest(database, clerk=[grant("t")])) as made:
        statements = StatementCache(limit=2**21)
        generation = msgspec.structs.replace(made.generation, statements=statements)
        opened = Plane(generation, made.reported)
        for number in range(6):
            long = " AND ".join(f"identifier_of_the_row <> {term}" for term in range(250 + number))
            assert (await ask(opened, "clerk", "GET", "t", filter=long)).status == 200
            named = ",".join(f"identifier_of_the_row AS a{number}_{term}" for term in range(200))
            answer = await opened.get(f"{TABLE}t?fields={named}", key=key("clerk"))
            assert answer.status == 200, answer.body

            assert cache_uses()["statements"].bytes > 0
            assert statements.use.bytes <= 2**21

        assert 0 < len(statements) < 8
        assert len(generation.known_reads) == 0
