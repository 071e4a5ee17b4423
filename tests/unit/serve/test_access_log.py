"""One record for each request: what the log says of it, and the response does not."""

import hashlib
import json
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from faucet.errors import NOT_GRANTED, UNKNOWN_SERVICE, AuthorizationError, ErrorKind
from faucet.model.headers import Headers
from faucet.model.network import read_networks
from faucet.model.request import Caller, Principal, TargetName
from faucet.model.rows import RowPage
from faucet.model.settings import LoggingSettings
from faucet.model.surface import Verb
from faucet.request.authorize import admit
from faucet.request.operation import Operation
from faucet.request.pipeline import answer, perform
from faucet.serve.exchange import EXCHANGE, Exchange
from faucet.serve.logs import Log
from faucet.serve.respond import responder
from tests.plane import Plane, plane

pytestmark = pytest.mark.anyio

_GOOD, _OLD, _AWAY = ("faucet_" + digit * 64 for digit in "123")
_T = "/api/v1/shop/_table"


def _key(text: str, **more: Any) -> dict[str, Any]:
    return {"role": "r", "hash": [f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"], **more}


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Plane]:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        database.executescript(
            "CREATE TABLE items (id INTEGER PRIMARY KEY, name VARCHAR(9));"
            "INSERT INTO items VALUES (1, 'one'), (2, 'two'), (3, 'sesame');"
        )
    manifest = {
        "version": 1,
        "services": {"shop": {"driver": "sqlite", "dsn": str(tmp_path / "shop.db")}},
        "roles": {
            "r": {
                "grants": [
                    {"service": "shop", "tables": ["items"], "verbs": ["GET", "POST"]},
                ]
            }
        },
        "keys": {
            "good": _key(_GOOD),
            "old": _key(_OLD, expires="2020-01-01T00:00:00Z"),
            "away": _key(_AWAY, allow_from=["192.0.2.0/24"]),
        },
    }
    async with plane(manifest) as made:
        yield made


class _Log:
    """The log of one generation, and what clients got."""

    def __init__(self, opened: Plane, trusting: Sequence[str] = (), **settings: Any) -> None:
        self.lines: list[dict[str, Any]] = []
        self.text = ""
        log = Log(LoggingSettings(format="json", **settings), write=self._write)
        generation = opened.generation
        known = msgspec.structs.replace(generation.authentication, trusted=read_networks(trusting))
        self._respond = responder(
            msgspec.structs.replace(generation, authentication=known), answer, log.publish
        )

    def _write(self, line: str) -> None:
        self.text += line
        self.lines.append(json.loads(line))

    async def ask(self, method: str, url: str, body: bytes = b"", **headers: Any) -> bytes:
        """Return all bytes of the response, and keep its line."""
        path, _, query = url.partition("?")
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            raise AssertionError("nothing is left to receive")

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        exchange = Exchange()
        exchange.body = body
        scope = {
            EXCHANGE: exchange,
            "type": "http",
            "method": method,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [
                (name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()
            ],
            "client": ("127.0.0.1", 1),
        }
        await self._respond(None, scope, receive, send)
        return repr(sent[0]).encode() + sent[1]["body"]


@pytest.mark.fault("operators.reasons")
@pytest.mark.promise("sec-25")
@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "no credential"),
        ({"x_api_key": "faucet_unknown"}, "unknown key"),
        ({"x_api_key": _OLD}, "key:old is expired"),
        ({"x_api_key": _AWAY}, "key:away is not allowed from this address"),
        ({"x_api_key": _GOOD, "authorization": f"Bearer {_GOOD}"}, "more than one credential"),
        ({"authorization": "Basic c2VzYW1l"}, "not of the form Bearer TOKEN"),
        ({"authorization": "Bearer a.b.c"}, "the manifest accepts no tokens"),
    ],
)
async def test_why_a_credential_is_refused_is_for_the_log_alone(
    opened: Plane, headers: dict[str, Any], reason: str
):
    log = _Log(opened)

    told = await log.ask("GET", f"{_T}/items", x_request_id="fixed", **headers)
    bare = await log.ask("GET", f"{_T}/items", x_request_id="fixed")

    assert [line["reason"] for line in log.lines] == [reason, "no credential"]
    assert [line["error"] for line in log.lines] == ["unauthorized"] * 2
    assert told == bare
    assert [word for word in (b"key:", b"expired", b"unknown", b"reason") if word in told] == []
    assert [value for value in headers.values() if value in log.text] == []


