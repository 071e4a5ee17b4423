"""A SQLite file stays as it is until a request writes, and whatever replaces it is opened."""

import asyncio
import hashlib
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.plane import Plane, plane

pytestmark = pytest.mark.anyio

_ITEMS = "/api/v1/shop/_table/items"


def _make(path: Path, mark: str = "a", journal: str = "delete") -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode = {journal}")
        connection.execute("CREATE TABLE items (id INTEGER PRIMARY KEY, mark TEXT)")
        connection.executemany("INSERT INTO items VALUES (?, ?)", [(n, mark) for n in range(200)])
        connection.commit()
    return path


def _manifest(path: Path, **service: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "auth": {"anonymous": "all"},
        "services": {"shop": {"driver": "sqlite", "dsn": str(path), **service}},
        "roles": {"all": {"grants": [{"service": "shop", "tables": ["*"], "verbs": ["*"]}]}},
    }


def _state(path: Path) -> tuple[str, int, str]:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    changed = path.stat().st_mtime_ns
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        (journal,) = connection.execute("PRAGMA journal_mode").fetchone()
    return digest, changed, journal


def _names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


async def _post(opened: Plane, number: int) -> Any:
    return await opened.ask("POST", _ITEMS, {"id": number, "mark": "new"})


@pytest.mark.fault("file.journal")
async def test_reading_changes_nothing_and_a_write_keeps_the_journal(tmp_path: Path):
    path = _make(tmp_path / "shop.db")
    before = _state(path)

    async with plane(_manifest(path)) as opened:
        await opened.get(_ITEMS)
        await opened.get(f"{_ITEMS}?count=true&filter=id<3")
        refused = await opened.ask("PATCH", f"{_ITEMS}/1", {"id": "x"})
        read = _state(path)
        written = await _post(opened, 1000)

    assert read == before
    assert (refused.status, written.status) == (400, 201)
    assert _state(path)[2] == "delete"
    assert _names(tmp_path) == ["shop.db"]


@pytest.mark.fault("file.journal")
async def test_a_service_may_convert_its_file(tmp_path: Path):
    path = _make(tmp_path / "shop.db")

    async with plane(_manifest(path, journal="wal")) as opened:
        await opened.get(_ITEMS)

    assert _state(path)[2] == "wal"


@pytest.mark.fault("file.read_only")
@pytest.mark.parametrize("journal", ["delete", "wal"])
async def test_an_immutable_file_is_only_read(tmp_path: Path, journal: str):
    path = _make(tmp_path / "shop.db", journal=journal)
    before = path.read_bytes()

    async with plane(_manifest(path, immutable=True)) as opened:
        answer = await opened.get(f"{_ITEMS}?limit=1")
        refused = await _post(opened, 1000)

    assert answer.rows == [{"id": 0, "mark": "a"}]
    assert (refused.status, refused.error) == (403, "read_only")
    assert _names(tmp_path) == ["shop.db"]
    assert path.read_bytes() == before


@pytest.mark.fault("file.read_only")
@pytest.mark.parametrize("name", ["shop.db", "."])
async def test_a_file_that_may_not_be_written_is_served_read_only(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
):
    path, access = _make(tmp_path / "shop.db"), os.access
    denied = (tmp_path / name).resolve()

    def refuse(asked: Path, mode: int, **options: Any) -> bool:
        writes = bool(mode & os.W_OK) and Path(asked).resolve() == denied
        return not writes and access(asked, mode, **options)

    # A superuser may write everywhere but to a read-only mount, which not every machine can make.
    monkeypatch.setattr(os, "access", refuse)
    async with plane(_manifest(path)) as opened:
        answer = await opened.get(f"{_ITEMS}?limit=1")
        refused = await _post(opened, 1000)

    assert answer.rows == [{"id": 0, "mark": "a"}]
    assert (refused.status, refused.error) == (403, "read_only")


@pytest.mark.fault("file.replaced")
async def test_no_response_mixes_a_file_with_the_one_that_replaces_it(tmp_path: Path):
    path = _make(tmp_path / "shop.db")
    done = False

    async def mark_of_all(opened: Plane) -> str:
        (mark,) = {row["mark"] for row in (await opened.get(_ITEMS)).rows}
        return str(mark)

    async def read(opened: Plane) -> None:
        while not done:
            await mark_of_all(opened)

    async with plane(_manifest(path)) as opened:
        readers = [asyncio.create_task(read(opened)) for _ in range(4)]
        for mark in "ab" * 10:
            _make(tmp_path / "next.db", mark).replace(path)
            assert await mark_of_all(opened) == mark
        done = True
        await asyncio.gather(*readers)
