"""No precondition is built: none is honoured, none tells an invisible row from a missing one."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.plane import plane

pytestmark = pytest.mark.anyio

_KEY = "faucet_" + "2" * 64


@pytest.mark.promise("sec-20")
@pytest.mark.parametrize("condition", ['"x"', "*", 'W/"x"', ""])
@pytest.mark.parametrize("header", ["If-Match", "If-None-Match"])
@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PATCH", {"n": 1}), ("DELETE", None)])
async def test_a_condition_never_tells_an_invisible_row_from_a_missing_one(
    tmp_path: Path, condition, header, method, body
):
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, tenant INTEGER, n INTEGER)")
        database.execute("INSERT INTO t VALUES (1, 8, 0)")
        database.commit()
    digest = hashlib.sha256(_KEY.encode()).hexdigest()
    grant = {"tables": ["t"], "verbs": ["GET", "PATCH", "DELETE"], "rows": "tenant = 7"}
    manifest = {
        "version": 1,
        "services": {"shop": {"driver": "sqlite", "dsn": str(tmp_path / "shop.db")}},
        "roles": {"r": {"grants": [{"service": "shop", **grant}]}},
        "keys": {"k": {"role": "r", "hash": [f"sha256:{digest}"]}},
    }

    async with plane(manifest) as opened:
        headers = {header: condition, "X-Request-ID": "same"}
        url = "/api/v1/shop/_table/t/"
        invisible = await opened.ask(method, f"{url}1", body, key=_KEY, headers=headers)
        missing = await opened.ask(method, f"{url}2", body, key=_KEY, headers=headers)

    assert invisible.status == 404
    assert invisible.body == missing.body
    assert "etag" not in invisible.headers
