"""docs/deployment.md: its proxies are run in front of a server, its commands and files are read."""

import contextlib
import json
import re
import socket
import sqlite3
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
import yaml

from tests.databases import key, key_of
from tests.servers.faucet_process import SECONDS, FaucetProcess

pytestmark = pytest.mark.e2e

_GUIDE = (Path(__file__).parents[2] / "docs" / "deployment.md").read_text(encoding="utf-8")
_HOST = "api.example.com"
_ITEMS = "/api/v1/shop/_table/items"
_NGINX = """user root; daemon off; pid {folder}/pid; error_log stderr; events {{}}
http {{ access_log off;
"""
_LOCATION = re.compile(r"^    location .*?^    }\n", re.MULTILINE | re.DOTALL)
_SPOOFED = {"Host": _HOST, "X-Forwarded-For": "192.0.2.1"}


def _blocks(language: str) -> list[str]:
    found = re.findall(r"^```(\w+)\n(.*?)^```", _GUIDE, re.MULTILINE | re.DOTALL)
    return [text for spoken, text in found if spoken == language]


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _server(folder: Path, **settings: str) -> Iterator[FaucetProcess]:
    """A server with the settings of the page, on a free port."""
    with closing(sqlite3.connect(folder / "shop.db")) as database:
        database.execute("CREATE TABLE items (id TEXT PRIMARY KEY, note TEXT)")
        database.execute("INSERT INTO items VALUES ('a/b', '')")
        database.commit()
    page = yaml.safe_load(_blocks("yaml")[0])
    grant = {"service": "shop", "tables": ["items"], "verbs": ["GET", "POST"]}
    made = {
        "version": 1,
        "server": {**page["server"], "port": 0, **settings},
        "services": {"shop": {"driver": "sqlite", "dsn": "shop.db"}},
        "roles": {"clerk": {"grants": [grant]}},
        "keys": {
            "clerk": key_of("clerk") | {"allow_from": ["127.0.0.0/8"]},
            "other": key_of("clerk", "other") | {"allow_from": ["192.0.2.1"]},
        },
    }
    (folder / "faucet.yaml").write_text(json.dumps(made))
    with FaucetProcess(folder).listening() as process:
        yield process


