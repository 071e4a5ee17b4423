"""A request whose body is delayed past an edit of the manifest is decided by the edit."""

import hashlib
import json
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.servers.faucet_process import SECONDS, FaucetProcess

pytestmark = [pytest.mark.e2e, pytest.mark.promise("sec-29")]

_KEY = "faucet_" + "7" * 64
_BODY = b'{"tenant": 1, "name": "tap"}'


def _manifest() -> dict[str, Any]:
    grant = {
        "service": "shop",
        "tables": ["items"],
        "verbs": ["GET", "POST"],
        "rows": "tenant = 1",
        "check": "tenant = 1",
        "write": ["tenant", "name"],
    }
    digest = "sha256:" + hashlib.sha256(_KEY.encode()).hexdigest()
    return {
        "version": 1,
        "server": {"host": "127.0.0.1"},
        "services": {"shop": {"driver": "sqlite", "dsn": "shop.db"}},
        "roles": {
            "clerk": {"grants": [grant]},
            "other": {"grants": [{**grant, "tables": ["stores"]}]},
        },
        "keys": {"k": {"role": "clerk", "hash": [digest]}},
    }


def _changed(*path: str | int, to: Any = None) -> dict[str, Any]:
    """Return the manifest with the value at *path* replaced, or removed."""
    manifest = _manifest()
    at: Any = manifest
    for step in path[:-1]:
        at = at[step]
    if to is None:
        del at[path[-1]]
    else:
        at[path[-1]] = to
    return manifest


class _Server:
    def __init__(self, folder: Path, process: FaucetProcess) -> None:
        self._folder = folder
        self._process = process
        self._number = 1

    def edit(self, manifest: dict[str, Any]) -> None:
        """Write *manifest*, and wait until it is in service."""
        (self._folder / "faucet.yaml").write_text(json.dumps(manifest))
        self._number += 1
        self._process.generation(self._number)

    def post_around(self, manifest: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        """Send half a body, edit the manifest, send the rest; return the response."""
        url = urlsplit(self._process.url)
        with socket.create_connection((url.hostname, url.port or 80), SECONDS) as sending:
            sending.sendall(
                b"POST /api/v1/shop/_table/items HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                b"Content-Type: application/json\r\nExpect: 100-continue\r\n"
                b"X-API-Key: %b\r\nContent-Length: %d\r\n\r\n" % (_KEY.encode(), len(_BODY))
            )
            # The caller is admitted: the server asks for the body.
            assert sending.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
            sending.sendall(_BODY[:9])
            self.edit(manifest)
            sending.sendall(_BODY[9:])
            received = b"".join(iter(lambda: sending.recv(65536), b""))
        head, _, body = received.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        assert headers["x-faucet-generation"] == str(self._number)
        return int(status.split()[1]), headers, json.loads(body)

    def rows(self) -> int:
        """How many rows the table has."""
        with closing(sqlite3.connect(self._folder / "shop.db")) as database:
            return int(database.execute("SELECT count(*) FROM items").fetchone()[0])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Server]:
    folder = tmp_path_factory.mktemp("revocation")
    with closing(sqlite3.connect(folder / "shop.db")) as database:
        database.execute("CREATE TABLE items (id INTEGER PRIMARY KEY, tenant INTEGER, name TEXT)")
        database.execute("CREATE TABLE stores (id INTEGER PRIMARY KEY, tenant INTEGER, name TEXT)")
        database.commit()
    (folder / "faucet.yaml").write_text(json.dumps(_manifest()))
    with FaucetProcess(folder, "-p", "0") as process:
        yield _Server(folder, process.listening())


_GRANT = ("roles", "clerk", "grants", 0)
_EDITS = {
    "the key is removed": (_changed("keys", "k"), 401, "unauthorized"),
    "the key has another role": (_changed("keys", "k", "role", to="other"), 403, "not_granted"),
    "the grant loses the verb": (
        _changed(*_GRANT, "verbs", to=["GET", "PATCH"]),
        403,
        "not_granted",
    ),
    "the grant loses a column": (_changed(*_GRANT, "write", to=["tenant"]), 403, None),
    "the check is another": (_changed(*_GRANT, "check", to="tenant = 2"), 403, "row_check"),
    "the service is removed": (
        _changed("services", "shop") | {"roles": {"clerk": {"grants": []}}},
        404,
        "unknown_service",
    ),
}


@pytest.mark.parametrize("edit", _EDITS)
def test_a_write_whose_body_is_delayed_past_an_edit_is_decided_by_it(server: _Server, edit: str):
    manifest, expected, kind = _EDITS[edit]
    before = server.rows()

    try:
        status, _, body = server.post_around(manifest)
    finally:
        server.edit(_manifest())

    assert status == expected, body
    assert kind in (None, body["error"]["type"])
    assert server.rows() == before


def test_a_write_whose_body_is_delayed_past_an_edit_that_still_allows_it_is_made(server: _Server):
    before = server.rows()

    status, _, body = server.post_around(_changed(*_GRANT, "verbs", to=["POST", "GET", "PATCH"]))

    assert status == 201, body
    assert server.rows() == before + 1
