"""Tables change under callers: nothing is a 500, services recover, and others do not notice."""

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.databases import DIALECTS, Database, scratch
from tests.servers.faucet_process import SECONDS, FaucetProcess

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.anyio,
    pytest.mark.fault("catalog.refresh", "catalog.notify"),
]

_CLIENTS = 6
_ROW = {"id": 1, "name": "tap", "price": 12}
# How long a service may need; five seconds on a machine that does nothing else.
_RECOVERY = float(os.environ.get("FAUCET_TEST_RECOVERY_SECONDS", str(SECONDS)))
_CREATE = "CREATE TABLE {table} (id integer PRIMARY KEY, name varchar(20), price integer)"
_FILL = "INSERT INTO {table} VALUES (1, 'tap', 12)"
# Callers insert a row with the same key, so each change leaves that row to be found.
_CHANGES: tuple[tuple[str, dict[str, Any] | None], ...] = (
    ("ALTER TABLE items ADD COLUMN extra integer DEFAULT 7", {**_ROW, "extra": 7}),
    ("ALTER TABLE items DROP COLUMN extra", _ROW),
    ("ALTER TABLE items RENAME COLUMN name TO title", {"id": 1, "title": "tap", "price": 12}),
    ("ALTER TABLE items RENAME COLUMN title TO name", _ROW),
    ("RETYPE", {**_ROW, "price": "12.00"}),
    ("DROP TABLE items", None),
    (f"{_CREATE};{_FILL}".format(table="items"), _ROW),
)


@pytest.fixture(params=DIALECTS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with scratch(request.param, request, tmp_path) as made:
        for table in ("items", "others"):
            made.script(_CREATE.format(table=table), _FILL.format(table=table))
        yield made


def _write(folder: Path, database: Database) -> None:
    grants = [
        {"service": service, "tables": ["*"], "verbs": ["*"]} for service in ("shop", "other")
    ]
    other = database.service(tables={"include": ["others"]})
    made = {
        "version": 1,
        "server": {"host": "127.0.0.1", "port": 0},
        "auth": {"anonymous": "all"},
        "services": {"shop": database.service(catalog_refresh="1s"), "other": other},
        "roles": {"all": {"grants": grants}},
    }
    (folder / "faucet.yaml").write_text(json.dumps(made))


class _Load:
    """Callers of both services until they are stopped, and what they should not have got."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.faults: list[str] = []
        self.answers = 0
        self._http = http
        self._stopped = False

    async def run(self) -> None:
        await asyncio.gather(*(self._client(number) for number in range(_CLIENTS)))

    def stop(self) -> None:
        self._stopped = True

    async def _client(self, number: int) -> None:
        while not self._stopped:
            await self._ask("GET", "shop/_table/items")
            await self._ask("GET", "shop/_table/items?count=true&filter=price > 1")
            await self._ask("PATCH", "shop/_table/items/1", {"price": 12})
            await self._ask("POST", "shop/_table/items?continue=true", [{"id": 1, "name": "x"}])
            await self._ask("GET", f"other/_table/others?filter=id = {1 + number % 2}")

    async def _ask(self, method: str, path: str, body: Any = None) -> None:
        answer = await self._http.request(method, f"/api/v1/{path}", json=body)
        self.answers += 1
        unaffected = path.startswith("other")
        if answer.status_code == 503 and not unaffected:
            right = answer.json()["error"]["type"] == "schema_changed"
        else:
            right = answer.status_code == 200 if unaffected else answer.status_code < 500
        if not right:
            self.faults.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")


async def _until(http: httpx.AsyncClient, expected: dict[str, Any] | None) -> None:
    async with asyncio.timeout(_RECOVERY):
        while True:
            answer = await http.get("/api/v1/shop/_table/items")
            rows = None if answer.status_code == 404 else answer.json().get("resource", ())
            if rows == (expected and [expected]):
                return


def _retype(database: Database) -> str:
    return database.either(
        sqlite="DROP TABLE items;CREATE TABLE items"
        " (id integer PRIMARY KEY, name varchar(20), price decimal(6,2));"
        "INSERT INTO items VALUES (1, 'tap', 12)",
        postgres="ALTER TABLE items ALTER COLUMN price TYPE numeric(6,2)",
    )


async def test_tables_change_under_callers(database: Database, tmp_path: Path):
    _write(tmp_path, database)
    with FaucetProcess(tmp_path) as faucet:
        faucet.listening()
        async with httpx.AsyncClient(base_url=faucet.url, timeout=SECONDS, trust_env=False) as http:
            load = _Load(http)
            running = asyncio.create_task(load.run())
            await _until(http, _ROW)
            for change, expected in _CHANGES:
                statements = _retype(database) if change == "RETYPE" else change
                await asyncio.to_thread(database.script, *statements.split(";"))
                await _until(http, expected)
            load.stop()
            await running
        crashes = [line for line in faucet.lines if "Traceback" in line]

    assert load.faults[:5] == []
    assert crashes == []
    assert load.answers > 0
