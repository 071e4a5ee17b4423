"""Bodies that are sent part by part, through the real server."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from faucet.errors import STATEMENT_TIMEOUT, ExecutionError
from faucet.events import Answered
from faucet.model.request import Reply
from faucet.serve.running import AsgiMessage
from faucet.serve.stream import open_stream
from tests.unit.serve.serving import Serving, running, serving

pytestmark = pytest.mark.anyio

_PART = b"x" * 65_536


class _Source:
    """Parts for one reply, and what became of them."""

    def __init__(self, count: int, *, fails: Exception | None = None) -> None:
        self.made = 0
        self.closed = asyncio.Event()
        self.begun = asyncio.Event()
        self.go = asyncio.Event()
        self.go.set()
        self._count = count
        self._fails = fails

    async def parts(self) -> AsyncIterator[bytes]:
        try:
            while self.made < self._count:
                await self.go.wait()
                self.made += 1
                yield _PART
                self.begun.set()
            if self._fails is not None:
                raise self._fails
        finally:
            self.closed.set()

    async def answer(self, _generation, _request) -> Reply:
        return Reply(status=200, headers=(("Content-Type", "text/csv"),), body=self.parts())


async def _until(condition) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - counters of the product have no event
            await asyncio.sleep(0.01)


def _lines(server: Serving) -> list[Answered]:
    return [one for one in server.published if isinstance(one, Answered)]


async def test_parts_arrive_in_order_and_the_lease_lasts_until_the_last_one():
    source = _Source(3)
    source.go.clear()

    async with serving(source.answer) as server:
        asked = asyncio.create_task(server.send("GET /x HTTP/1.1"))
        await _until(lambda: len(server.switch.current.leases) == 1)
        source.go.set()
        told = await asked
        await _until(lambda: len(server.switch.current.leases) == 0)

    head, _, body = told.partition(b"\r\n\r\n")
    assert b"transfer-encoding: chunked" in head
    assert b"content-length" not in head
    assert body == b"10000\r\n" + _PART + b"\r\n10000\r\n" + _PART + b"\r\n10000\r\n" + _PART + (
        b"\r\n0\r\n\r\n"
    )
    assert source.closed.is_set()
    assert [(one.status, one.reason) for one in _lines(server)] == [(200, None)]


async def test_an_empty_stream_is_an_empty_body():
    source = _Source(0)

    async with serving(source.answer) as server:
        told = await server.send("GET /x HTTP/1.1")

    assert told.startswith(b"HTTP/1.1 200 ")
    assert told.endswith(b"\r\n\r\n0\r\n\r\n")


async def test_a_client_that_leaves_in_the_middle_frees_what_the_stream_holds():
    source = _Source(1)

    async def endless(_generation, _request) -> Reply:
        async def parts() -> AsyncIterator[bytes]:
            try:
                yield b"first"
                await asyncio.Event().wait()
            finally:
                source.closed.set()

        return Reply(status=200, headers=(), body=parts())

    async with serving(endless) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(20):
            await reader.readuntil(b"first")
        assert len(server.switch.current.leases) == 1
        writer.close()

        async with asyncio.timeout(20):
            await source.closed.wait()
        await _until(lambda: len(server.switch.current.leases) == 0)
        await _until(lambda: _lines(server))
        assert [one.reason for one in _lines(server)] == ["the client disconnected"]


async def test_a_slow_reader_holds_the_source_back():
    source = _Source(1000)

    async with serving(source.answer) as server:
        client = socket.create_connection(("127.0.0.1", server.port))
        client.sendall(b"GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        async with asyncio.timeout(20):
            await source.begun.wait()
        made = -1
        while made != source.made:
            made = source.made
            await asyncio.sleep(0.3)
        assert made < 500

        size = await asyncio.to_thread(_drained, client)
        assert source.made == 1000
        assert size > 1000 * len(_PART)


async def test_a_slow_reader_that_leaves_frees_what_the_stream_holds():
    source = _Source(100_000)

    async with serving(source.answer) as server:
        client = socket.create_connection(("127.0.0.1", server.port))
        client.sendall(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(20):
            await source.begun.wait()
        client.close()

        async with asyncio.timeout(20):
            await source.closed.wait()
        await _until(lambda: len(server.switch.current.leases) == 0)


def _drained(client: socket.socket) -> int:
    with client:
        size = 0
        while received := client.recv(1 << 20):
            size += len(received)
    return size


async def test_what_fails_before_the_first_part_is_an_error_like_any_other():
    source = _Source(0, fails=ExecutionError(STATEMENT_TIMEOUT))

    async with serving(source.answer) as server:
        told = await server.send("GET /x HTTP/1.1")

    assert told.startswith(b"HTTP/1.1 504 ")
    assert b'"type":"statement_timeout"' in told
    assert [(one.status, one.error) for one in _lines(server)] == [(504, "statement_timeout")]


async def test_what_fails_later_breaks_the_connection_and_is_reported():
    source = _Source(2, fails=ZeroDivisionError("inside"))
    reports: list[tuple[str, BaseException]] = []

    async with serving(source.answer, reports=reports) as server:
        told = await server.send("GET /x HTTP/1.1", "X-Request-ID: abc")

    assert told.startswith(b"HTTP/1.1 200 ")
    assert not told.endswith(b"0\r\n\r\n")
    assert b"inside" not in told
    assert [(name, type(error)) for name, error in reports] == [("abc", ZeroDivisionError)]
    assert [(one.status, one.error) for one in _lines(server)] == [(200, "internal")]


async def test_a_generation_waits_for_its_streams_and_no_longer_than_its_limit():
    source = _Source(2)
    source.go.clear()

    async with serving(source.answer) as server:
        asked = asyncio.create_task(server.send("GET /x HTTP/1.1"))
        await _until(lambda: len(server.switch.current.leases) == 1)
        second = running(source.answer, server.published, number=2)
        await second.start()
        first = server.switch.turn(second)
        assert not await first.leases.wait_until_empty(0.05)
        retiring = asyncio.create_task(first.retire(20))
        source.go.set()

        assert (await asked).endswith(b"0\r\n\r\n")
        assert await retiring


async def test_a_stream_without_end_is_cut_off_when_the_server_stops():
    source = _Source(1)
    never = asyncio.Event()

    async def endless(_generation, _request) -> Reply:
        async def parts() -> AsyncIterator[bytes]:
            try:
                yield b"first"
                source.begun.set()
                await never.wait()
            finally:
                source.closed.set()

        return Reply(status=200, headers=(), body=parts())

    async with serving(endless, limits={"shutdown_timeout": 0.2}) as server:
        asked = asyncio.create_task(server.send("GET /x HTTP/1.1"))
        async with asyncio.timeout(20):
            await source.begun.wait()
        server.server.stop()

        told = await asked
        assert b"first" in told
        assert not told.endswith(b"0\r\n\r\n")
        async with asyncio.timeout(20):
            await source.closed.wait()


async def test_a_server_that_raises_for_a_client_that_left_ends_the_stream():
    source = _Source(3)

    async def receive() -> AsgiMessage:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(_message: AsgiMessage) -> None:
        raise ConnectionResetError

    stream = await open_stream(source.parts())

    assert not await stream.send(receive, send)
    assert source.closed.is_set()
    assert source.made == 1


async def test_others_have_their_turn_between_the_parts_of_a_stream_that_never_waits():
    parts, turns = 50, 0

    async def body() -> AsyncIterator[bytes]:
        for _ in range(parts):
            yield _PART

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def send(_message: AsgiMessage) -> None:
        pass

    async def receive() -> AsgiMessage:
        await asyncio.Event().wait()
        raise AssertionError

    stream = await open_stream(body())
    task = asyncio.create_task(other())
    try:
        assert await stream.send(receive, send)
    finally:
        task.cancel()

    assert turns >= parts
