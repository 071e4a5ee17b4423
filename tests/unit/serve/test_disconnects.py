"""What happens to requests whose client disconnects."""

import asyncio
import logging

import pytest

from faucet.events import Answered
from faucet.request.intake import received_body
from tests.unit.serve.serving import plain, serving, until

pytestmark = pytest.mark.anyio

_GET = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"


async def test_requests_that_wait_behind_another_end_with_it_and_nothing_is_logged(
    caplog: pytest.LogCaptureFixture,
):
    entered, go = asyncio.Event(), asyncio.Event()
    handled = 0

    async def answer(_generation, _request):
        nonlocal handled
        handled += 1
        entered.set()
        await go.wait()
        return plain(b"<late>")

    with caplog.at_level(logging.WARNING):
        async with serving(answer) as server:
            _reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(_GET * 3)
            await entered.wait()
            writer.transport.abort()
            await server.connections(0)
            go.set()

    assert handled == 1
    assert caplog.messages == []


@pytest.mark.fault("attacks.unread")
async def test_a_read_whose_client_disconnects_ends_and_a_write_does_not():
    entered, ended = asyncio.Event(), asyncio.Event()
    finish = asyncio.Event()

    async def answer(_generation, request):
        entered.set()
        try:
            await finish.wait()
        finally:
            ended.set()
        return plain(b"<done>")

    async with serving(answer) as server:
        for method in (b"GET", b"DELETE"):
            entered.clear()
            ended.clear()
            _reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(method + _GET[3:])
            await entered.wait()
            writer.transport.abort()
            await server.connections(0)
            if method == b"GET":
                async with asyncio.timeout(20):
                    await ended.wait()
            else:
                assert not ended.is_set()
                finish.set()
        await until(lambda: len(server.published) == 2)

    answered = [event for event in server.published if isinstance(event, Answered)]
    lines = [(line.method, line.status, line.reason) for line in answered]
    assert lines == [("GET", 499, "the client disconnected"), ("DELETE", 200, None)]


@pytest.mark.parametrize(
    ("ends", "status", "reason"),
    [
        ("leaves", 499, "the client disconnected"),
        ("waits", 408, "the body was not received in time"),
    ],
)
async def test_a_request_whose_body_does_not_arrive_is_logged_once(
    ends: str, status: int, reason: str
):
    async def answer(_generation, request):
        return plain(received_body(request, 100))

    limits = {"body_timeout": 3600.0 if ends == "leaves" else 0.05, "min_rate": 1000}
    async with serving(answer, limits=limits) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n")
        if ends == "leaves":
            (connection,) = await server.connections(1)
            await until(lambda: connection._deadline.running and not connection._in_head)
            writer.transport.abort()
        else:
            assert b"408" in await reader.readline()
        await until(lambda: len(server.published) == 1)
        writer.close()

    (line,) = server.published
    assert isinstance(line, Answered)
    assert (line.method, line.path, line.status, line.reason) == ("POST", "/x", status, reason)
