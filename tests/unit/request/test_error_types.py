"""Errors that belong to no stage's own tests: one request each, and the one form of them all."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.plane import plane

pytestmark = pytest.mark.anyio

_ORDERS = "/api/v1/shop/_table/orders"
_MANIFEST = {
    "version": 1,
    "auth": {"anonymous": "manager"},
    "services": {"shop": {"driver": "sqlite", "dsn": "shop.db"}},
    "roles": {
        "manager": {
            "grants": [
                {"service": "shop", "tables": ["orders"], "verbs": ["*"], "aggregate": True},
                {"service": "shop", "tables": ["keyless"], "verbs": ["POST"], "check": "oid > 0"},
                {"service": "shop", "tables": ["mine"], "verbs": ["GET"], "rows": "x = {claims.x}"},
            ]
        }
    },
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the shop; no name of a rowid is left to find a row of `keyless` by."""
    connection = sqlite3.connect(tmp_path / "shop.db")
    connection.executescript(
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, total INTEGER);"
        "CREATE TABLE keyless (rowid TEXT, _rowid_ TEXT, oid INTEGER);"
        "CREATE TABLE mine (x INTEGER);"
    )
    connection.close()
    return tmp_path


@pytest.mark.fault("attacks.context")
@pytest.mark.parametrize(
    ("method", "url", "body", "type_"),
    [
        ("GET", "/api/v1/shop/_table/mine", None, "claim_missing"),
        ("GET", "/api/v1/shp/_table/orders", None, "unknown_service"),
        ("GET", "/api/v1/shop/_tables", None, "unknown_route"),
        ("GET", f"{_ORDERS}/", None, "unknown_route"),
        ("TRACE", _ORDERS, None, "method_not_allowed"),
        ("GET", f"{_ORDERS}?fields=id+AS+n,total+AS+n", None, "duplicate_alias"),
        ("PUT", f"{_ORDERS}/1", {"id": 2, "total": 1}, "key_mismatch"),
        ("POST", "/api/v1/shop/_table/keyless", {"oid": 1}, "no_key"),
        ("GET", f"{_ORDERS}?filter={'x' * 61_440}", None, "url_too_long"),
    ],
)
async def test_an_error_has_its_type_and_the_one_form(
    folder: Path, method: str, url: str, body: Any, type_: str
):
    async with plane(_MANIFEST, folder) as shop:
        answer = await shop.ask(method, url, body)

    error = answer.json["error"]
    assert error["type"] == type_
    assert error["code"] == answer.status
    assert error["message"]
    assert error["request_id"] == answer.headers["x-request-id"]
    assert list(error) == ["code", "type", "message", "context", "request_id"]
    assert isinstance(error["context"], dict)
    assert ("allow" in answer.headers) == (type_ == "method_not_allowed")
