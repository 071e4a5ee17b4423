"""How much a request costs, in calls of Python functions: the same wherever it is counted."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec
import pytest

from faucet.extension.executor import Fetched
from faucet.request.known_reads import KnownReads
from tests.databases import key, key_of
from tests.factories import catalog, relation
from tests.plane import Plane, plane

pytestmark = pytest.mark.anyio

_COLUMNS = tuple(f"c{number} int null" for number in range(29))
_INSTANTS = tuple(f"c{number} timestamptz null" for number in range(29))
_MANIFEST: dict[str, Any] = {
    "version": 1,
    "services": {"shop": {"driver": "postgres", "dsn": "postgresql://nobody@127.0.0.1:1/no"}},
    "roles": {
        "clerk": {
            "grants": [
                {
                    "service": "shop",
                    "tables": ["items", "visits"],
                    "verbs": ["GET", "PATCH"],
                    "rows": "store_id = {claims.store_id}",
                }
            ]
        }
    },
    "keys": {"clerk": key_of("clerk", store_id=7)},
}


_ASKING = (str(Path(__file__).parents[2]), str(Path(asyncio.__file__).parent))


class _Canned:
    """Stands for a database: what is counted is everything else."""

    async def fetch(self, *_call: Any) -> Fetched:
        return Fetched(rows=((0, ""),))

    async def transact(self, script: Any, *_limits: Any, **_options: Any) -> Any:
        script.close()
        raise NotImplementedError

    async def close(self) -> None:
        pass


@pytest.fixture
async def opened(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Plane]:
    found = catalog(
        relation("items", "id int pk", "store_id int", *_COLUMNS),
        relation("visits", "id int pk", "store_id int", *_INSTANTS),
    )
    monkeypatch.setattr("tests.plane.introspect", lambda *_asked, **_options: {"shop": found})
    async with plane(_MANIFEST) as made:
        executors = {"shop": _Canned()}
        yield Plane(msgspec.structs.replace(made.generation, executors=executors), made.reported)


async def _calls(ask: Callable[[], Awaitable[object]]) -> int:
    """Return how many Python functions are called while *ask* runs, without those that ask."""
    count = 0

    def counted(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call" and not frame.f_code.co_filename.startswith(_ASKING)

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        await ask()
    finally:
        sys.setprofile(before)
    return count


def _get(opened: Plane, number: int) -> Callable[[], Awaitable[object]]:
    where = f"c1%20%3E%20{number}%20AND%20c2%20%3D%20{number}"
    url = f"/api/v1/shop/_table/items?filter={where}&order=-c3,id&limit=25"
    return lambda: opened.get(url, key=key("clerk"))


async def test_a_read_of_a_known_shape_is_not_planned_again(opened: Plane):
    for number in (1, 2):
        await _get(opened, number)()

    assert await _calls(_get(opened, 3)) < 115


async def test_planning_a_read_costs_the_same_whatever_the_table_has(opened: Plane):
    forgetful = Plane(
        msgspec.structs.replace(opened.generation, known_reads=KnownReads(size=0)), opened.reported
    )
    for number in (1, 2):
        await _get(forgetful, number)()

    assert await _calls(_get(forgetful, 3)) < 330


async def test_a_new_shape_costs_the_same_whatever_type_the_columns_have(opened: Plane):
    def ask(table: str, order: str) -> Callable[[], Awaitable[object]]:
        url = f"/api/v1/shop/_table/{table}?filter=id%3E5&order={order}&limit=25"
        return lambda: opened.get(url, key=key("clerk"))

    for table in ("items", "visits"):
        await ask(table, "c1")()
    integers, instants = [await _calls(ask(table, "c2")) for table in ("items", "visits")]

    assert integers < 3400
    assert abs(instants - integers) < 100


async def test_records_of_one_shape_are_planned_once(opened: Plane):
    def patch(count: int) -> Callable[[], Awaitable[object]]:
        body = json.dumps([{"id": number, "c5": number} for number in range(count)]).encode()

        async def ask() -> None:
            with pytest.raises(NotImplementedError):
                await opened.ask(
                    "PATCH",
                    "/api/v1/shop/_table/items",
                    body,
                    key=key("clerk"),
                    headers={"content-type": "application/json"},
                )

        return ask

    await patch(10)()
    few, many = await _calls(patch(100)), await _calls(patch(500))

    assert (many - few) / 400 < 50
