"""Faucet behind PgBouncer in transaction mode, whose sessions it shares with other clients."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import psycopg
import pytest

from tests.databases import Database, key, key_of, scratch
from tests.servers.faucet_process import SECONDS, FaucetProcess
from tests.servers.pgbouncer import PgBouncer

pytestmark = [pytest.mark.e2e, pytest.mark.fault("connections.pooler")]

_CLIENTS = 8
_TURNS = 3
# A longer run is for measurements; the test needs none.
_LASTS = float(os.environ.get("FAUCET_TEST_POOLER_SECONDS", "0"))
_SCHEMA = (
    (
        "CREATE TABLE items (id integer PRIMARY KEY, store integer, at timestamptz, span interval,"
        " raw bytea, price numeric(6,2), share float8)"
    ),
    (
        "INSERT INTO items SELECT n, n % 2, '2026-03-01 12:00+02', '1 mon 2 days', '\\xff00', 1.5,"
        " 0.1 FROM generate_series(1, 20) n"
    ),
    "CREATE TABLE visits (id serial PRIMARY KEY)",
    (
        "CREATE FUNCTION visit() RETURNS integer LANGUAGE sql VOLATILE AS"
        " $$ INSERT INTO public.visits DEFAULT VALUES RETURNING id $$"
    ),
    "CREATE VIEW noisy AS SELECT 1 AS id, visit() AS visit",
)
_FORMS = {
    "at": "2026-03-01T10:00:00Z",
    "span": "P1M2D",
    "raw": "/wA=",
    "price": "1.50",
    "share": 0.1,
}
_POISON = (
    "SET TimeZone = 'Asia/Tokyo'",
    "SET DateStyle = 'German'",
    "SET IntervalStyle = 'postgres'",
    "SET bytea_output = 'escape'",
    "SET extra_float_digits = 0",
    "SET search_path = 'evil'",
    "SET default_transaction_read_only = on",
    "SET default_transaction_isolation = 'serializable'",
    "SET ROLE pg_monitor",
)


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with scratch("postgres", request, tmp_path) as made:
        made.script(*_SCHEMA)
        yield made


def _write(folder: Path, dsn: str, **service: Any) -> None:
    def grants(store: int) -> list[dict[str, Any]]:
        of_store = {"tables": ["items"], "verbs": ["*"], "rows": f"store = {store}"}
        return [
            {"service": "shop", **of_store},
            {"service": "archive", **of_store},
            {"service": "archive", "tables": ["noisy"], "verbs": ["GET"]},
            {"system": ["GET"]},
        ]

    pool = {"size": _CLIENTS, "acquire_timeout": "10s"}
    shop = {"driver": "postgres", "dsn": dsn, "pool": pool, "required": True, **service}
    made = {
        "version": 1,
        "server": {"host": "127.0.0.1", "port": 0},
        "services": {"shop": shop, "archive": {**shop, "read_only": True}},
        "roles": {f"store{store}": {"grants": grants(store)} for store in (0, 1)},
        "keys": {f"store{store}": key_of(f"store{store}") for store in (0, 1)},
    }
    (folder / "faucet.yaml").write_text(json.dumps(made))


@contextmanager
def _poisoned(dsn: str) -> Iterator[None]:
    """Another client of the pooler, which leaves its settings in the sessions of both."""
    ended = Event()

    def poison() -> None:
        with psycopg.connect(dsn, autocommit=True, prepare_threshold=None) as connection:
            while not ended.wait(0.002):
                for statement in _POISON:
                    connection.execute(statement)

    thread = Thread(target=poison)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(SECONDS)


class _Client:
    """One caller, of one role; *faults* are what it got and should not have."""

    def __init__(self, http: httpx.AsyncClient, number: int) -> None:
        self.faults: list[str] = []
        self.answers = 0
        self._http = http
        self._store = number % 2
        self._own = 1000 + number
        self._headers = {"X-API-Key": key(f"store{self._store}")}

    async def run(self, until: float) -> None:
        turn = 0
        while turn < _TURNS or time.monotonic() < until:
            turn += 1
            for service in ("shop", "archive"):
                await self._reads(service)
            await self._writes()

    async def _ask(self, method: str, path: str, expected: int, body: Any = None) -> Any:
        answer = await self._http.request(
            method, f"/api/v1/{path}", json=body, headers=self._headers
        )
        self.answers += 1
        if answer.status_code != expected:
            self.faults.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        return answer.json() if answer.content else None

    def _expect(self, what: str, found: Any, expected: Any) -> None:
        if found != expected:
            self.faults.append(f"{what}: {found}")

    async def _reads(self, service: str) -> None:
        items = f"{service}/_table/items"
        listed = await self._ask("GET", f"{items}?filter=id <= 20&count=true", 200)
        numbers = [number for number in range(1, 21) if number % 2 == self._store]
        own = [{"id": number, "store": self._store, **_FORMS} for number in numbers]
        self._expect(f"{service} list", listed.get("resource"), own)
        self._expect(f"{service} count", listed.get("meta", {}).get("count"), 10)
        one = await self._ask("GET", f"{items}/{numbers[0]}", 200)
        self._expect(f"{service} record", one, own[0])
        await self._ask("GET", f"{items}/{1 + self._store}", 404)
        await self._ask("GET", f"{items}?filter=price = 'x'", 400)

    async def _writes(self) -> None:
        row = {"id": self._own, "store": self._store, **_FORMS}
        made = await self._ask("POST", "shop/_table/items", 201, row)
        self._expect("created", made.get("resource"), [row])
        await self._ask("POST", "shop/_table/items", 409, row)
        await self._ask("PATCH", f"shop/_table/items/{self._own}", 200, {"span": "P3D"})
        await self._ask("POST", "shop/_table/items?continue=true", 200, [row])
        await self._ask("DELETE", f"shop/_table/items/{self._own}", 200)
        await self._ask("GET", "archive/_table/noisy", 400)
        await self._ask("POST", "archive/_table/items", 403, row)


@pytest.mark.anyio
async def test_nothing_of_a_shared_session_is_seen_and_read_only_stays_so(
    database: Database, pgbouncer: PgBouncer, tmp_path: Path
):
    dsn = pgbouncer.dsn(database.dsn)
    _write(tmp_path, dsn, pooler="transaction")
    until = time.monotonic() + _LASTS
    with FaucetProcess(tmp_path) as faucet, _poisoned(dsn):
        faucet.listening()
        limits = httpx.Limits(max_connections=_CLIENTS)
        async with httpx.AsyncClient(
            base_url=faucet.url, timeout=SECONDS, limits=limits, trust_env=False
        ) as http:
            clients = [_Client(http, number) for number in range(_CLIENTS)]
            await asyncio.gather(*(client.run(until) for client in clients))
        ready = faucet.get("/readyz")

    assert [fault for client in clients for fault in client.faults][:5] == []
    assert database.rows("SELECT count(*) FROM visits") == [(0,)]
    assert ready.status_code == 200


@pytest.mark.parametrize("settings", [{}, {"ignore_startup_parameters": "options"}])
def test_without_the_option_the_log_says_what_to_write(
    database: Database, postgres_dsn: str, tmp_path: Path, settings: dict[str, str]
):
    with PgBouncer(postgres_dsn, settings=settings) as pooler:
        _write(tmp_path, pooler.dsn(database.dsn))
        with FaucetProcess(tmp_path) as faucet:
            faucet.event("Refused")
            found = faucet.events("Diagnostic")

    told = {one["finding"] for one in found if one["code"] == "FCT1401"}
    assert len(told) == 2
    assert all("write `pooler: transaction`" in finding for finding in told)


def test_check_reads_the_catalog_through_the_pooler(
    database: Database, pgbouncer: PgBouncer, tmp_path: Path
):
    _write(tmp_path, pgbouncer.dsn(database.dsn), prepare=False)

    command = [sys.executable, "-m", "faucet", "check", "--online", "faucet.yaml"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )

    assert " 0 errors" in done.stdout + done.stderr
    assert "FCT1520" in done.stdout
