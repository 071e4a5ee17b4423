"""Each environment variable that the documentation names has its effect."""

import hashlib
import json
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import jwt
import pytest

from tests.servers.faucet_process import FaucetProcess

pytestmark = pytest.mark.e2e

_KEY = "faucet_" + "ab" * 32
_ITEMS = "/api/v1/shop/_table/items"
_TOP = "version: 1\nserver: {host: 127.0.0.1, port: 0}\n"
_SECRET = "correct horse battery staple, and more"


def _manifest(auth: str = "", keys: str = "", top: str = _TOP) -> str:
    return f"""\
{top}
auth: {{anonymous: visitor{auth}}}
services: {{shop: {{driver: sqlite, dsn: shop.db}}}}
roles:
  visitor: {{grants: [{{service: shop, tables: [items], verbs: [GET], fields: [id]}}]}}
  clerk: {{grants: [{{service: shop, tables: [items], verbs: [GET]}}]}}
{keys}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        database.execute("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT)")
        database.execute("INSERT INTO items VALUES (1, 'tap')")
        database.commit()
    (tmp_path / "faucet.yaml").write_text(_manifest())
    return tmp_path


def test_faucet_config_names_the_manifest(folder: Path):
    (folder / "faucet.yaml").rename(folder / "other.yaml")

    with FaucetProcess(folder, environment={"FAUCET_CONFIG": "other.yaml"}) as server:
        answer = server.listening().get(_ITEMS)

    assert answer.json()["resource"] == [{"id": 1}]


def test_faucet_data_dir_holds_the_manifest(folder: Path, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")

    with FaucetProcess(elsewhere, environment={"FAUCET_DATA_DIR": str(folder)}) as server:
        answer = server.listening().get(_ITEMS)

    assert answer.json()["resource"] == [{"id": 1}]


def test_faucet_server_host_beats_the_manifest(folder: Path):
    (folder / "faucet.yaml").write_text(
        _manifest(top="version: 1\nserver: {host: 192.0.2.1, port: 0}")
    )

    with FaucetProcess(folder, environment={"FAUCET_SERVER_HOST": "127.0.0.1"}) as server:
        url = server.listening().url

    assert url.startswith("http://127.0.0.1:")


def test_faucet_server_port_beats_the_manifest_and_a_flag_beats_it(folder: Path):
    port = _free_port()
    environment = {"FAUCET_SERVER_PORT": str(port)}

    with FaucetProcess(folder, environment=environment) as server:
        by_environment = server.listening().url
    with FaucetProcess(folder, "--port", "0", environment=environment) as server:
        by_flag = server.listening().url

    assert by_environment == f"http://127.0.0.1:{port}"
    assert by_flag != by_environment


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return int(taken.getsockname()[1])


@pytest.mark.parametrize("text", ["eighty", "65536", "-1", "٨٠"])
def test_a_port_that_is_none_is_a_usage_error(folder: Path, text: str):
    with FaucetProcess(folder, environment={"FAUCET_SERVER_PORT": text}) as server:
        code = server.ended()

    assert code == 2
    assert "FAUCET_SERVER_PORT" in "".join(server.lines)


def test_faucet_auth_jwt_secret_is_what_tokens_are_checked_with(folder: Path):
    provider = ', jwt: {own: {algorithms: [HS256], secret: "${env:UNSET}", role_claim: role}}'
    (folder / "faucet.yaml").write_text(_manifest(auth=provider))
    claims = {"role": "clerk", "sub": "ada", "exp": 4_102_444_800}

    with FaucetProcess(folder, environment={"FAUCET_AUTH_JWT_SECRET": _SECRET}) as server:
        server.listening()
        good = jwt.encode(claims, _SECRET, algorithm="HS256")
        bad = jwt.encode(claims, _SECRET + "!", algorithm="HS256")
        accepted = server.get(_ITEMS, Authorization=f"Bearer {good}")
        refused = server.get(_ITEMS, Authorization=f"Bearer {bad}")

    assert accepted.json()["resource"] == [{"id": 1, "name": "tap"}]
    assert refused.status_code == 401
    assert _SECRET not in "".join(server.lines)


def test_an_empty_jwt_secret_is_a_usage_error(folder: Path):
    with FaucetProcess(folder, environment={"FAUCET_AUTH_JWT_SECRET": ""}) as server:
        code = server.ended()

    assert code == 2


def test_faucet_auth_api_key_header_is_where_keys_are_read(folder: Path):
    digest = hashlib.sha256(_KEY.encode()).hexdigest()
    keys = f"keys: {{till: {{role: clerk, hash: ['sha256:{digest}']}}}}"
    (folder / "faucet.yaml").write_text(_manifest(keys=keys))

    environment = {"FAUCET_AUTH_API_KEY_HEADER": "X-Till-Key"}
    with FaucetProcess(folder, environment=environment) as server:
        server.listening()
        named = server.get(_ITEMS, **{"X-Till-Key": _KEY})
        default = server.get(_ITEMS, **{"X-API-Key": _KEY})

    assert named.json()["resource"] == [{"id": 1, "name": "tap"}]
    assert default.json()["resource"] == [{"id": 1}]


def test_faucet_log_level_beats_the_manifest(folder: Path):
    logging = "logging: {level: info, format: json}"
    (folder / "faucet.yaml").write_text(_manifest(keys=logging))

    with FaucetProcess(folder, environment={"FAUCET_LOG_LEVEL": "debug"}) as server:
        server.listening().get("/healthz")
        server.stop()
        debug = {line["level"] for line in map(json.loads, server.lines)}
    (folder / "faucet.yaml").write_text("version: 2")
    with FaucetProcess(folder, environment={"FAUCET_LOG_LEVEL": "error"}) as quiet:
        assert quiet.ended() == 1
        errors = {line["level"] for line in map(json.loads, quiet.lines)}

    assert "debug" in debug
    assert errors == {"error"}


def test_faucet_log_format_beats_the_manifest(folder: Path):
    (folder / "faucet.yaml").write_text(_manifest(keys="logging: {format: json}"))

    with FaucetProcess(folder, environment={"FAUCET_LOG_FORMAT": "text"}) as text:
        text.listening()
    with FaucetProcess(folder) as json_lines:
        json_lines.listening()

    assert not any(line.startswith("{") for line in text.lines)
    assert all(json.loads(line)["message"] for line in json_lines.lines)


@pytest.mark.parametrize("value", ["1", "on", "https://telemetry.example.com"])
def test_faucet_telemetry_sends_nothing_anywhere(folder: Path, value: str):
    # An audit hook in the server's own interpreter sees every connection and every look-up.
    (folder / "sitecustomize.py").write_text(_TELL_OF_CONNECTIONS)
    root = Path(__file__).parents[2]

    environment = {"FAUCET_TELEMETRY": value, "PYTHONPATH": f"{folder}:{root}"}
    with FaucetProcess(folder, environment=environment) as server:
        server.listening()
        assert server.get(_ITEMS).status_code == 200
        assert server.stop() == 0

    told = (folder / "connections").read_text().splitlines()
    assert told == ["hooked"]


def test_the_flags_that_change_nothing_in_this_release_are_accepted(folder: Path):
    with FaucetProcess(folder, "--foreground", "--no-ui", "--dev") as server:
        answer = server.listening().get("/docs")

    assert answer.status_code == 200
    assert not any(line.startswith("{") for line in server.lines)


_TELL_OF_CONNECTIONS = """
import sys

told = open("connections", "a", buffering=1)
told.write("hooked\\n")

def hook(event, arguments):
    if event in ("socket.connect", "socket.sendto"):
        told.write(f"{event} {arguments[1]!r}\\n")
    elif event == "socket.getaddrinfo" and arguments[0] != "127.0.0.1":
        told.write(f"{event} {arguments[0]!r}\\n")

sys.addaudithook(hook)
"""
