"""What the event loop does for one request does not grow with what is asked for or returned."""

import json
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import quote

import pytest

import faucet
from tests.databases import scratch
from tests.plane import Answer, Plane, plane

pytestmark = pytest.mark.anyio

_PACKAGE = faucet.__path__[0]
_ROWS = 1000
_MOST_CALLS = 500
_CALLS_OF_VALUE = 8
_WIDTH = 20
_MANIFEST: dict[str, Any] = {
    "version": 1,
    "auth": {"anonymous": "visitor"},
    "services": {"shop": {"driver": "sqlite", "dsn": "test.db"}},
    "roles": {"visitor": {"grants": [{"service": "shop", "tables": ["*"], "verbs": ["GET"]}]}},
}
_ITEMS = "/api/v1/shop/_table/items"


@pytest.fixture
async def opened(sqlite_database: Path) -> AsyncIterator[Plane]:
    columns = ", ".join(f"c{number} integer DEFAULT 7" for number in range(_WIDTH))
    with closing(sqlite3.connect(sqlite_database)) as database, database:
        database.execute(f"CREATE TABLE items (id integer PRIMARY KEY, body text, {columns})")
        numbers = ((number,) for number in range(_ROWS))
        database.executemany("INSERT INTO items (id) VALUES (?)", numbers)
    async with plane(_MANIFEST, sqlite_database.parent) as made:
        await made.get(f"{_ITEMS}?limit=1")
        yield made


async def _calls(ask: Callable[[], Awaitable[Answer]]) -> tuple[int, Answer]:
    """
    Return how many functions Faucet calls on the event loop's thread, and the answer of *ask*.

    What the loop calls by itself depends on when the threads report to it.
    """
    count = 0

    def counted(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"} and frame.f_code.co_filename.startswith(_PACKAGE)

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        answer = await ask()
    finally:
        sys.setprofile(before)
    assert answer.status == 200, answer.body
    return count, answer


@pytest.mark.fault("attacks.loop")
async def test_many_cells_are_encoded_on_a_thread(opened: Plane):
    few, _ = await _calls(lambda: opened.get(f"{_ITEMS}?limit=40"))
    many, answer = await _calls(lambda: opened.get(f"{_ITEMS}?limit={_ROWS}"))

    assert many - few < _MOST_CALLS
    assert len(answer.json["resource"]) == _ROWS


@pytest.mark.fault("attacks.loop")
async def test_a_long_statement_is_rendered_on_a_thread_and_only_there(opened: Plane):
    def ask(terms: int) -> Callable[[], Awaitable[Answer]]:
        where = " or ".join(f"c{number % _WIDTH}={number}" for number in range(terms))
        url = f"{_ITEMS}?filter={quote(where)}&fields=id&include_count=true"
        return lambda: opened.get(url)

    few, _ = await _calls(ask(10))
    many, _ = await _calls(ask(900))

    # Each value is bound twice: for the page and for the total.
    assert many - few < 900 * 2 * _CALLS_OF_VALUE


@pytest.mark.fault("attacks.loop")
async def test_a_new_shape_of_a_wide_selection_is_planned_on_a_thread(opened: Plane):
    def ask(name: str, aliases: int) -> Callable[[], Awaitable[Answer]]:
        fields = ",".join(f"c{number % _WIDTH} AS {name}{number}" for number in range(aliases))
        url = f"{_ITEMS}?fields={quote(fields)}&limit=1"
        return lambda: opened.get(url)

    few, _ = await _calls(ask("a", 60))
    many, _ = await _calls(ask("b", 120))

    # Only the cells of the row are read on the loop.
    assert many - few < 60 * 3


@pytest.mark.fault("attacks.loop")
@pytest.mark.postgresql
async def test_a_long_write_is_bound_and_read_back_on_a_thread(
    request: pytest.FixtureRequest, tmp_path: Path
):
    columns = [f"c{number}" for number in range(_WIDTH)]

    def patch(count: int) -> bytes:
        records = ({"id": number, **dict.fromkeys(columns, 8)} for number in range(count))
        return json.dumps(list(records)).encode()

    with scratch("postgres", request, tmp_path) as database:
        spelled = ", ".join(f"{column} integer DEFAULT 7" for column in columns)
        database.script(
            f"CREATE TABLE items (id integer PRIMARY KEY, {spelled})",
            f"INSERT INTO items SELECT * FROM generate_series(0, {_ROWS})",
        )
        grant = {"service": "shop", "tables": ["*"], "verbs": ["*"]}
        manifest = {
            **_MANIFEST,
            "services": {"shop": database.service()},
            "roles": {"visitor": {"grants": [grant]}},
        }
        async with plane(manifest) as opened:
            few, many = patch(40), patch(400)
            before, _ = await _calls(lambda: opened.ask("PATCH", _ITEMS, few))
            after, answer = await _calls(lambda: opened.ask("PATCH", _ITEMS, many))

    assert (after - before) / 360 < _WIDTH
    assert len(answer.json["resource"]) == 400
