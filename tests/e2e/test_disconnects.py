"""Clients that disconnect do not keep connections of the database busy."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.databases import DIALECTS, Database, scratch
from tests.servers.faucet_process import SECONDS, FaucetProcess

pytestmark = pytest.mark.e2e

_TABLE = "/api/v1/shop/_table"
_CLIENTS = 6


@pytest.fixture(params=DIALECTS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with scratch(request.param, request, tmp_path) as made:
        made.script(
            "CREATE TABLE items (id integer PRIMARY KEY, name text)",
            made.either(
                postgres="CREATE VIEW slow AS SELECT 1 AS id, pg_sleep(60)::text AS x",
                sqlite="CREATE VIEW slow AS WITH RECURSIVE n(id) AS"
                " (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 10000000000)"
                " SELECT count(*) AS id FROM n",
            ),
            made.either(
                postgres="CREATE VIEW session AS SELECT pg_backend_pid() AS id",
                sqlite="CREATE VIEW session AS SELECT 1 AS id",
            ),
            "INSERT INTO items VALUES (1, 'tap')",
        )
        yield made


def _write_manifest(folder: Path, database: Database) -> None:
    grant = {"service": "shop", "tables": ["items", "slow", "session"], "verbs": ["GET"]}
    manifest = {
        "version": 1,
        "server": {"host": "127.0.0.1"},
        "auth": {"anonymous": "visitor"},
        "services": {"shop": database.service(pool={"size": 1, "acquire_timeout": "10s"})},
        "roles": {"visitor": {"grants": [grant]}},
    }
    (folder / "faucet.yaml").write_text(json.dumps(manifest))


@pytest.mark.parametrize("behind", ["", f"GET {_TABLE}/items HTTP/1.1\r\nHost: a\r\n\r\n"])
def test_the_statement_of_a_client_that_disconnects_is_cancelled(
    database: Database, tmp_path: Path, behind: str
):
    _write_manifest(tmp_path, database)
    with FaucetProcess(tmp_path, "-p", "0") as server:
        port = urlsplit(server.listening().url).port
        before = server.get(f"{_TABLE}/session").json()["resource"]
        for _ in range(_CLIENTS):
            with socket.create_connection(("127.0.0.1", port), SECONDS) as client:
                client.sendall(f"GET {_TABLE}/slow HTTP/1.1\r\nHost: a\r\n\r\n{behind}".encode())
                # Only an earlier request is certain to be running before this one is answered.
                server.get("/healthz")
        answer = server.get(f"{_TABLE}/items")
        after = server.get(f"{_TABLE}/session").json()["resource"]
        server.stop()

    assert answer.json()["resource"] == [{"id": 1, "name": "tap"}]
    assert after == before
    ended = [line for line in server.events("Answered") if line.get("table") == "slow"]
    assert [line["status"] for line in ended] == [499] * _CLIENTS
    assert {line["reason"] for line in ended} == {"the client disconnected"}
    assert [line for line in server.lines if '"level":"error"' in line or "Traceback" in line] == []
