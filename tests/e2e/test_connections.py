"""A process that may open few files, with more callers than that."""

import socket
import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.servers.faucet_process import SECONDS, FaucetProcess

pytestmark = pytest.mark.e2e

_FILES = 100
_MANIFEST = """\
version: 1
server: {{host: 127.0.0.1, head_timeout: 1h}}
auth: {{anonymous: visitor}}
services: {{shop: {{driver: sqlite, dsn: shop.db}}}}
roles:
  visitor:
    grants: [{{service: shop, tables: [items], verbs: [GET], fields: [{fields}]}}]
"""
_GET = b"GET /api/v1/shop/_table/items HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        database.execute("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT)")
        database.execute("INSERT INTO items VALUES (1, 'tap')")
        database.commit()
    (tmp_path / "faucet.yaml").write_text(_MANIFEST.format(fields="id"))
    return tmp_path


def test_callers_that_keep_every_connection_open_do_not_prevent_a_reload(folder: Path):
    with FaucetProcess(folder, "-p", "0", files=_FILES) as server, ExitStack() as open_:
        port = urlsplit(server.listening().url).port
        callers = [
            open_.enter_context(socket.create_connection(("127.0.0.1", port), SECONDS))
            for _ in range(2 * _FILES)
        ]
        refused = callers[-1].recv(65536)
        (folder / "faucet.yaml").write_text(_MANIFEST.format(fields="id, name"))
        server.generation(2)
        callers[0].sendall(_GET)
        served = b""
        while not served.endswith(b"}}"):
            served += callers[0].recv(65536)

        assert refused.startswith(b"HTTP/1.1 503 ")
        assert b'"type":"too_many_connections"' in refused
        assert served.startswith(b"HTTP/1.1 200 ")
        assert b'{"id":1,"name":"tap"}' in served
        assert server.event("ConnectionsFull")["limit"] < _FILES
        assert server.stop() == 0
