"""A running server follows its manifest."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.servers.faucet_process import SECONDS, FaucetProcess

pytestmark = pytest.mark.e2e

_ITEMS = "/api/v1/shop/_table/items"
_STATUS = "/api/v1/system/generation"


def _manifest(fields: str = "id, name", *, server: str = "", database: str = "shop.db") -> str:
    return f"""\
version: 1
server: {{host: 127.0.0.1, shutdown_timeout: 20s{server}}}
auth: {{anonymous: visitor}}
services:
  shop: {{driver: sqlite, dsn: "{database}"}}
roles:
  visitor:
    grants:
      - {{service: shop, tables: [items], verbs: [GET], fields: [{fields}]}}
      - {{system: [GET]}}
"""


def _replace(folder: Path, text: str) -> None:
    """Replace the manifest at once: on a busy machine, one being written is refused meanwhile."""
    (folder / "faucet.new").write_text(text)
    (folder / "faucet.new").replace(folder / "faucet.yaml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        database.execute("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, price INTEGER)")
        database.execute("INSERT INTO items VALUES (1, 'tap', 12)")
        database.commit()
    (tmp_path / "faucet.yaml").write_text(_manifest())
    return tmp_path


def _serve(folder: Path, *arguments: str) -> FaucetProcess:
    return FaucetProcess(folder, "-p", "0", *arguments)


def _columns(server: FaucetProcess) -> list[str]:
    return list(server.get(_ITEMS).json()["resource"][0])


def test_edits_good_bad_and_good_again(folder: Path):
    manifest = folder / "faucet.yaml"
    with _serve(folder) as server:
        server.listening()
        assert _columns(server) == ["id", "name"]

        manifest.write_text(_manifest("id"))
        server.generation(2)
        assert _columns(server) == ["id"]

        _replace(folder, _manifest("id, cost"))
        assert server.event("Refused")["generation"] == 2
        kept = server.get(_ITEMS)
        status = server.get(_STATUS).json()
        assert kept.headers["X-Faucet-Generation"] == "2"
        assert list(kept.json()["resource"][0]) == ["id"]
        assert (status["number"], status["last_reload"]["ok"]) == (2, False)
        assert server.get("/readyz").status_code == 200

        manifest.write_text(_manifest("id, price"))
        server.generation(3)
        assert _columns(server) == ["id", "price"]
        assert server.get(_STATUS).json()["last_reload"]["ok"]


def test_the_reason_of_a_refusal_is_what_check_prints(folder: Path):
    with _serve(folder) as server:
        server.listening()
        _replace(folder, _manifest("id, cost").replace("[GET]", "[GTE]"))
        server.event("Refused")

        told = server.get(_STATUS).json()["last_reload"]["diagnostics"]

    check = subprocess.run(
        [sys.executable, "-m", "faucet", "check", "--format", "json"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert check.returncode == 1
    assert told == json.loads(check.stdout)["diagnostics"]
    assert told[0]["file"] == "faucet.yaml"
    assert told[0]["line"] > 1


def test_touching_or_commenting_a_manifest_makes_no_generation(folder: Path):
    manifest = folder / "faucet.yaml"
    with _serve(folder, "--dev") as server:
        server.listening()

        manifest.write_text(_manifest() + "# a comment\n")
        manifest.write_text(_manifest("id"))
        server._wait(lambda: [line for line in server.lines if "Now serving generation 2" in line])

        assert server.get("/healthz").headers["X-Faucet-Generation"] == "2"


def test_a_config_map_that_swaps_its_link_is_seen_each_time(folder: Path):
    mount = folder / "etc"
    mount.mkdir()
    _swap(mount, 1, _manifest(database="../shop.db"))
    (mount / "faucet.yaml").symlink_to("..data/faucet.yaml")
    with _serve(folder, "-c", "etc/faucet.yaml") as server:
        server.listening()

        for number, fields in ((2, "id"), (3, "name"), (4, "price")):
            _swap(mount, number, _manifest(fields, database="../shop.db"))
            server.generation(number)
            assert _columns(server) == [fields]


def _swap(mount: Path, number: int, text: str) -> None:
    """Do what the kubelet does: a new folder, and one rename that makes it current."""
    data = mount / f"..{number}"
    data.mkdir()
    (data / "faucet.yaml").write_text(text)
    (mount / "..data_tmp").symlink_to(data.name)
    os.rename(mount / "..data_tmp", mount / "..data")  # noqa: PTH104 - replaces, as the kubelet does
    if (before := mount / f"..{number - 1}").exists():
        shutil.rmtree(before)


def test_a_deleted_manifest_leaves_the_last_good_one_until_it_is_back(folder: Path):
    manifest = folder / "faucet.yaml"
    with _serve(folder) as server:
        server.listening()

        manifest.unlink()
        server.event("ManifestGone")
        assert _columns(server) == ["id", "name"]
        assert not server.get(_STATUS).json()["last_reload"]["ok"]

        manifest.write_text(_manifest("id"))
        server.generation(2)
        assert _columns(server) == ["id"]


def test_a_folder_that_is_replaced_is_followed(folder: Path):
    (folder / "conf").mkdir()
    (folder / "conf" / "faucet.yaml").write_text(_manifest(database="../shop.db"))
    with _serve(folder, "-c", "conf/faucet.yaml") as server:
        server.listening()

        shutil.rmtree(folder / "conf")
        server.event("ManifestGone")
        (folder / "conf").mkdir()
        (folder / "conf" / "faucet.yaml").write_text(_manifest("id", database="../shop.db"))

        server.generation(2)
        assert _columns(server) == ["id"]


def test_a_half_written_manifest_changes_nothing(folder: Path):
    text = _manifest("id")
    with _serve(folder) as server:
        server.listening()

        (folder / "faucet.yaml").write_text(text[: len(text) // 2])
        server.event("Refused")
        assert _columns(server) == ["id", "name"]

        (folder / "faucet.yaml").write_text(text)
        server.generation(2)
        assert _columns(server) == ["id"]


def test_a_secret_that_is_rotated_in_its_file_is_taken_up(folder: Path):
    (folder / "path").write_text("shop.db")
    (folder / "faucet.yaml").write_text(_manifest(database="${file:./path}"))
    with closing(sqlite3.connect(folder / "other.db")) as database:
        database.execute("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT)")
        database.execute("INSERT INTO items VALUES (7, 'hose')")
        database.commit()
    with _serve(folder) as server:
        server.listening()
        assert server.get(_ITEMS).json()["resource"][0]["id"] == 1

        (folder / "path").write_text("other.db")
        server.generation(2)

        assert server.get(_ITEMS).json()["resource"][0]["id"] == 7


def test_a_hangup_looks_at_the_database_again(folder: Path):
    (folder / "faucet.yaml").write_text(_manifest('"*"'))
    with _serve(folder, "--no-watch") as server:
        server.listening()
        with closing(sqlite3.connect(folder / "shop.db")) as database:
            database.execute("ALTER TABLE items ADD COLUMN color TEXT")
            database.commit()
        assert "color" not in _columns(server)

        server.signal(signal.SIGHUP)
        server.generation(2)

        assert "color" in _columns(server)


def test_without_watching_only_a_hangup_reloads(folder: Path):
    with _serve(folder, "--no-watch") as server:
        server.listening()

        (folder / "faucet.yaml").write_text(_manifest("id"))
        assert server.get("/healthz").headers["X-Faucet-Generation"] == "1"
        server.signal(signal.SIGHUP)
        server.generation(2)

        assert _columns(server) == ["id"]


@pytest.mark.parametrize("watch", ["poll", "events"])
def test_every_way_of_watching_sees_an_edit(folder: Path, watch: str):
    (folder / "faucet.yaml").write_text(_manifest(server=f", watch: {watch}"))
    with _serve(folder) as server:
        server.listening()

        (folder / "faucet.yaml").write_text(_manifest("id", server=f", watch: {watch}"))
        server.generation(2)

        assert _columns(server) == ["id"]


def test_a_change_that_needs_a_restart_is_refused_at_its_line(folder: Path):
    (folder / "faucet.yaml").write_text(_manifest(server=", port: 0"))
    with FaucetProcess(folder) as server:
        server.listening()

        _replace(folder, _manifest("id", server=", port: 9999"))
        server.event("Refused")
        told = server.get(_STATUS).json()["last_reload"]["diagnostics"]

        assert [(one["code"], one["line"], one["address"]) for one in told] == [
            ("FCT1901", 2, ["server", "port"])
        ]
        assert _columns(server) == ["id", "name"]


def test_a_flag_beats_the_manifest_so_that_its_port_may_change(folder: Path):
    (folder / "faucet.yaml").write_text(_manifest(server=", port: 1"))
    with _serve(folder) as server:
        server.listening()

        (folder / "faucet.yaml").write_text(_manifest("id", server=", port: 9999"))
        server.generation(2)

        assert _columns(server) == ["id"]


def test_a_server_without_manifest_waits_for_one(tmp_path: Path, folder: Path):
    text = (folder / "faucet.yaml").read_text()
    (folder / "faucet.yaml").unlink()
    with _serve(folder, "--host", "127.0.0.1") as server:
        server.listening()
        empty = server.get("/readyz")
        nobody = server.get(_ITEMS)

        (folder / "faucet.yaml").write_text(text)
        server.generation(1)

        assert (empty.status_code, empty.headers["X-Faucet-Generation"]) == (503, "0")
        assert nobody.status_code == 401
        assert server.get("/readyz").status_code == 200
        assert _columns(server) == ["id", "name"]


def test_a_bad_manifest_at_the_start_is_told_in_full_and_ends_with_1(folder: Path):
    (folder / "faucet.yaml").write_text(_manifest().replace("[GET]", "[GTE]"))

    with _serve(folder) as server:
        code = server.ended()
        told = server.events("Diagnostic")

    assert code == 1
    assert len(told) == 2
    assert all(one["message"].startswith("faucet.yaml:") for one in told)


def test_a_port_that_is_taken_ends_with_1(folder: Path):
    with _serve(folder) as first:
        port = first.listening().url.rpartition(":")[2]

        with FaucetProcess(folder, "-p", port) as second:
            code = second.ended()

        assert code == 1
        assert "cannot listen on" in "".join(second.lines)


def test_a_request_in_flight_is_answered_before_the_end(folder: Path):
    writing = _manifest("id").replace("verbs: [GET]", "verbs: [GET, POST]")
    (folder / "faucet.yaml").write_text(writing)
    with _serve(folder) as server:
        server.listening()
        host, _, port = server.url.removeprefix("http://").partition(":")
        with closing(_Unfinished(host, int(port))) as request:
            server.signal(signal.SIGTERM)
            server.event("Stopping")
            probe = server.get("/readyz")

            answer = request.finish()

        assert probe.status_code == 503
        assert b"HTTP/1.1 201 " in answer
        assert server.ended() == 0
        assert server.events("Stopped")


class _Unfinished:
    """A write whose body has not come yet, so that its request goes on."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), SECONDS)
        self._socket.sendall(
            f"POST {_ITEMS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n".encode()
        )
        # The server asks for the body once the request is admitted.
        assert self._socket.recv(65_536).startswith(b"HTTP/1.1 100 ")

    def finish(self) -> bytes:
        self._socket.sendall(b"{}")
        answer = b""
        while chunk := self._socket.recv(65_536):
            answer += chunk
        return answer

    def close(self) -> None:
        self._socket.close()


def test_no_request_fails_while_generations_change(folder: Path):
    manifest = folder / "faucet.yaml"
    statuses: list[int] = []
    generations: list[int] = []
    done = threading.Event()

    def ask(url: str) -> None:
        with httpx.Client(base_url=url, timeout=SECONDS, trust_env=False) as client:
            while not done.is_set():
                answer = client.get(_ITEMS)
                statuses.append(answer.status_code)
                generations.append(int(answer.headers["X-Faucet-Generation"]))

    with _serve(folder) as server:
        url = server.listening().url
        asking = threading.Thread(target=ask, args=(url,))
        asking.start()
        try:
            for number in range(2, 8):
                manifest.write_text(_manifest("name" if number % 2 else "id"))
                server.generation(number)
        finally:
            done.set()
            asking.join(SECONDS)

    assert set(statuses) == {200}
    assert generations == sorted(generations)
