"""A running server and a database that accepts connections and never answers."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.servers.faucet_process import FaucetProcess
from tests.servers.hanging import HangingServer

pytestmark = pytest.mark.e2e

_ITEMS = "/api/v1/shop/_table/items"
_MANIFEST = """\
version: 1
server: {{host: 127.0.0.1, port: 0}}
auth: {{anonymous: visitor}}
services:
  shop: {{driver: sqlite, dsn: shop.db}}
  slow: {{driver: postgres, dsn: "postgresql://faucet:s3cret@127.0.0.1:{port}/slow"}}
roles:
  visitor:
    grants:
      - {{service: {service}, tables: [items], verbs: [GET]}}
      - {{service: slow, tables: [items], verbs: [GET]}}
"""


@pytest.fixture
def hanging() -> Iterator[HangingServer]:
    with HangingServer() as server:
        yield server


def _write(folder: Path, hanging: HangingServer, service: str) -> None:
    (folder / "faucet.yaml").write_text(_MANIFEST.format(port=hanging.port, service=service))


@pytest.mark.fault("connections.silent")
def test_neither_the_start_nor_a_revocation_waits_for_it(tmp_path: Path, hanging: HangingServer):
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        database.execute("CREATE TABLE items (id INTEGER PRIMARY KEY)")
    _write(tmp_path, hanging, "shop")
    with FaucetProcess(tmp_path) as faucet:
        faucet.listening()
        at_start = hanging.waiting()
        served, unreachable = faucet.get(_ITEMS), faucet.get("/api/v1/slow/_table/items")

        _write(tmp_path, hanging, "slow")
        faucet.generation(2)
        at_reload = hanging.waiting()
        revoked = faucet.get(_ITEMS)

        assert (at_start > 0, at_reload > 0) == (True, True)
        assert served.status_code == 200
        assert unreachable.json()["error"]["type"] == "database_unavailable"
        assert revoked.status_code == 404
        assert "no answer yet" in faucet.event("Diagnostic", code="FCT1402")["message"]
        assert faucet.stop() == 0