@contextmanager
def _running(*command: str | Path, port: int, folder: Path) -> Iterator[None]:
    with (folder / "proxy.log").open("wb") as log:
        proxy = subprocess.Popen(
            [str(part) for part in command],
            env={"HOME": str(folder), "PATH": "/usr/sbin:/usr/bin:/bin"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        _await(port, proxy)
        yield
    finally:
        proxy.terminate()
        proxy.wait(SECONDS)


def _await(port: int, proxy: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        # Waiting for the end is the pause between two tries.
        with contextlib.suppress(subprocess.TimeoutExpired):
            proxy.wait(0.1)
            break
    raise AssertionError("the proxy does not listen")


def _nginx(folder: Path, upstream: str, port: int, prefix: str) -> str:
    """Return the configuration of the page, completed by what a system's own has."""
    whole, mapping, location = _blocks("nginx")
    names = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    paths = "".join(f"{name}_temp_path {folder}/{name};\n" for name in names)
    text = whole.replace("127.0.0.1:8080", upstream).replace("443 ssl", f"127.0.0.1:{port} ssl")
    text = text.replace("/etc/nginx", str(folder))
    if prefix:
        text = mapping + re.sub(
            r"^    location .*?^    }\n", location, text, flags=re.MULTILINE | re.DOTALL
        )
    return _NGINX.format(folder=folder) + paths + text + "}\n"


def _certificate(folder: Path) -> None:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", f"/CN={_HOST}", "-addext", f"subjectAltName=DNS:{_HOST}"),
            *("-keyout", folder / f"{_HOST}.key", "-out", folder / f"{_HOST}.pem"),
        ],
        check=True,
        capture_output=True,
    )


def _passes_on(client: httpx.Client, prefix: str) -> None:
    """Assert what the page says a proxy must do."""
    mine = {**_SPOOFED, "X-API-Key": key("clerk")}

    slash = client.get(f"{prefix}{_ITEMS}/a%2Fb", headers=mine)
    spoofed = client.get(f"{prefix}{_ITEMS}", headers=_SPOOFED | {"X-API-Key": key("other")})
    made = client.post(f"{prefix}{_ITEMS}", headers=mine, json={"id": "x/y"})
    within = f"id IN ({', '.join(repr('%' * 40) for _ in range(300))})"
    long = client.get(f"{prefix}{_ITEMS}", headers=mine, params={"filter": within})
    large = client.post(
        f"{prefix}{_ITEMS}", headers=mine, json={"id": "z", "note": "x" * 9_000_000}
    )

    assert slash.json() == {"id": "a/b", "note": ""}
    assert spoofed.json()["error"]["type"] == "unauthorized"
    assert made.headers["location"] == f"{prefix}{_ITEMS}/x%2Fy"
    assert long.json()["resource"] == []
    assert large.status_code == 201


@pytest.mark.program("nginx")
@pytest.mark.parametrize("prefix", ["", "/faucet"])
def test_nginx_passes_on_what_the_server_needs(tmp_path: Path, prefix: str):
    port = _free_port()
    _certificate(tmp_path)
    settings = {"root_path": prefix} if prefix else {}
    context = ssl.create_default_context(cafile=tmp_path / f"{_HOST}.pem")
    # The certificate is for the name of the page, the connection to an address.
    context.check_hostname = False
    with _server(tmp_path, **settings) as server:
        text = _nginx(tmp_path, server.url.removeprefix("http://"), port, prefix)
        (tmp_path / "nginx.conf").write_text(text)
        proxy = _running("nginx", "-c", tmp_path / "nginx.conf", port=port, folder=tmp_path)
        with (
            proxy,
            httpx.Client(
                base_url=f"https://127.0.0.1:{port}", verify=context, timeout=60, trust_env=False
            ) as client,
        ):
            _passes_on(client, prefix)


@pytest.mark.program("caddy")
@pytest.mark.parametrize("prefix", ["", "/faucet"])
def test_caddy_passes_on_what_the_server_needs(tmp_path: Path, prefix: str):
    port = _free_port()
    settings = {"root_path": prefix} if prefix else {}
    with _server(tmp_path, **settings) as server:
        text = _blocks("caddy")[1 if prefix else 0]
        text = text.replace("127.0.0.1:8080", server.url.removeprefix("http://"))
        text = text.replace(f"{_HOST} {{", f"http://{_HOST}:{port} {{")
        (tmp_path / "Caddyfile").write_text("{\nadmin off\nauto_https off\n}\n" + text)
        proxy = _running(
            "caddy", "run", "--config", tmp_path / "Caddyfile", port=port, folder=tmp_path
        )
        with (
            proxy,
            httpx.Client(
                base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False
            ) as client,
        ):
            _passes_on(client, prefix)


def test_the_health_check_of_the_container_tells_a_server_from_none(tmp_path: Path):
    compose = next(text for text in _blocks("yaml") if "healthcheck:" in text)
    command, python, *arguments = yaml.safe_load(compose)["services"]["faucet"]["healthcheck"][
        "test"
    ]
    assert (command, python) == ("CMD", "python")

    def checked(url: str) -> int:
        here = [each.replace("http://127.0.0.1:8080", url) for each in arguments]
        return subprocess.run([sys.executable, *here], capture_output=True, check=False).returncode

    with _server(tmp_path) as server:
        up, url = checked(server.url), server.url
    down = checked(url)

    assert up == 0
    assert down != 0


def test_the_unit_and_the_deployment_start_the_server_with_its_manifest(tmp_path: Path):
    (unit,) = _blocks("ini")
    (started,) = re.findall(r"^ExecStart=/opt/faucet/bin/faucet serve (.*)$", unit, re.MULTILINE)
    deployment = next(text for text in _blocks("yaml") if "kind: Deployment" in text)
    pod = next(iter(yaml.safe_load_all(deployment)))["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    settings = {each["name"]: each["value"] for each in container["env"]}
    (tmp_path / "faucet.yaml").write_text("version: 1\nserver: {port: 0}\n")

    arguments = started.replace("/etc/faucet", str(tmp_path)).split()
    with FaucetProcess(tmp_path, *arguments).listening() as server:
        by_unit = server.get("/healthz").status_code, server.stop()
    settings["FAUCET_CONFIG"] = settings["FAUCET_CONFIG"].replace("/etc/faucet", str(tmp_path))
    with FaucetProcess(tmp_path, environment=settings).listening() as server:
        by_pod = (
            server.get(container["livenessProbe"]["httpGet"]["path"]).status_code,
            server.stop(),
        )

    assert by_unit == by_pod == (200, 0)
    assert "registry.example.com" in container["image"]
    assert all("subPath" not in mount for mount in container["volumeMounts"])
