"""A running server and databases that go and come."""

from pathlib import Path

import psycopg
import pytest

from tests.servers.faucet_process import FaucetProcess
from tests.servers.postgresql import PostgresServer

pytestmark = pytest.mark.e2e

_ITEMS = "/api/v1/shop/_table/items"


def _write(folder: Path, server: PostgresServer, *, required: bool, verbs: str = "GET") -> None:
    (folder / "faucet.yaml").write_text(
        f"""\
version: 1
server: {{host: 127.0.0.1, port: 0}}
auth: {{anonymous: visitor}}
services:
  shop: {{driver: postgres, dsn: "{server.dsn}", required: {str(required).lower()}}}
roles:
  visitor: {{grants: [{{service: shop, tables: [items], verbs: [{verbs}]}}]}}
"""
    )


@pytest.fixture
def server(postgres_server: PostgresServer) -> PostgresServer:
    with psycopg.connect(postgres_server.dsn) as connection:
        connection.execute("CREATE TABLE items (id int PRIMARY KEY, name text)")
        connection.execute("INSERT INTO items VALUES (1, 'tap')")
    return postgres_server


def test_a_service_that_was_not_there_at_the_start_comes_by_itself(
    tmp_path: Path, server: PostgresServer
):
    _write(tmp_path, server, required=False)
    server.stop()
    with FaucetProcess(tmp_path) as faucet:
        faucet.listening()
        early = faucet.get(_ITEMS)
        degraded = faucet.get("/readyz")

        server.start()
        faucet.generation(2)

        assert early.status_code == 503
        assert early.json()["error"]["type"] == "database_unavailable"
        assert (degraded.status_code, degraded.json()["status"]) == (200, "degraded")
        assert faucet.get(_ITEMS).json()["resource"] == [{"id": 1, "name": "tap"}]
        assert faucet.get("/readyz").json()["status"] == "ok"


def test_a_required_service_that_is_not_there_at_the_start_ends_it(
    tmp_path: Path, server: PostgresServer
):
    _write(tmp_path, server, required=True)
    server.stop()

    with FaucetProcess(tmp_path) as faucet:
        code = faucet.ended()

    assert code == 1
    assert "FCT1401" in [one["code"] for one in faucet.events("Diagnostic")]
    password = psycopg.conninfo.conninfo_to_dict(server.dsn)["password"]
    assert str(password) not in "".join(faucet.lines)


def test_a_database_that_goes_and_comes_needs_no_new_generation(
    tmp_path: Path, server: PostgresServer
):
    _write(tmp_path, server, required=True)
    with FaucetProcess(tmp_path) as faucet:
        faucet.listening()
        assert faucet.get(_ITEMS).status_code == 200

        server.kill()
        assert faucet.event("ServiceChecked")["state"] == "unreachable"
        down, unready = faucet.get(_ITEMS), faucet.get("/readyz")
        server.start()
        assert faucet.event("ServiceChecked", 2)["state"] == "ok"
        up, ready = faucet.get(_ITEMS), faucet.get("/readyz")

    assert (down.status_code, down.json()["error"]["type"]) == (503, "database_unavailable")
    assert (unready.status_code, unready.json()["status"]) == (503, "unready")
    assert up.json()["resource"] == [{"id": 1, "name": "tap"}]
    assert ready.status_code == 200
    assert up.headers["X-Faucet-Generation"] == "1"


def test_a_reload_during_an_outage_keeps_what_is_known_of_the_tables(
    tmp_path: Path, server: PostgresServer
):
    _write(tmp_path, server, required=True)
    with FaucetProcess(tmp_path) as faucet:
        faucet.listening()
        server.kill()
        faucet.event("ServiceChecked")

        _write(tmp_path, server, required=True, verbs="GET, POST")
        faucet.generation(2)
        server.start()
        faucet.event("ServiceChecked", 2)

        assert faucet.get(_ITEMS).status_code == 200


def test_a_reload_that_waits_for_a_required_database_is_tried_again(
    tmp_path: Path, server: PostgresServer
):
    (tmp_path / "faucet.yaml").write_text("version: 1\nserver: {host: 127.0.0.1, port: 0}\n")
    server.stop()
    with FaucetProcess(tmp_path) as faucet:
        faucet.listening()
        _write(tmp_path, server, required=True)
        faucet.event("Refused")

        server.start()
        faucet.generation(2)

        assert faucet.get(_ITEMS).status_code == 200
