"""Agents with the official client, in both eras of the protocol, on a real server."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
import yaml
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import ResourceTemplateReference

from tests.databases import key, key_of
from tests.servers.faucet_process import SECONDS, FaucetProcess

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]

_ERAS = ["2026-07-28", "legacy"]
_READS = {"faucet_list_services", "faucet_list_tables", "faucet_describe_table", "faucet_query"}


def _manifest() -> dict[str, Any]:
    def grant(verbs: str, **more: Any) -> dict[str, Any]:
        return {"service": "shop", "tables": ["items"], "verbs": verbs.split(), **more}

    return {
        "version": 1,
        "server": {"host": "127.0.0.1", "port": 0, "shutdown_timeout": "2s"},
        "mcp": {"enabled": True, "instructions": "The shop.", "allowed_origins": ["http://a.test"]},
        "services": {"shop": {"driver": "sqlite", "dsn": "shop.db"}},
        "roles": {
            "reader": {"grants": [grant("GET", rows="id < 3")]},
            "clerk": {"grants": [grant("GET POST PATCH DELETE")]},
        },
        "keys": {name: key_of(name) for name in ("reader", "clerk")},
    }


def _write(folder: Path, manifest: dict[str, Any]) -> None:
    (folder / "new.yaml").write_text(yaml.safe_dump(manifest))
    (folder / "new.yaml").rename(folder / "faucet.yaml")


@contextmanager
def _serving(folder: Path) -> Iterator[FaucetProcess]:
    with closing(sqlite3.connect(folder / "shop.db")) as database:
        database.executescript(
            "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
            "INSERT INTO items VALUES (1, 'tap'), (2, 'sink'), (3, 'tub');"
        )
    _write(folder, _manifest())
    with FaucetProcess(folder).ready() as started:
        yield started


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FaucetProcess]:
    """A server of this test alone."""
    with _serving(tmp_path) as started:
        yield started


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaucetProcess]:
    """A server for the tests that change nothing."""
    with _serving(tmp_path_factory.mktemp("shared")) as started:
        yield started


@asynccontextmanager
async def _client(
    server: FaucetProcess, era: str, role: str, heard: Callable[[Any], None] = lambda _message: None
) -> AsyncIterator[Client]:
    async def handle(message: Any) -> None:
        heard(message)

    headers = {"x-api-key": key(role)}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=SECONDS) as http,
        Client(
            streamable_http_client(f"{server.url}/mcp", http_client=http),
            mode=era,
            message_handler=handle,
        ) as client,
    ):
        yield client


async def _names(client: Client) -> set[str]:
    return {tool.name for tool in (await client.list_tools()).tools}


@pytest.mark.parametrize("era", _ERAS)
async def test_an_agent_reads_and_writes_what_its_role_may(server: FaucetProcess, era: str):
    where = {"service": "shop", "table": "items"}
    async with _client(server, era, "clerk") as clerk, _client(server, era, "reader") as reader:
        assert await _names(reader) == _READS
        assert await _names(clerk) == _READS | {"faucet_insert", "faucet_update", "faucet_delete"}
        assert era != "legacy" or clerk.instructions == "The shop."

        added = await clerk.call_tool("faucet_insert", {**where, "records": [{"name": "pipe"}]})
        seen = await reader.call_tool("faucet_query", where)
        refused = await reader.call_tool("faucet_query", {**where, "filter": "name2 = 'tap'"})
        with pytest.raises(MCPError, match="Unknown tool: faucet_delete"):
            await reader.call_tool("faucet_delete", {**where, "filter": "id > 0"})

    assert added.structured_content == {"inserted": [{"id": 4, "name": "pipe"}], "count": 1}
    assert [row["id"] for row in (seen.structured_content or {})["records"]] == [1, 2]
    assert refused.is_error
    assert "unknown_column" in str(refused.content)


@pytest.mark.parametrize("era", _ERAS)
async def test_every_result_fits_the_schema_of_its_tool(server: FaucetProcess, era: str):
    where = {"service": "shop", "table": "items"}
    calls: dict[str, dict[str, Any]] = {
        "faucet_list_services": {},
        "faucet_list_tables": {"service": "shop", "counts": True},
        "faucet_describe_table": where,
        "faucet_query": {**where, "count": True},
        "faucet_insert": {**where, "records": [{"name": "pipe"}]},
        "faucet_update": {**where, "filter": "id = 1", "record": {"name": "taps"}},
        "faucet_delete": {**where, "filter": "id = 1"},
    }
    async with _client(server, era, "clerk") as client:
        # The client validates each result against the output schema.
        assert await _names(client) == calls.keys()
        for name, arguments in calls.items():
            result = await client.call_tool(name, arguments)
            assert not result.is_error, (name, result.content)


@pytest.mark.parametrize(("era", "unknown"), [("2026-07-28", -32602), ("legacy", -32002)])
async def test_an_agent_reads_resources_and_gets_prompts(
    shared: FaucetProcess, era: str, unknown: int
):
    table = "faucet://schema/shop/items"
    async with _client(shared, era, "reader") as reader:
        listed = await reader.list_resources()
        templates = await reader.list_resource_templates()
        read = await reader.read_resource(table)
        prompts = await reader.list_prompts()
        prompt = await reader.get_prompt("write_query", {"service": "shop", "table": "items"})
        completed = await reader.complete(
            ResourceTemplateReference(uri=templates.resource_templates[1].uri_template),
            {"name": "table", "value": "i"},
            {"service": "shop"},
        )
        with pytest.raises(MCPError) as refused:
            await reader.read_resource("faucet://schema/shop/itemz")
        with pytest.raises(MCPError, match="argument table is missing"):
            await reader.get_prompt("write_query", {"service": "shop"})

    assert [str(each.uri) for each in listed.resources] == [
        "faucet://services",
        "faucet://schema/shop",
    ]
    assert '"name":"items"' in str(read.contents[0])
    assert [each.name for each in prompts.prompts] == ["explore", "write_query"]
    assert "`items`" in str(prompt.messages[0].content)
    assert completed.completion.values == ["items"]
    assert (refused.value.code, "itemz" in refused.value.message) == (unknown, True)


async def test_clients_of_both_eras_hear_of_changed_tools(server: FaucetProcess, tmp_path: Path):
    heard = anyio.Event()

    def hear(message: Any) -> None:
        if "tools/list_changed" in str(message):
            heard.set()

    async with (
        _client(server, "legacy", "reader", hear) as older,
        _client(server, "2026-07-28", "reader") as newer,
        newer.listen(tools_list_changed=True) as changes,
    ):
        assert await _names(older) == await _names(newer) == _READS
        changed = _manifest()
        changed["roles"]["reader"]["grants"][0]["verbs"] = ["GET", "DELETE"]
        _write(tmp_path, changed)
        with anyio.fail_after(SECONDS):
            await anext(aiter(changes))
            await heard.wait()
        assert await _names(older) == await _names(newer) == _READS | {"faucet_delete"}


@pytest.mark.promise("sec-29")
@pytest.mark.parametrize("era", _ERAS)
async def test_a_removed_key_ends_an_open_session(server: FaucetProcess, tmp_path: Path, era: str):
    async with _client(server, era, "clerk") as client:
        assert "faucet_delete" in await _names(client)
        changed = _manifest()
        del changed["keys"]["clerk"]
        _write(tmp_path, changed)
        server.generation(2)
        with pytest.raises(MCPError):
            await client.call_tool(
                "faucet_delete", {"service": "shop", "table": "items", "filter": "id > 0"}
            )

    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        assert database.execute("SELECT count(*) FROM items").fetchone() == (3,)


def _post(server: FaucetProcess, **headers: str) -> httpx2.Response:
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
    sent = {"accept": "application/json, text/event-stream"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return httpx2.post(f"{server.url}/mcp", json=message, headers=sent, timeout=SECONDS)


@pytest.mark.promise("sec-25")
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"x_api_key": "faucet_" + "0" * 64}, 401),
        ({"x_api_key": key("reader")}, 200),
        ({"x_api_key": key("reader"), "authorization": f"Bearer {key('reader')}"}, 401),
        ({"x_api_key": key("reader"), "origin": "http://evil.test"}, 403),
        ({"x_api_key": key("reader"), "origin": "http://a.test"}, 200),
    ],
)
def test_each_request_needs_one_credential_and_no_foreign_page(
    shared: FaucetProcess, headers: dict[str, str], status: int
):
    answer = _post(shared, **headers)

    assert answer.status_code == status
    if status == 401:
        assert answer.headers["www-authenticate"] == 'Bearer realm="faucet"'
        assert answer.json()["error"]["type"] == "unauthorized"


@pytest.mark.promise("sec-25")
def test_a_session_belongs_to_the_caller_that_opened_it(shared: FaucetProcess):
    session = _post(shared, x_api_key=key("clerk")).headers["mcp-session-id"]

    stolen = _post(shared, x_api_key=key("reader"), mcp_session_id=session)

    assert stolen.status_code == 404


def test_one_caller_cannot_take_the_sessions_of_others(server: FaucetProcess):
    opened = [_post(server, x_api_key=key("reader")).status_code for _ in range(50)]
    refused = _post(server, x_api_key=key("reader"))

    assert opened == [200] * 50
    assert (refused.status_code, refused.json()["error"]["type"]) == (503, "too_many_sessions")
    assert _post(server, x_api_key=key("clerk")).status_code == 200


async def test_open_streams_do_not_delay_the_end_of_the_server(server: FaucetProcess):
    async with (
        _client(server, "legacy", "reader") as older,
        _client(server, "2026-07-28", "reader") as newer,
        newer.listen(tools_list_changed=True),
    ):
        await _names(older)
        assert await anyio.to_thread.run_sync(server.stop) == 0


def test_agents_are_logged_and_cannot_connect_unless_that_is_enabled(
    server: FaucetProcess, tmp_path: Path
):
    assert _post(server, x_api_key=key("reader")).status_code == 200
    line = server.event("Answered", route="mcp")
    assert (line["principal"], line["role"]) == ("key:reader", "reader")

    changed = _manifest()
    changed["mcp"]["enabled"] = False
    _write(tmp_path, changed)
    server.generation(2)
    assert _post(server, x_api_key=key("reader")).status_code == 404
