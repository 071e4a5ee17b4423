"""A key that a child of a table may repeat does not tell which row was written."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.databases import Database, scratch
from tests.plane import Plane, plane
from tests.security.manifests import ask, grant, manifest

pytestmark = [pytest.mark.anyio, pytest.mark.postgresql, pytest.mark.promise("sec-10")]

_SCHEMA = (
    """CREATE TABLE sites (id int PRIMARY KEY, region int NOT NULL,
    tenant int GENERATED ALWAYS AS (region % 10) STORED, note text)""",
    "CREATE TABLE old_sites () INHERITS (sites)",
    "INSERT INTO old_sites VALUES (7, 11, DEFAULT, 'c'), (20, 11, DEFAULT, 'c')",
    "INSERT INTO sites VALUES (20, 11, DEFAULT, 'p'), (30, 11, DEFAULT, 'p')",
)


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with scratch("postgres", request, tmp_path) as made:
        made.script(*_SCHEMA)
        yield made


@pytest.fixture
async def opened(database: Database) -> AsyncIterator[Plane]:
    roles = manifest(database, clerk=[grant("sites", rows="tenant = 1", write=["*"])])
    async with plane(roles) as made:
        yield made


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("POST", "sites", {"id": 7, "region": 12}),
        ("POST", "sites", [{"id": 7, "region": 12}, {"id": 8, "region": 11}]),
        ("PATCH", "sites?filter=note='p' AND id = 20", {"region": 12}),
        ("PATCH", "sites/20", {"region": 12}),
        ("PUT", "sites/20", {"region": 12}),
    ],
)
async def test_no_row_is_written_past_the_check_beside_a_row_of_a_child(
    opened: Plane, database: Database, method: str, rest: str, body: Any
):
    before = database.rows("SELECT * FROM sites ORDER BY id, note")

    answer = await ask(opened, "clerk", method, rest.replace(" ", "%20"), body)

    assert (answer.status, answer.error) == (403, "row_check")
    assert database.rows("SELECT * FROM sites ORDER BY id, note") == before


async def test_rows_whose_keys_no_child_repeats_are_written(opened: Plane):
    added = await ask(opened, "clerk", "POST", "sites", {"id": 9, "region": 21})
    moved = await ask(opened, "clerk", "PATCH", "sites/30", {"region": 31})

    assert (added.status, moved.status) == (201, 200)
    assert moved.json["tenant"] == 1
