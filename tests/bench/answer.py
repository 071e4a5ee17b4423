"""What governing costs: `answer` against the bare query, and a warm shape against a cold one.

Prints CPU per request of this process and the ratios within this run; absolute figures belong to
the machine.
"""

import asyncio
import hashlib
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.plane import Plane, plane

_KEY = "faucet_" + "b" * 64
_ROUNDS = 1000
_QUERY = (
    "SELECT id, name, qty FROM items WHERE store_id = ? AND id > ? ORDER BY id LIMIT ? OFFSET ?"
)


def _manifest(database: Path) -> dict[str, Any]:
    grant = {"service": "shop", "tables": ["items"], "verbs": ["GET"]}
    digest = hashlib.sha256(_KEY.encode()).hexdigest()
    return {
        "version": 1,
        "services": {"shop": {"driver": "sqlite", "dsn": str(database)}},
        "roles": {"clerk": {"grants": [{**grant, "rows": "store_id = {claims.store_id}"}]}},
        "keys": {"k": {"role": "clerk", "hash": [f"sha256:{digest}"], "claims": {"store_id": 7}}},
    }


async def _cost(ask: Callable[[int], Awaitable[object]]) -> float:
    for number in range(50):
        await ask(number)
    began = time.process_time()
    for number in range(_ROUNDS):
        await ask(number)
    return (time.process_time() - began) / _ROUNDS * 1e6


async def _measure(opened: Plane, database: Path, rows: int) -> None:
    url = f"/api/v1/shop/_table/items?fields=id,name,qty&limit={rows}&filter=id%3E"
    connection = sqlite3.connect(database)

    async def governed(number: int) -> None:
        assert (await opened.get(f"{url}{number % 500}", key=_KEY)).status == 200

    async def cold(number: int) -> None:
        opened.generation.statements.__init__(2048)  # type: ignore[misc]  # forgets every shape
        await governed(number)

    async def bare(number: int) -> None:
        connection.execute(_QUERY, (7, number % 500, rows, 0)).fetchall()

    alone, warm, unprepared = await _cost(bare), await _cost(governed), await _cost(cold)
    connection.close()
    print(
        f"{rows:4d} rows: query alone {alone:6.0f} µs, answer {warm:6.0f} µs "
        f"({warm / alone:.1f} times), cold shape {unprepared:6.0f} µs "
        f"({unprepared / warm:.1f} times warm)"
    )


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "shop.db"
        connection = sqlite3.connect(database)
        connection.execute(
            "CREATE TABLE items (id INTEGER PRIMARY KEY, name, qty INTEGER, store_id INTEGER)"
        )
        rows = [(n, f"item {n}", n % 9, 7) for n in range(2000)]
        connection.executemany("INSERT INTO items VALUES (?, ?, ?, ?)", rows)
        connection.commit()
        connection.close()
        async with plane(_manifest(database)) as opened:
            for size in (1, 20, 100, 1000):
                await _measure(opened, database, size)


if __name__ == "__main__":
    asyncio.run(main())
