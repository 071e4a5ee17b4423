"""References are compared with the rows, and by the rules, that the database compares them with."""

from typing import Any

import pytest

from tests.databases import Database
from tests.plane import plane
from tests.security.manifests import ask, grant, manifest, told

pytestmark = [pytest.mark.anyio, pytest.mark.promise("sec-12")]


def _manifest(database: Database) -> dict[str, Any]:
    clerk = [grant("parents", "GET", rows="tenant = {claims.tenant}"), grant("children")]
    return manifest(database, {"clerk": {"tenant": 7}}, clerk=clerk)


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
@pytest.mark.fault("attacks.compared_references")
async def test_rows_of_inheritance_children_are_no_parents(database: Database):
    database.script(
        "CREATE TABLE parents (id integer PRIMARY KEY, tenant integer)",
        "CREATE TABLE below () INHERITS (parents)",
        "INSERT INTO parents VALUES (1, 7), (2, 8)",
        "INSERT INTO below VALUES (2, 7), (3, 7)",
        "CREATE TABLE children (id integer PRIMARY KEY, parent integer REFERENCES parents)",
    )

    async with plane(_manifest(database)) as opened:
        invisible, absent, visible = [
            await ask(opened, "clerk", "POST", "children", {"id": 5, "parent": parent})
            for parent in (2, 3, 1)
        ]

    assert visible.status == 201
    assert told(invisible) == told(absent)
    assert absent.error == "foreign_key_violation"


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
@pytest.mark.fault("attacks.compared_references")
@pytest.mark.parametrize("key", ["", ' COLLATE "C"'])
async def test_a_reference_is_compared_by_the_collation_of_the_key(database: Database, key: str):
    database.script(
        "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
        f"CREATE TABLE parents (id text{key} PRIMARY KEY, tenant integer)",
        "INSERT INTO parents VALUES ('ABC', 7), ('abc', 8)",
        "CREATE TABLE children (id integer PRIMARY KEY, parent text COLLATE ci REFERENCES parents)",
    )

    async with plane(_manifest(database)) as opened:
        invisible, absent, visible = [
            await ask(opened, "clerk", "POST", "children", {"id": 5, "parent": parent})
            for parent in ("abc", "aBC", "ABC")
        ]

    assert visible.status == 201
    assert (invisible.status, invisible.json["error"]) == (absent.status, absent.json["error"])
    assert absent.error == "foreign_key_violation"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.fault("attacks.compared_references")
async def test_a_reference_is_compared_by_the_affinity_of_the_key(database: Database):
    database.script(
        "CREATE TABLE parents (id text PRIMARY KEY, tenant integer)",
        "INSERT INTO parents VALUES ('01', 7), ('1', 8), ('2', 7), ('03', 7)",
        "CREATE TABLE children (id integer PRIMARY KEY, parent integer REFERENCES parents)",
    )

    async with plane(_manifest(database)) as opened:
        invisible, absent, visible = [
            await ask(opened, "clerk", "POST", "children", {"id": 5, "parent": parent})
            for parent in (1, 3, 2)
        ]

    assert visible.status == 201
    assert told(invisible) == told(absent)
    assert absent.error == "foreign_key_violation"


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
@pytest.mark.fault("attacks.compared_references")
async def test_a_key_of_a_partition_holds_for_rows_written_through_the_table(database: Database):
    database.script(
        "CREATE TABLE parents (id integer PRIMARY KEY, tenant integer)",
        "INSERT INTO parents VALUES (1, 7), (2, 8)",
        "CREATE TABLE children (id integer, parent integer, region text, PRIMARY KEY (id, region))"
        " PARTITION BY LIST (region)",
        "CREATE TABLE children_a (region text NOT NULL, parent integer REFERENCES parents,"
        " id integer NOT NULL)",
        "ALTER TABLE children ATTACH PARTITION children_a FOR VALUES IN ('a')",
    )

    async with plane(_manifest(database)) as opened:
        invisible, absent, visible = [
            await ask(opened, "clerk", "POST", "children", {"id": 5, "parent": each, "region": "a"})
            for each in (2, 3, 1)
        ]

    assert visible.status == 201
    assert told(invisible) == told(absent)
    assert absent.error == "foreign_key_violation"
