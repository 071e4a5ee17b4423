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
    path.write_text(yaml.safe_dump(manifest), encoding="utf-8")
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


SURFACES = {"plane": _planes, "process": _processes}
