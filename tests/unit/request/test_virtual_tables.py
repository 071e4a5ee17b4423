"""A virtual table of SQLite, such as a full-text index, is read where a grant names it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.plane import plane

pytestmark = [pytest.mark.anyio, pytest.mark.fault("compare.virtual")]

_NOTES = "/api/v1/shop/_table/notes"


def _manifest(folder: Path, *tables: str) -> dict[str, Any]:
    with closing(sqlite3.connect(folder / "shop.db")) as database:
        database.execute("CREATE VIRTUAL TABLE notes USING fts5(title, body)")
        database.execute("INSERT INTO notes VALUES ('a', 'hello world'), ('b', NULL)")
        database.commit()
    return {
        "version": 1,
        "auth": {"anonymous": "all"},
        "services": {"shop": {"driver": "sqlite", "dsn": str(folder / "shop.db")}},
        "roles": {"all": {"grants": [{"service": "shop", "tables": tables, "verbs": ["*"]}]}},
    }


async def test_a_virtual_table_is_read_and_written_where_it_is_named(tmp_path: Path):
    async with plane(_manifest(tmp_path, "*", "notes")) as opened:
        first = await opened.get(f"{_NOTES}?limit=1")
        empty = await opened.get(f"{_NOTES}?filter=body IS NULL")
        written = await opened.ask("POST", _NOTES, {"title": "c", "body": "d"})
        shadow = await opened.get("/api/v1/shop/_table/notes_data")

    assert first.rows == [{"title": "a", "body": "hello world"}]
    assert empty.rows == [{"title": "b", "body": None}]
    assert written.status == 201
    assert shadow.status == 404


async def test_no_glob_grants_a_virtual_table(tmp_path: Path):
    async with plane(_manifest(tmp_path, "*")) as opened:
        answer = await opened.get(_NOTES)

    assert answer.status == 404
