"""Security rule 15: partitions and their kind are reached by their exact names alone."""

from typing import Any

import pytest

from tests.databases import Database, key
from tests.plane import plane
from tests.security.manifests import TABLE, ask, grant, manifest

pytestmark = [pytest.mark.anyio, pytest.mark.promise("sec-15")]

_POSTGRES = (
    "CREATE TABLE events (id integer, day integer, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)",
    "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10)",
    "CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (10) TO (20)",
    "CREATE TABLE parents (id integer PRIMARY KEY)",
    "CREATE TABLE children (PRIMARY KEY (id)) INHERITS (parents)",
)


@pytest.fixture
def events(postgres: Database) -> Database:
    postgres.script(*_POSTGRES)
    postgres.fill("events", (1, 1), (2, 11))
    postgres.fill("children", (7,))
    return postgres


async def _tables(tree: dict[str, Any], role: str) -> list[str]:
    async with plane(tree) as opened:
        answer = await opened.get(TABLE.rstrip("/"), key=key(role))
        return sorted(row["name"] for row in answer.rows)


async def test_a_glob_reaches_no_partition_and_no_inheritance_child(events: Database):
    tree = manifest(events, clerk=[grant("* e* events_? children*", "GET")])

    assert await _tables(tree, "clerk") == ["events", "parents"]


async def test_an_exact_name_reaches_one_and_opens_it_for_nobody_else(events: Database):
    tree = manifest(events, clerk=[grant("events_1 children", "GET")], boss=[grant("* e*", "GET")])

    async with plane(tree) as opened:
        (row,) = (await ask(opened, "clerk", "GET", "events_1")).rows
        (child,) = (await ask(opened, "clerk", "GET", "children")).rows
        refused = await ask(opened, "boss", "GET", "events_1")

    assert (row, child) == ({"id": 1, "day": 1}, {"id": 7})
    assert refused.status in {403, 404}


@pytest.mark.parametrize(
    "tables",
    [{"exclude": ["events_*"]}, {"exclude": ["events_1"]}, {"include": ["parents"]}],
)
async def test_an_exact_name_reaches_none_that_the_service_leaves_out(
    events: Database, tables: dict[str, list[str]]
):
    tree = manifest(events, clerk=[grant("events_1", "GET")])
    tree["services"]["shop"]["tables"] = tables

    with pytest.raises(AssertionError, match="FCT1501"):
        await _tables(tree, "clerk")


async def test_an_exact_name_in_include_lets_a_glob_of_a_grant_reach_nothing_more(
    events: Database,
):
    tree = manifest(events, clerk=[grant("e*", "GET")])
    tree["services"]["shop"]["tables"] = {"include": ["*", "events_1"]}

    assert await _tables(tree, "clerk") == ["events"]
