"""HEAD, OPTIONS, pages of other origins, and a path prefix, over a real connection."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.databases import key, key_of
from tests.servers.faucet_process import SECONDS, FaucetProcess

pytestmark = pytest.mark.e2e

_APP, _OTHER = "https://app.example.com", "https://evil.example"
_ITEMS = "/api/v1/shop/_table/items"
_KEY = {"X-API-Key": key("clerk")}
_ALLOWED = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
_PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x"}


@contextmanager
def _client(folder: Path, **server: Any) -> Iterator[httpx.Client]:
    with closing(sqlite3.connect(folder / "shop.db")) as database:
        database.execute("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT)")
        database.execute("INSERT INTO items VALUES (1, 'tap')")
        database.commit()
    grant = {"service": "shop", "tables": ["items"], "verbs": ["GET", "POST"]}
    made = {
        "version": 1,
        "server": {"host": "127.0.0.1", "port": 0, **server},
        "auth": {"anonymous": "visitor"},
        "services": {"shop": {"driver": "sqlite", "dsn": "shop.db"}},
        "roles": {"visitor": {"grants": [grant]}, "clerk": {"grants": [grant]}},
        "keys": {"clerk": key_of("clerk")},
    }
    (folder / "faucet.yaml").write_text(json.dumps(made))
    with (
        FaucetProcess(folder).listening() as process,
        httpx.Client(base_url=process.url, timeout=SECONDS, trust_env=False) as client,
    ):
        yield client


def _shared(answer: httpx.Response) -> dict[str, str]:
    start = "access-control-"
    return {
        name.removeprefix(start): value
        for name, value in answer.headers.items()
        if name.startswith(start)
    }


@pytest.mark.fault("http.head")
def test_head_is_like_get_without_the_body(tmp_path: Path):
    with _client(tmp_path) as client:
        for path in (_ITEMS, f"{_ITEMS}/1", f"{_ITEMS}/7", "/openapi.json", "/healthz", "/docs"):
            got, head = client.get(path), client.head(path)
            varying = {"date", "x-request-id"}

            assert head.status_code == got.status_code
            assert head.content == b""
            assert int(head.headers["content-length"]) == len(got.content)
            assert {name: head.headers[name] for name in head.headers if name not in varying} == {
                name: got.headers[name] for name in got.headers if name not in varying
            }
        hidden = client.head("/api/v1/vault/_table/items", headers={"X-API-Key": "wrong"})

    assert hidden.status_code == 401


@pytest.mark.fault("http.head")
@pytest.mark.promise("sec-19")
def test_options_tells_the_methods_of_a_route_whoever_asks(tmp_path: Path):
    with _client(tmp_path) as client:
        answers = [
            client.options(path, headers=headers)
            for path in (_ITEMS, "/api/v1/shop/_table/nowhere", "/api/v1/vault/_table/gold")
            for headers in ({}, _KEY, {"X-API-Key": "wrong"})
        ]
        probe, unknown = client.options("/healthz"), client.options("/nowhere")
        refused = client.request("TRACE", _ITEMS)

    assert {(each.status_code, each.headers["allow"], each.content) for each in answers} == {
        (204, _ALLOWED, b"")
    }
    assert all(_shared(each) == {} for each in answers)
    assert probe.headers["allow"] == "GET, HEAD, OPTIONS"
    assert unknown.status_code == 404
    assert (refused.status_code, refused.headers["allow"]) == (405, _ALLOWED)


@pytest.mark.fault("http.cors")
def test_a_page_of_a_named_origin_reads_and_writes(tmp_path: Path):
    cors = {"origins": [_APP, "http://localhost:5173"], "credentials": True}
    with _client(tmp_path, cors=cors) as client:
        preflight = client.options(_ITEMS, headers={"Origin": _APP, **_PREFLIGHT})
        read = client.get(_ITEMS, headers={"Origin": _APP, **_KEY})
        failed = client.get(f"{_ITEMS}/7", headers={"Origin": "http://localhost:5173"})
        written = client.post(
            _ITEMS, json={"id": 2}, headers={"Origin": _APP, "Sec-Fetch-Site": "cross-site"}
        )

    allowed = _shared(preflight)
    assert preflight.status_code == 204
    assert allowed.pop("allow-headers").split(", ")[-1] == "X-API-Key"
    assert allowed == {
        "allow-origin": _APP,
        "allow-credentials": "true",
        "allow-methods": _ALLOWED,
        "max-age": "600",
    }
    assert _shared(read)["allow-origin"] == _APP
    assert "X-Request-ID" in _shared(read)["expose-headers"]
    assert (failed.status_code, _shared(failed)["allow-origin"]) == (404, "http://localhost:5173")
    assert (written.status_code, _shared(written)["allow-origin"]) == (201, _APP)
    assert all("Origin" in each.headers["vary"] for each in (preflight, read, failed))


@pytest.mark.fault("http.cors")
@pytest.mark.parametrize(
    "origin", [_OTHER, "null", f"{_APP}.evil.example", "http://app.example.com", f"{_APP}:8443", ""]
)
def test_a_page_of_another_origin_gets_nothing(tmp_path: Path, origin: str):
    with _client(tmp_path, cors={"origins": [_APP]}) as client:
        headers = {"Origin": origin}
        preflight = client.options(_ITEMS, headers={**headers, **_PREFLIGHT})
        read = client.get(_ITEMS, headers=headers)
        written = client.post(
            _ITEMS, json={"id": 2}, headers={**headers, "Sec-Fetch-Site": "cross-site"}
        )

    assert _shared(preflight) == _shared(read) == _shared(written) == {}
    assert written.json()["error"]["type"] == "origin_not_allowed"


@pytest.mark.fault("http.cors")
def test_every_origin_may_be_allowed_without_credentials(tmp_path: Path):
    with _client(tmp_path, cors={"origins": ["*"]}) as client:
        read = client.get(_ITEMS, headers={"Origin": _OTHER})

    assert _shared(read)["allow-origin"] == "*"
    assert "allow-credentials" not in _shared(read)


@pytest.mark.fault("http.prefix")
def test_a_prefix_that_a_proxy_removes_is_in_every_address(tmp_path: Path):
    with _client(tmp_path, root_path="/data/v2") as client:
        created = client.post(_ITEMS, json={"id": 2})
        home = client.get("/")
        document = client.get("/openapi.json").json()
        page = client.get("/docs").text

    assert created.headers["location"] == f"/data/v2{_ITEMS}/2"
    assert home.headers["location"] == "/data/v2/docs"
    assert document["servers"] == [{"url": "/data/v2"}]
    assert 'src="/' not in page
    assert 'href="/' not in page
