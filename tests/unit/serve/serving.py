"""A server in this process, with a trivial `answer`, and raw sockets to talk to it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from faucet.model.request import HttpRequest, Reply
from faucet.request.context import Trace
from faucet.request.execute import Share
from faucet.request.generation import Generation, GenerationStatus, Process, open_generation
from faucet.secret import Secret
from faucet.serve.app import build_app, shell
from faucet.serve.listen import open_sockets
from faucet.serve.protocol import BoundedProtocol
from faucet.serve.respond import responder
from faucet.serve.running import Running
from faucet.serve.server import Server
from faucet.serve.switch import Drain, Switch
from faucet.standard import standard_registry
from faucet.workers import Workers
from tests.factories import catalog, settings, surface

Answer = Callable[[Generation, HttpRequest], Awaitable[Reply]]


def plain(body: bytes, status: int = 200) -> Reply:
    return Reply(status=status, headers=(), body=body)


def generation(
    number: int = 1,
    reports: list[tuple[str, BaseException]] | None = None,
    limits: Mapping[str, Any] | None = None,
):
    """Return a generation of one service `shop` without tables; *limits* are of its server."""
    made = settings({})
    made = msgspec.structs.replace(
        made,
        server=msgspec.structs.replace(made.server, **{"shutdown_timeout": 5.0, **(limits or {})}),
    )
    reported = [] if reports is None else reports
    process = Process(
        status=lambda: GenerationStatus(
            number=number, fingerprint=None, loaded_at=None, last_reload=None
        ),
        readiness=dict,
        draining=lambda: False,
        docs=lambda _path: None,
        clock=lambda: 0.0,
        report=lambda request_id, error: reported.append((request_id, error)),
        workers=Workers("tests", 2),
    )
    return open_generation(
        surface(made, catalog()),
        standard_registry(),
        process,
        number=number,
        executors={},
        shares={name: Share(each.pool) for name, each in made.services.items()},
        purpose_key=Secret("p" * 32),
    )


def running(answer: Answer, published: list[object], **options) -> Running:
    """Return a generation in service whose every request goes to *answer*."""
    made = generation(**options)

    async def answered(of: Generation, request: HttpRequest, _trace: Trace) -> Reply:
        return await answer(of, request)

    app = build_app(responder(made, answered, published.append))

    async def release() -> None:
        return

    return Running(generation=made, app=app, lifespan=app.lifespan(), release=release)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that the server does by itself."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - the state of a protocol has no event
            await asyncio.sleep(0)


class Serving:
    """A server that runs, and what it published."""

    def __init__(self, switch: Switch, server: Server, port: int, published: list[object]) -> None:
        self.switch = switch
        self.server = server
        self.port = port
        self.published = published

    async def connections(self, count: int) -> list[BoundedProtocol]:
        """Return the open connections, once there are *count*."""
        open_ = self.server.server_state.connections
        await until(lambda: len(open_) == count)
        return [each for each in open_ if isinstance(each, BoundedProtocol)]

    async def send(self, *lines: str, body: bytes = b"") -> bytes:
        """Return all that comes back for one request on a connection of its own."""
        head = "\r\n".join((*lines, "Host: test", "Connection: close", "", "")).encode("latin-1")
        return await self.raw(head + body)

    async def raw(self, data: bytes) -> bytes:
        """Return all that comes back for *data* until the server closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        async with asyncio.timeout(20):
            try:
                writer.write(data)
                return await reader.read()
            except ConnectionResetError:
                return b""
            finally:
                writer.close()


@asynccontextmanager
async def serving(
    answer: Answer, *, most_connections: int = 1000, **options: Any
) -> AsyncIterator[Serving]:
    """Serve *answer* on a free port until the block ends; *limits* are settings of the server."""
    published: list[object] = []
    first = running(answer, published, **options)
    await first.start()
    switch = Switch(first, Drain())
    sockets = open_sockets("127.0.0.1", 0)
    listening = asyncio.Event()
    server = Server(
        shell(switch),
        switch=switch,
        listening=listening.set,
        most_connections=lambda: most_connections,
        publish=published.append,
    )
    task = asyncio.create_task(server.serve(sockets=sockets))
    async with asyncio.timeout(20):
        await listening.wait()
    yield Serving(switch, server, sockets[0].getsockname()[1], published)
    server.stop()
    async with asyncio.timeout(20):
        await task
    await switch.current.retire(1)
