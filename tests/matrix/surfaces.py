"""The ways in: what a client of each surface sends and gets back."""

import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx
import msgspec
import yaml

from faucet.errors import NOT_GRANTED, FaucetError
from faucet.mcp.calls import ToolContext
from faucet.mcp.results import Done
from faucet.mcp.tools import TOOLS, call_tool, tools_of
from faucet.model.headers import Headers
from faucet.model.request import Caller, HttpRequest
from faucet.request.authenticate import authenticate
from faucet.request.context import open_trace
from tests.databases import key
from tests.plane import plane


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """One answer; headers by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def error(self) -> str | None:
        """The error's type, None for a success."""
        if self.status < 400:
            return None
        return msgspec.json.decode(self.body)["error"]["type"]


class Surface(Protocol):
    """One way in."""

    async def ask(
        self,
        role: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Reply:
        """Ask as *role*; `visitor` has no key."""
        ...


class _Plane:
    def __init__(self, opened: Any) -> None:
        self._opened = opened

    async def ask(
        self,
        role: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Reply:
        answer = await self._opened.ask(
            method,
            path,
            body,
            key=None if role == "visitor" else key(role),
            headers={"X-Request-ID": "fixed"},
            **query or {},
        )
        return Reply(status=answer.status, headers=answer.headers, body=answer.body)


class _Tools:
    """What agents have: a request that a tool can make is made by it, others as a client would."""

    def __init__(self, opened: Any) -> None:
        self._opened = opened
        self._plane = _Plane(opened)

    async def ask(
        self,
        role: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Reply:
        asked = _tool_call(method, path, query or {}, body)
        if asked is None:
            return await self._plane.ask(role, method, path, query=query, body=body)
        name, arguments = asked
        generation = self._opened.generation
        headers = Headers(() if role == "visitor" else (("x-api-key", key(role)),))
        request = HttpRequest(method="POST", path="/mcp", query="", headers=headers, peer="::1")
        principal = authenticate(request, generation.authentication, 0.0)
        if name not in {tool.name for tool in tools_of(generation.surface, principal.role)}:
            return _reply(NOT_GRANTED.status, {"error": {"type": NOT_GRANTED.type}})
        context = ToolContext(
            generation=generation,
            caller=Caller(principal=principal, now=0.0),
            trace=open_trace(request),
        )
        try:
            result = await call_tool(TOOLS[name], context, arguments)
        except FaucetError as error:
            return _reply(error.kind.status, {"error": {"type": error.kind.type}})
        assert isinstance(result, Done), result
        content = result.content
        listed = content.get("tables", content.get("records", content.get("inserted")))
        return _reply(201 if method == "POST" else 200, {"resource": listed})


_CHANGES = {"POST": "faucet_insert", "PATCH": "faucet_update", "DELETE": "faucet_delete"}


def _tool_call(
    method: str, path: str, query: Mapping[str, str], body: Any
) -> tuple[str, dict[str, Any]] | None:
    """Return the tool and arguments that ask the same, None if none can."""
    _api, _version, service, _table, *rest = path.strip("/").split("/")
    if not rest:
        return "faucet_list_tables", {"service": service}
    where = {"service": service, "table": rest[0]}
    if len(rest) > 1 or (method != "GET" and "fields" in query):
        return None
    if method == "GET":
        limit = {"limit": int(query["limit"])} if "limit" in query else {}
        return "faucet_query", {**where, **query, **limit}
    if method == "POST":
        return _CHANGES[method], {**where, "records": [body]}
    if method not in _CHANGES or "filter" not in query:
        return None
    record = {"record": body} if method == "PATCH" else {}
    return _CHANGES[method], {**where, "filter": query["filter"], **record}


def _reply(status: int, content: Any) -> Reply:
    return Reply(status=status, headers={}, body=msgspec.json.encode(content))


class _Process:
    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def ask(
        self,
        role: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Reply:
        headers = {"X-Request-ID": "fixed"}
        if role != "visitor":
            headers["X-API-Key"] = key(role)
        content = None
        if body is not None:
            content = msgspec.json.encode(body)
            headers["Content-Type"] = "application/json"
        response = await self._client.request(
            method, path, params=query, content=content, headers=headers
        )
        return Reply(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=response.content,
        )


@asynccontextmanager
async def _planes(manifest: Mapping[str, Any], folder: Path) -> AsyncIterator[Surface]:
    async with plane(manifest, folder) as opened:
        yield _Plane(opened)


@asynccontextmanager
async def _processes(manifest: Mapping[str, Any], folder: Path) -> AsyncIterator[Surface]:
    process, log = _started(manifest, folder)
    try:
        async with httpx.AsyncClient(base_url=_address(process, log), timeout=30) as client:
            yield _Process(client)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _started(manifest: Mapping[str, Any], folder: Path) -> tuple[subprocess.Popen[bytes], Path]:
    path, log = folder / "faucet.yaml", folder / "log"
    # A load waits for a database that is required, however slow it is.
    services = {name: {**each, "required": True} for name, each in manifest["services"].items()}
    path.write_text(yaml.safe_dump({**manifest, "services": services}), encoding="utf-8")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "faucet", "serve", "-c", str(path), "--port", "0", "--no-watch"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return process, log


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    for _ in range(600):
        for line in log.read_text(encoding="utf-8").splitlines():
            if (address := _listening(line)) is not None:
                return address
        # Waiting for the end is the pause between two looks, and notices a failed start.
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
        break
    raise AssertionError(log.read_text(encoding="utf-8"))


def _listening(line: str) -> str | None:
    try:
        event = msgspec.json.decode(line)
    except msgspec.DecodeError:
        return None
    if not isinstance(event, dict) or event.get("event") != "Listening":
        return None
    return event["address"]


@asynccontextmanager
async def _tools(manifest: Mapping[str, Any], folder: Path) -> AsyncIterator[Surface]:
    async with plane(manifest, folder) as opened:
        yield _Tools(opened)


SURFACES = {"plane": _planes, "process": _processes, "tools": _tools}
