"""Manifests of one service `shop`, and short ways to ask it."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any

from tests.databases import Database, key, key_of
from tests.plane import Answer, Plane

TABLE = "/api/v1/shop/_table/"


def grant(tables: str, verbs: str = "*", **rest: Any) -> dict[str, Any]:
    """Return a grant on `shop`; *tables* and *verbs* are blank-separated."""
    return {"service": "shop", "tables": tables.split(), "verbs": verbs.split(), **rest}


def manifest(
    database: Database,
    keys: Mapping[str, Mapping[str, Any]] | None = None,
    /,
    **roles: list[dict[str, Any]],
) -> dict[str, Any]:
    """Return a manifest of *roles*, each with a key of its name; *keys* give them claims."""
    claims = keys or {}
    return {
        "version": 1,
        "services": {"shop": database.service()},
        "roles": {name: {"grants": grants} for name, grants in roles.items()},
        "keys": {name: key_of(name, **claims.get(name, {})) for name in roles},
    }


async def ask(
    plane: Plane, role: str, method: str, rest: str, body: Any = None, **query: Any
) -> Answer:
    """Ask below `_table/` with the key *role* and a fixed request id; a crash is raised."""
    headers = {"X-Request-ID": "fixed"}
    answer = await plane.ask(method, TABLE + rest, body, key=key(role), headers=headers, **query)
    for error in answer.reported:
        raise error
    assert answer.status != 401
    return answer


def told(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    """Return all of an answer that a caller can compare with another; the time is no secret."""
    body = re.sub(rb'"took_ms":[0-9.]+', b'"took_ms":0', answer.body)
    return answer.status, dict(answer.headers), body


async def until_a_session_waits(database: Database) -> None:
    """Return when a PostgreSQL session waits for a lock of another."""
    waiting = (
        "SELECT COUNT(*) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    for _ in range(1000):
        if await asyncio.to_thread(database.rows, waiting) != [(0,)]:
            return
    raise AssertionError("nobody waits")
