"""What the time of a response reveals of rows that a role may not see, in bits per request.

Each of 20 rows that a role may not see holds a secret text. A request guesses the first character
of one, and its filter makes a database work long on a row that the guess fits. Half of the guesses
are right.
Prints, for SQLite and PostgreSQL, the mutual information between "the guess is right" and the wall
time, and `took_ms`, of its response. Guesses that are shuffled against the times give what this
estimate finds where there is nothing to find: compare with that. A second role may see the rows:
its figures show that the estimate finds what there is.

    PYTHONPATH=. python tests/bench/timing.py [REQUESTS]
"""

import asyncio
import math
import random
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Hashable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from tests.databases import key, key_of
from tests.plane import Plane, plane
from tests.servers.postgresql import PostgresServer

_ROLES = {"clerk": "invisible", "auditor": "visible"}
_REQUESTS = 2000
_WARM = 20
_SECRETS = 20
_BINS = 10
_SHUFFLES = 20
_LETTERS = "abcdefghij"
_URL = "/api/v1/shop/_table/notes?fields=id"
_SLOW = " AND ".join(f"NOT body LIKE '%zq{number}%'" for number in range(20))
_SCHEMA = (
    "CREATE TABLE notes (id integer PRIMARY KEY, tenant integer, secret text, body text)",
    "INSERT INTO notes VALUES (0, 7, 'visible', 'short')",
)

_Sample = tuple[bool, float, float]


def _statements(body: str, secrets: Sequence[str]) -> tuple[str, ...]:
    rows = (
        f"INSERT INTO notes VALUES ({number}, 8, '{secret}', {body})"
        for number, secret in enumerate(secrets, start=1)
    )
    return (*_SCHEMA, *rows)


def _manifest(driver: str, dsn: str) -> dict[str, Any]:
    grant = {"service": "shop", "tables": ["notes"], "verbs": ["GET"]}
    return {
        "version": 1,
        "services": {"shop": {"driver": driver, "dsn": dsn}},
        "roles": {
            "clerk": {"grants": [{**grant, "rows": "tenant = 7"}]},
            "auditor": {"grants": [{**grant, "rows": "all"}]},
        },
        "keys": {role: key_of(role) for role in _ROLES},
    }


def _guess(chance: random.Random, secrets: Sequence[str]) -> tuple[bool, str]:
    """Return whether a guess of the first character of a secret is right, and its filter."""
    number, right = chance.randrange(_SECRETS), chance.random() < 0.5
    first = secrets[number][0]
    letter = first if right else chance.choice(_LETTERS.replace(first, ""))
    return right, f"(id = {number + 1} OR id = 0) AND secret STARTS WITH '{letter}' AND {_SLOW}"


async def _samples(opened: Plane, role: str, secrets: Sequence[str], count: int) -> list[_Sample]:
    chance, samples = random.Random(1), []
    for _ in range(count + _WARM):
        right, test = _guess(chance, secrets)
        began = time.perf_counter()
        answer = await opened.ask("GET", _URL, key=key(role), filter=test)
        took = time.perf_counter() - began
        assert answer.status == 200, answer.body
        samples.append((right, took, answer.json["meta"]["took_ms"]))
    return samples[_WARM:]


async def _measure(driver: str, dsn: str, secrets: Sequence[str], count: int) -> None:
    async with plane(_manifest(driver, dsn)) as opened:
        for role, rows in _ROLES.items():
            _report(f"{driver}, {rows} rows", await _samples(opened, role, secrets, count))


def _quantiles(values: Sequence[float]) -> list[int]:
    """Return for each of *values* the number of its bin, of equally many values."""
    order = sorted(range(len(values)), key=values.__getitem__)
    bins = [0] * len(values)
    for rank, index in enumerate(order):
        bins[index] = rank * _BINS // len(values)
    return bins


def _information(ones: Sequence[Hashable], others: Sequence[Hashable]) -> float:
    """Return the mutual information of two equally long sequences, in bits."""
    size = len(ones)
    left, right, both = Counter(ones), Counter(others), Counter(zip(ones, others, strict=True))
    return sum(
        number / size * math.log2(number * size / (left[one] * right[other]))
        for (one, other), number in both.items()
    )


def _chance(rights: Sequence[bool], found: Sequence[Hashable]) -> float:
    """Return the largest information of *found* with shuffled *rights*."""
    source, shuffled, most = random.Random(2), list(rights), 0.0
    for _ in range(_SHUFFLES):
        source.shuffle(shuffled)
        most = max(most, _information(shuffled, found))
    return most


def _report(name: str, samples: Sequence[_Sample]) -> None:
    rights = [right for right, _, _ in samples]
    walls = _quantiles([wall for _, wall, _ in samples])
    coarse = [took for _, _, took in samples]
    for what, found in (("wall time", walls), ("took_ms", coarse)):
        print(
            f"{name:24s} {what:9s}: {_information(rights, found):.4f} bits "
            f"(at most {_chance(rights, found):.4f} with shuffled guesses)"
        )


async def _on_sqlite(secrets: Sequence[str], count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shop.db"
        with closing(sqlite3.connect(path)) as connection:
            for statement in _statements("replace(hex(zeroblob(50000)), '0', 'a')", secrets):
                connection.execute(statement)
            connection.commit()
        await _measure("sqlite", str(path), secrets, count)


async def _on_postgresql(secrets: Sequence[str], count: int) -> None:
    with PostgresServer() as server:
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            for statement in _statements("repeat('az', 50000)", secrets):
                connection.execute(statement.encode())
        await _measure("postgres", server.dsn, secrets, count)


async def main(count: int) -> None:
    source = random.Random(0)
    secrets = ["".join(source.choices(_LETTERS, k=12)) for _ in range(_SECRETS)]
    print(f"{count} requests each")
    await _on_sqlite(secrets, count)
    await _on_postgresql(secrets, count)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else _REQUESTS))