@pytest.mark.fault("operators.access")
async def test_a_line_says_who_did_what_and_holds_no_value(opened: Plane):
    log = _Log(opened, level="debug")

    await log.ask("GET", f"{_T}/items?filter=name='sesame'", x_api_key=_GOOD)
    await log.ask("POST", f"{_T}/items", b'[{"name":"sesame"},{"name":"b"}]', x_api_key=_GOOD)
    await log.ask("GET", f"{_T}/nothing", x_api_key=_GOOD)
    await log.ask("GET", "/healthz")

    known = ("route", "service", "table", "action", "role", "principal", "rows", "error", "reason")
    assert [{name: line[name] for name in known if name in line} for line in log.lines] == [
        {
            "route": "records",
            "service": "shop",
            "table": "items",
            "action": action,
            "role": "r",
            "principal": "key:good",
            "rows": rows,
        }
        for action, rows in (("GET", 1), ("POST", 2))
    ] + [
        {
            "route": "records",
            "service": "shop",
            "table": "nothing",
            "action": "GET",
            "role": "r",
            "principal": "key:good",
            "error": "not_granted",
        },
        {"route": "health", "principal": None},
    ]
    assert "sesame" not in log.text
    assert _GOOD not in log.text


@pytest.mark.fault("operators.access")
@pytest.mark.parametrize("probe", ["/healthz", "/readyz"])
async def test_probes_are_logged_at_debug(opened: Plane, probe: str):
    usual, all_of_it = _Log(opened), _Log(opened, level="debug")

    await usual.ask("GET", probe)
    await all_of_it.ask("GET", probe)

    assert usual.lines == []
    assert [line["level"] for line in all_of_it.lines] == ["debug"]


@pytest.mark.fault("operators.access")
async def test_the_access_log_can_be_off(opened: Plane):
    log = _Log(opened, level="debug", access="off")

    await log.ask("GET", f"{_T}/items", x_api_key=_GOOD)
    await log.ask("GET", f"{_T}/items")

    assert log.lines == []


async def test_the_client_of_a_request_is_the_address_that_allow_from_is_compared_with(
    opened: Plane,
):
    log = _Log(opened)

    await log.ask("GET", f"{_T}/items", x_api_key=_GOOD, x_forwarded_for="192.0.2.7, 192.0.2.8")
    trusting = _Log(opened, trusting=["127.0.0.0/8", "192.0.2.8"])
    await trusting.ask("GET", f"{_T}/items", x_forwarded_for="192.0.2.7, 192.0.2.8")

    assert [line["client"] for line in (*log.lines, *trusting.lines)] == ["127.0.0.1", "192.0.2.7"]


def _operation(service: str, table: str, verb: Verb) -> Operation:
    return Operation(
        target=TargetName(service=service, name=table),
        verb=verb,
        query="limit=2",
        key=None,
        headers=Headers(()),
        receive=lambda: b"",
        typed=False,
    )


async def test_a_read_request_is_performed_without_http(opened: Plane):
    caller = Caller(principal=Principal(name="key:x", role="r", claims={}), now=0.0)

    rows = await perform(opened.generation, caller, _operation("shop", "items", Verb.GET))

    assert isinstance(rows, RowPage)
    assert rows.count == 2


@pytest.mark.parametrize(
    ("target", "verb", "error"),
    [
        (TargetName(service="shop", name="items"), Verb.DELETE, NOT_GRANTED),
        (TargetName(service="shop", name="others"), Verb.GET, NOT_GRANTED),
        (TargetName(service="till", name="items"), Verb.GET, UNKNOWN_SERVICE),
    ],
)
async def test_to_perform_is_to_admit_first(opened: Plane, target, verb: Verb, error: ErrorKind):
    caller = Caller(principal=Principal(name="key:x", role="r", claims={}), now=0.0)

    with pytest.raises(AuthorizationError) as caught:
        await perform(opened.generation, caller, _operation(target.service, target.name, verb))

    assert caught.value.kind is error


@pytest.mark.parametrize("verbs", [(Verb.GET, Verb.DELETE), (Verb.DELETE, Verb.GET)])
async def test_a_request_that_needs_two_verbs_needs_both_granted(opened: Plane, verbs):
    surface = opened.generation.surface
    principal = Principal(name="key:x", role="r", claims={})
    target = TargetName(service="shop", name="items")

    with pytest.raises(AuthorizationError) as caught:
        admit(surface, principal, target, *verbs)

    assert admit(surface, principal, target, Verb.GET).grant.verb is Verb.GET
    assert caught.value.kind is NOT_GRANTED
