"""The whole request plane in one process: a manifest, real databases, and `answer`."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from faucet.control.compile import compile_surface
from faucet.control.introspect import introspect
from faucet.control.load import SourceText, load
from faucet.control.resolve import Overrides, resolve
from faucet.control.validate import validate
from faucet.diagnostics import Outcome
from faucet.extension.registry import Registry
from faucet.model.headers import Headers
from faucet.model.request import HttpRequest
from faucet.request.context import Trace, open_trace
from faucet.request.execute import Share
from faucet.request.generation import (
    Generation,
    GenerationStatus,
    Process,
    open_generation,
)
from faucet.request.pipeline import answer
from faucet.secret import Secret
from faucet.standard import standard_registry
from faucet.workers import Workers


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One reply, with its body also as JSON; headers by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    reported: tuple[BaseException, ...] = ()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def rows(self) -> list[Any]:
        return self.json["resource"]

    @property
    def error(self) -> str:
        return self.json["error"]["type"]


class Plane:
    """A generation, asked as a client would; *key* is sent as X-API-Key."""

    def __init__(self, generation: Generation, reported: list[BaseException]) -> None:
        self.generation = generation
        self.reported = reported
        self.traces: list[Trace] = []

    async def ask(
        self,
        method: str,
        url: str,
        body: Any = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        peer: str = "127.0.0.1",
        **parameters: Any,
    ) -> Answer:
        path, _, query = url.partition("?")
        pairs = [
            f"{quote(name.rstrip('_'))}={quote(str(value), safe='')}"
            for name, value in parameters.items()
        ]
        query = "&".join([query, *pairs] if query else pairs)
        raw = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )

        sent = {} if body is None else {"content-type": "application/json"}
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        if key is not None:
            sent["x-api-key"] = key
        before = len(self.reported)
        request = HttpRequest(
            method=method,
            path=path,
            query=query,
            headers=Headers(sent.items()),
            peer=peer,
            body=raw,
        )
        self.traces.append(open_trace(request))
        reply = await answer(self.generation, request, self.traces[-1])
        # A server handles each request in a turn of its own, also those that wait for nothing.
        await asyncio.sleep(0)
        assert isinstance(reply.body, bytes)
        return Answer(
            status=reply.status,
            headers={name.lower(): value for name, value in reply.headers},
            body=reply.body,
            reported=tuple(self.reported[before:]),
        )

    async def get(self, url: str, **options: Any) -> Answer:
        return await self.ask("GET", url, **options)


def _value(outcome: Outcome[Any]) -> Any:
    assert outcome.value is not None, outcome.diagnostics
    return outcome.value


@asynccontextmanager
async def plane(
    manifest: str | Mapping[str, Any],
    folder: Path | None = None,
    *,
    now: float | None = None,
    registry: Registry | None = None,
) -> AsyncIterator[Plane]:
    """Open *manifest* (YAML, or a tree) as generation 1; its executors close at the end."""
    text = manifest if isinstance(manifest, str) else json.dumps(manifest)
    registry = registry or standard_registry()
    facts = registry.facts()
    document = _value(load((SourceText(name="faucet.yaml", text=text),)))
    settings = _value(
        resolve(
            _value(validate(document, facts)), facts, {}, Overrides(), str(folder or Path.cwd())
        )
    )
    catalogs = introspect(settings.services, registry.dialects)
    surface = _value(compile_surface(settings, catalogs, facts))
    executors = {
        name: registry.dialects[service.dialect].executor(service)
        for name, service in settings.services.items()
    }
    reported: list[BaseException] = []
    process = Process(
        status=lambda: GenerationStatus(
            number=1, fingerprint=surface.fingerprint, loaded_at=None, last_reload=None
        ),
        readiness=lambda: dict.fromkeys(executors, "ok"),
        draining=lambda: False,
        docs=lambda _path: None,
        clock=time.time if now is None else lambda: now,
        report=lambda _request_id, error: reported.append(error),
        workers=Workers("tests", 2),
    )
    generation = open_generation(
        surface,
        registry,
        process,
        number=1,
        executors=executors,
        shares={name: Share(service.pool) for name, service in settings.services.items()},
        purpose_key=Secret("a purpose key of the tests, and long"),
    )
    try:
        yield Plane(generation, reported)
    finally:
        for executor in executors.values():
            await executor.close()
