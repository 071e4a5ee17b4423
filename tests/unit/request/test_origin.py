"""Hosts that the server answers for, and writes that a foreign web page sends."""

import hashlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.plane import plane

pytestmark = pytest.mark.anyio

_ORDERS = "/api/v1/shop/_table/orders"
_KEY = "faucet_" + "a" * 64
_HASH = "sha256:" + hashlib.sha256(_KEY.encode()).hexdigest()


def _manifest(**server: Any) -> dict[str, Any]:
    grant = {"service": "shop", "tables": ["orders"], "verbs": ["*"], "rows": "all"}
    return {
        "version": 1,
        "server": server,
        "auth": {"anonymous": "visitor"},
        "services": {"shop": {"driver": "sqlite", "dsn": "shop.db"}},
        "roles": {"visitor": {"grants": [grant]}},
        "keys": {"till": {"role": "visitor", "hash": [_HASH]}},
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    connection = sqlite3.connect(tmp_path / "shop.db")
    connection.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, total INTEGER)")
    connection.close()
    return tmp_path


_HOSTS = ["api.example.com", "*.internal", "127.0.0.1", "[::1]"]


@pytest.mark.parametrize(
    "host",
    [
        "api.example.com",
        "API.Example.com:8080",
        "api.example.com.",
        "a.internal",
        "a.b.internal:1",
        "127.0.0.1:8080",
        "[::1]",
        "[::1]:8080",
    ],
)
async def test_an_allowed_host_is_answered(folder: Path, host: str):
    async with plane(_manifest(allowed_hosts=_HOSTS), folder) as shop:
        answer = await shop.get(_ORDERS, headers={"Host": host})

    assert answer.status == 200


@pytest.mark.fault("attacks.pages")
@pytest.mark.parametrize(
    "host",
    [
        "",
        "example.com",
        "evil.example.com",
        "api.example.com.evil.org",
        "evil-api.example.com",
        "internal",
        "evilinternal",
        "*.internal.evil",
        "127.0.0.2",
        "[::2]",
        "[::1].evil",
        "::1",
    ],
)
@pytest.mark.parametrize("path", [_ORDERS, "/nowhere", "/docs", "/api/v1/none/_table/x", "/%zz"])
async def test_another_host_gets_421_before_anything_else(folder: Path, host: str, path: str):
    async with plane(_manifest(allowed_hosts=_HOSTS), folder) as shop:
        answers = [
            await shop.ask(method, path, headers={"Host": host} | more)
            for method in ("GET", "POST", "OPTIONS")
            for more in ({}, {"X-API-Key": "wrong"})
        ]

    assert {(each.status, each.error) for each in answers} == {(421, "misdirected_request")}


async def test_probes_are_answered_for_every_host(folder: Path):
    async with plane(_manifest(allowed_hosts=_HOSTS), folder) as shop:
        answers = [
            await shop.get(path, headers={"Host": "10.0.0.7:8080"})
            for path in ("/healthz", "/readyz")
        ]

    assert [each.status for each in answers] == [200, 200]


async def test_without_the_setting_every_host_is_answered(folder: Path):
    async with plane(_manifest(), folder) as shop:
        assert (await shop.get(_ORDERS, headers={"Host": "anything"})).status == 200


_FOREIGN = {
    "cross-site": {"Sec-Fetch-Site": "cross-site", "Origin": "http://evil.org"},
    "same-site": {"Sec-Fetch-Site": "same-site", "Origin": "http://b.example.com"},
    "an unknown relation": {"Sec-Fetch-Site": "other"},
    "an origin alone": {"Origin": "http://evil.org"},
    "another port": {"Origin": "http://api.example.com:81"},
    "no origin": {"Origin": "null"},
    "an empty origin": {"Origin": ""},
}
_OWN = {
    "no browser": {},
    "same-origin": {"Sec-Fetch-Site": "same-origin", "Origin": "https://api.example.com"},
    "typed by the user": {"Sec-Fetch-Site": "none"},
    "the same origin": {"Origin": "https://API.example.com"},
}


@pytest.mark.fault("attacks.pages")
@pytest.mark.parametrize("headers", _FOREIGN.values(), ids=_FOREIGN)
async def test_a_foreign_page_writes_nothing_without_a_credential(folder: Path, headers: Any):
    sent = {"Host": "api.example.com", **headers}
    async with plane(_manifest(), folder) as shop:
        answers = [
            await shop.ask(method, path, {"id": 1}, headers=sent)
            for method in ("POST", "PUT", "PATCH", "DELETE")
            for path in (_ORDERS, f"{_ORDERS}/1", "/api/v1/none/_table/x")
        ]
        read = await shop.get(_ORDERS, headers=sent)

    assert {(each.status, each.error) for each in answers} == {(403, "origin_not_allowed")}
    assert (read.status, read.rows) == (200, [])


@pytest.mark.parametrize("headers", _FOREIGN.values(), ids=_FOREIGN)
async def test_a_foreign_page_with_a_credential_is_a_client_like_any(folder: Path, headers: Any):
    sent = {"Host": "api.example.com", **headers}
    async with plane(_manifest(), folder) as shop:
        answer = await shop.ask("POST", _ORDERS, {"id": 1}, headers=sent, key=_KEY)

    assert answer.status == 201


@pytest.mark.parametrize("headers", _OWN.values(), ids=_OWN)
async def test_the_own_page_and_other_clients_write(folder: Path, headers: Any):
    async with plane(_manifest(), folder) as shop:
        sent = {"Host": "api.example.com", **headers}
        answer = await shop.ask("POST", _ORDERS, {"id": 1}, headers=sent)

    assert answer.status == 201


@pytest.mark.fault("attacks.pages")
@pytest.mark.parametrize("type_", ["", " ", "text/plain", "application/x-www-form-urlencoded"])
async def test_without_a_credential_a_body_must_be_declared_as_json(folder: Path, type_: str):
    # Only these can a web page send to another origin without asking first.
    async with plane(_manifest(), folder) as shop:
        answer = await shop.ask("POST", _ORDERS, {"id": 1}, headers={"Content-Type": type_})
        rows = (await shop.get(_ORDERS)).rows

    assert (answer.status, answer.error) == (415, "unsupported_media_type")
    assert rows == []


async def test_with_a_credential_a_body_without_a_type_is_json(folder: Path):
    async with plane(_manifest(), folder) as shop:
        answer = await shop.ask("POST", _ORDERS, {"id": 1}, headers={"Content-Type": ""}, key=_KEY)

    assert answer.status == 201
