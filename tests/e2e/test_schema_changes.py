"""Tables that change under a running server are read again, without a signal and a 500."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.databases import DIALECTS, Database, scratch
from tests.servers.faucet_process import SECONDS, FaucetProcess

pytestmark = [pytest.mark.e2e, pytest.mark.fault("catalog.refresh")]

_ITEMS = "/api/v1/shop/_table/items"


@pytest.fixture(params=DIALECTS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with scratch(request.param, request, tmp_path) as made:
        made.script(
            "CREATE TABLE items (id integer PRIMARY KEY, name varchar(20), price integer)",
            "CREATE TABLE others (id integer PRIMARY KEY)",
            "INSERT INTO items VALUES (1, 'tap', 12)",
            "INSERT INTO others VALUES (1)",
        )
        yield made


@contextmanager
def _client(database: Database, folder: Path) -> Iterator[httpx.Client]:
    grants = [{"service": "shop", "tables": ["*"], "verbs": ["*"]}, {"system": ["GET"]}]
    made = {
        "version": 1,
        "server": {"host": "127.0.0.1", "port": 0},
        "auth": {"anonymous": "all"},
        "services": {"shop": database.service()},
        "roles": {"all": {"grants": grants}},
    }
    (folder / "faucet.yaml").write_text(json.dumps(made))
    with (
        FaucetProcess(folder).listening() as process,
        httpx.Client(base_url=process.url, timeout=SECONDS, trust_env=False) as client,
    ):
        # What is known and prepared must not be used for the new tables.
        for _ in range(8):
            assert client.get(_ITEMS).json()["resource"] == [{"id": 1, "name": "tap", "price": 12}]
        yield client
        assert "Traceback" not in "".join(process.lines)


@pytest.mark.parametrize(
    ("change", "row"),
    [
        ("ALTER TABLE items DROP COLUMN price", {"id": 1, "name": "tap"}),
        ("ALTER TABLE items RENAME COLUMN price TO cost", {"id": 1, "name": "tap", "cost": 12}),
    ],
)
def test_a_request_that_meets_another_table_is_planned_once_more(
    database: Database, tmp_path: Path, change: str, row: dict[str, Any]
):
    with _client(database, tmp_path) as client:
        database.script(change)

        read = client.get(_ITEMS)
        gone = client.get(f"{_ITEMS}?fields=price")

    assert (read.status_code, read.json().get("resource")) == (200, [row])
    assert gone.json()["error"]["type"] == "unknown_column"


def test_a_write_that_meets_another_table_is_planned_once_more(database: Database, tmp_path: Path):
    with _client(database, tmp_path) as client:
        database.script("ALTER TABLE items RENAME COLUMN name TO title")

        written = client.patch(f"{_ITEMS}/1", json={"price": 13})
        batch = client.post(f"{_ITEMS}?continue=true", json=[{"id": 2, "title": "x"}])

    assert (written.status_code, written.json()) == (200, {"id": 1, "title": "tap", "price": 13})
    assert batch.status_code == 201


def test_a_dropped_table_is_gone_and_the_others_are_served(database: Database, tmp_path: Path):
    with _client(database, tmp_path) as client:
        database.script("DROP TABLE items")

        dropped, other = client.get(_ITEMS), client.get("/api/v1/shop/_table/others")

    assert dropped.json()["error"]["type"] == "unknown_table"
    assert other.json()["resource"] == [{"id": 1}]


def test_a_column_of_another_type_has_its_values(tmp_path: Path, request: pytest.FixtureRequest):
    with scratch("postgres", request, tmp_path) as database:
        database.script(
            "CREATE TABLE items (id integer PRIMARY KEY, name varchar(20), price integer)",
            "INSERT INTO items VALUES (1, 'tap', 12)",
        )
        with _client(database, tmp_path) as client:
            database.script("ALTER TABLE items ALTER COLUMN price TYPE numeric(6,2)")

            first, second = client.get(_ITEMS), client.get(f"{_ITEMS}?filter=price = 12")

    assert first.status_code == second.status_code == 200


def test_what_stays_broken_in_a_function_of_the_schema_is_400_with_a_type(
    tmp_path: Path, request: pytest.FixtureRequest
):
    with scratch("postgres", request, tmp_path) as database:
        database.script(
            "CREATE TABLE items (id integer PRIMARY KEY, name varchar(20), price integer)",
            "INSERT INTO items VALUES (1, 'tap', 12)",
            "CREATE FUNCTION prices() RETURNS SETOF integer LANGUAGE plpgsql AS"
            " $$ BEGIN RETURN QUERY SELECT price FROM items; END $$",
            "CREATE VIEW broken AS SELECT id FROM prices() AS id",
        )
        with _client(database, tmp_path) as client:
            database.script("ALTER TABLE items RENAME TO goods")

            answer = client.get("/api/v1/shop/_table/broken")

    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "schema_failed")
