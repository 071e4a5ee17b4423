"""Sends cases to a server process for a while, and collects whatever is wrong with it."""

import asyncio
import itertools
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
import msgspec

from tests.fuzz.client import disagree, faults, play
from tests.fuzz.messages import CANARY, End, Reads, make_case
from tests.servers.faucet_process import SECONDS, FaucetProcess

_AT_ONCE: Final = 16
_MOST_FAULTS: Final = 20
_MANIFEST: Final = """\
version: 1
server:
  host: 127.0.0.1
  head_timeout: 1s
  body_timeout: 1s
  min_rate: 64KiB/s
auth: {anonymous: visitor}
services:
  shop: {driver: sqlite, dsn: shop.db, pool: {size: 2}}
roles:
  visitor:
    grants:
      # Nothing can be written, so that the order of cases does not matter.
      - {service: shop, tables: [items], verbs: [GET], rows: all}
      - service: shop
        tables: [items]
        verbs: [POST, PUT, PATCH, DELETE]
        rows: id > 1000000
        check: id > 1000000 AND id < 1000000
      - {service: shop, tables: [large], verbs: [GET]}
"""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a campaign found; *most_cpu_ms* is the longest time that the event loop was busy."""

    seed: int
    cases: int
    seconds: float
    most_cpu_ms: int
    faults: tuple[str, ...]


def run_campaign(folder: Path, seed: int, seconds: float, only: int | None = None) -> Report:
    """
    Run cases of *seed* for *seconds*, or *only* the one of that number.

    The server runs in *folder*, with a database of its own.
    """
    _prepare(folder)
    began = time.monotonic()
    with FaucetProcess(folder, "-p", "0", module="tests.fuzz.served") as server:
        campaign = _Campaign(server.listening(), seed, time.monotonic() + seconds)
        asyncio.run(campaign.run(only))
        campaign.settle()
        ended = server.stop()
        found = [
            *campaign.faults,
            *_faults_in_log(server),
            *([f"exit code {ended}"] if ended else []),
        ]
        return Report(
            seed=seed,
            cases=campaign.cases,
            seconds=time.monotonic() - began,
            most_cpu_ms=server.events("Tasks")[-1]["most_cpu_ms"],
            faults=tuple(found),
        )


def _prepare(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "shop.db")) as database:
        database.executescript(
            "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT);"
            "INSERT INTO items VALUES (1, 'tap'), (2, 'sink'), (3, NULL);"
            "CREATE TABLE large (id INTEGER PRIMARY KEY, body TEXT);"
        )
        database.executemany(
            "INSERT INTO large VALUES (?, ?)", ((n, "x" * 200_000) for n in range(5))
        )
        database.commit()
    (folder / "faucet.yaml").write_text(_MANIFEST)


class _Campaign:
    def __init__(self, server: FaucetProcess, seed: int, deadline: float) -> None:
        self._server = server
        self._port = urlsplit(server.url).port or 0
        self._seed = seed
        self._deadline = deadline
        self._warm_up()
        self._tasks = self._count_tasks()
        self._sockets = self._count_sockets()
        self.cases = 0
        self.faults: list[str] = []

    async def run(self, only: int | None) -> None:
        """Run cases until the deadline, or until there are many faults."""
        if only is not None:
            await self._try(only)
            return
        numbers = itertools.count()
        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(self._work(numbers))

    async def _work(self, numbers: Iterator[int]) -> None:
        while time.monotonic() < self._deadline and len(self.faults) < _MOST_FAULTS:
            number = next(numbers)
            try:
                await self._try(number)
            except OSError as error:
                self.faults.append(f"{self._seed}:{number}: {error}")

    async def _try(self, number: int) -> None:
        case = make_case(self._seed, number)
        outcome = await play(self._port, case, case.pieces)
        found = faults(case, outcome)
        if case.end is End.WAIT and case.reads is Reads.ALL and len(case.pieces) > 1:
            whole = await play(self._port, case, [case.data])
            found += faults(case, whole)
            if disagree(outcome, whole):
                found.append(f"{outcome.statuses} in pieces, {whole.statuses} as a whole")
        self.faults += (f"{case.name}: {fault}" for fault in found)
        self.cases += 1

    def settle(self) -> None:
        """Check that the server is as it was before."""
        if self._server.get("/healthz").status_code != httpx.codes.OK:
            self.faults.append("the next request is not answered")
        deadline = time.monotonic() + SECONDS
        while (left := self._left()) != (0, 0):
            if time.monotonic() > deadline:
                self.faults.append("{} tasks and {} sockets remain".format(*left))
                return

    def _left(self) -> tuple[int, int]:
        """Return how many tasks and sockets there are beyond those of the start."""
        tasks = self._count_tasks() - self._tasks
        return max(0, tasks), max(0, self._count_sockets() - self._sockets)

    def _warm_up(self) -> None:
        """Open what stays open."""
        for path in ("items", "large"):
            self._server.get(f"/api/v1/shop/_table/{path}")

    def _count_tasks(self) -> int:
        before = len(self._server.events("Tasks"))
        self._server.signal(signal.SIGUSR1)
        return int(self._server.event("Tasks", before + 1)["count"])

    def _count_sockets(self) -> int:
        folder = Path(f"/proc/{self._server.process.pid}/fd")
        return sum(_is_socket(path) for path in folder.iterdir())


def _is_socket(path: Path) -> bool:
    try:
        return path.readlink().name.startswith("socket:")
    except OSError:
        return False


def _faults_in_log(server: FaucetProcess) -> Iterator[str]:
    for line in server.lines:
        if not line.startswith("{"):
            yield f"logged: {line.rstrip()}"
        elif '"level":"error"' in line or '"event": "LoopBlocked"' in line:
            yield f"logged: {line.rstrip()[:2000]}"
        elif f'"path":"{CANARY.decode()}' in line:
            yield f"smuggled: {line.rstrip()}"
