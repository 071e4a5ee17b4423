"""What a client may not do: wait with a request, leave a response unread, open too much."""

import asyncio
import json
import socket

import pytest

from faucet.events import ConnectionsFull
from faucet.request.intake import received_body
from tests.unit.serve.serving import Serving, plain, running, serving, until

pytestmark = pytest.mark.anyio

_GET = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"
_POST = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"
_CHUNKED = b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
_NEVER = {"head_timeout": 3600.0, "body_timeout": 3600.0}


async def _read_all(_generation, request):
    body = received_body(request, 2**20)
    return plain(f"<{len(body)}>".encode())


async def _received(server: Serving, *parts: bytes) -> bytes:
    """Return all that comes back for *parts*, each sent by itself, on a connection left open."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        async with asyncio.timeout(20):
            return await reader.read()
    finally:
        writer.close()


def _error(received: bytes) -> tuple[int, str]:
    head, _, body = received.partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head.lower()
    assert b"connection: close" in head
    error = json.loads(body)["error"]
    assert (error["message"], len(error["request_id"])) != ("", 0)
    return error["code"], error["type"]


@pytest.mark.fault("attacks.idle")
@pytest.mark.parametrize(
    "part",
    [b"G", b"GET /x HTTP/1.1\r\nHos", _GET[:-1], b"\r\n", b"POST /x HTTP/1.1\r\nX: " + b"a" * 9000],
)
async def test_a_head_that_is_not_completed_in_time_gets_408_and_the_connection_is_closed(
    part: bytes,
):
    async with serving(_read_all, limits=_NEVER | {"head_timeout": 0.05}) as server:
        received = await _received(server, part)

    assert _error(received) == (408, "request_timeout")


async def test_a_connection_on_which_nothing_is_sent_is_closed_without_a_response():
    async with serving(_read_all, limits=_NEVER | {"head_timeout": 0.05}) as server:
        assert await _received(server) == b""


async def test_the_next_head_has_its_own_time_and_the_response_before_it_is_complete():
    async with serving(_read_all, limits=_NEVER | {"head_timeout": 0.05}) as server:
        received = await _received(server, _GET + _GET[:10])

    first, _, rest = received.partition(b"<0>")
    assert first.startswith(b"HTTP/1.1 200 ")
    assert _error(rest) == (408, "request_timeout")


async def test_a_head_that_is_not_completed_while_a_response_is_made_ends_the_connection_after_it():
    expired = asyncio.Event()

    async def answer(_generation, _request):
        await expired.wait()
        return plain(b"<done>")

    async with serving(answer, limits=_NEVER | {"head_timeout": 0.05}) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(_GET + _GET[:10])
        (connection,) = await server.connections(1)
        await until(lambda: connection._ended)
        expired.set()
        received = await reader.read()
        writer.close()

    assert received.startswith(b"HTTP/1.1 200 ")
    assert received.endswith(b"<done>")


@pytest.mark.fault("attacks.slow_bodies")
@pytest.mark.parametrize(
    "part", [_POST, _POST + b"a" * 999, _CHUNKED, _CHUNKED + b"3\r\nabc\r\n0\r\nX: "]
)
async def test_a_body_that_is_not_completed_in_time_gets_408(part: bytes):
    limits = _NEVER | {"body_timeout": 0.05, "min_rate": 2**20}
    async with serving(_read_all, limits=limits) as server:
        received = await _received(server, part)

    assert _error(received) == (408, "request_timeout")


@pytest.mark.fault("attacks.slow_bodies")
async def test_a_body_has_more_time_the_more_of_it_arrived():
    body = b"a" * 1000
    async with serving(_read_all, limits={"body_timeout": 0.001, "min_rate": 1}) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(_POST + body[:900])
        (connection,) = await server.connections(1)
        await until(lambda: connection._allowed() > 900)
        writer.write(body[900:])
        received = await reader.readuntil(b"<1000>")
        writer.close()

    assert received.startswith(b"HTTP/1.1 200 ")


async def test_a_body_whose_response_was_sent_before_it_ended_is_not_awaited_either():
    async def answer(_generation, _request):
        return plain(b"<early>", 401)

    async with serving(answer, limits=_NEVER | {"body_timeout": 0.05, "min_rate": 1}) as server:
        received = await _received(server, _POST)

    assert received.startswith(b"HTTP/1.1 401 ")
    assert received.endswith(b"<early>")


async def test_the_time_in_which_this_process_does_not_read_does_not_count():
    entered, go = asyncio.Event(), asyncio.Event()

    async def answer(_generation, request):
        entered.set()
        await go.wait()
        return await _read_all(_generation, request)

    head = b"POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 500000\r\n\r\n"
    async with serving(answer, limits=_NEVER) as server:
        sending = asyncio.create_task(server.raw(head + b"a" * 500_000))
        await entered.wait()
        (connection,) = await server.connections(1)
        await until(lambda: connection.flow.read_paused)
        paused = connection._deadline._paused is not None
        go.set()
        received = await sending

    assert paused
    assert received.endswith(b"<500000>")


def _unread_socket(port: int) -> socket.socket:
    """Return a connection whose kernel keeps little of what is sent to it."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.connect(("127.0.0.1", port))
    made.setblocking(False)
    return made


@pytest.mark.fault("attacks.unread")
@pytest.mark.parametrize("more", [b"", b"Connection: close\r\n"], ids=["kept", "closing"])
async def test_a_client_that_does_not_read_is_disconnected(more: bytes):
    async def answer(_generation, _request):
        return plain(b"a" * 50_000_000)

    async with serving(answer, limits=_NEVER | {"body_timeout": 0.05, "min_rate": 1}) as server:
        with _unread_socket(server.port) as client:
            client.send(b"GET /x HTTP/1.1\r\nHost: a\r\n" + more + b"\r\n")
            await server.connections(1)
            await server.connections(0)


async def test_a_client_that_reads_fast_enough_gets_everything():
    async def answer(_generation, _request):
        return plain(b"a" * 20_000_000)

    async with serving(answer, limits=_NEVER | {"body_timeout": 1.0, "min_rate": 1000}) as server:
        received = await server.send("GET /x HTTP/1.1")

    assert len(received) > 20_000_000


@pytest.mark.fault("attacks.idle")
async def test_connections_above_the_limit_get_503_and_the_others_are_served():
    async with serving(_read_all, limits=_NEVER, most_connections=2) as server:
        kept = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(2)]
        await server.connections(2)
        received = await _received(server)
        assert await _received(server) != b""
        reader, writer = kept[0]
        writer.write(_GET)
        answered = await reader.readuntil(b"<0>")
        for _, each in kept:
            each.close()
        await server.connections(0)
        again = await server.send("GET /x HTTP/1.1")

    assert server.published[0] == ConnectionsFull(limit=2)
    assert server.published.count(server.published[0]) == 1
    assert _error(received) == (503, "too_many_connections")
    assert answered.startswith(b"HTTP/1.1 200 ")
    assert again.startswith(b"HTTP/1.1 200 ")


async def test_limits_of_a_new_generation_apply_to_open_connections():
    async with serving(_read_all, limits=_NEVER) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(_GET)
        await reader.readuntil(b"<0>")
        server.switch.turn(running(_read_all, [], limits={"head_timeout": 0.05}))
        writer.write(_GET[:5])
        async with asyncio.timeout(20):
            received = await reader.read()
        writer.close()

    assert _error(received) == (408, "request_timeout")


async def test_a_new_connection_takes_the_place_of_the_one_that_is_idle_longest():
    async with serving(_read_all, limits=_NEVER, most_connections=2) as server:
        kept = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(2)]
        for number in (0, 1, 0):
            reader, writer = kept[number]
            writer.write(_GET)
            await reader.readuntil(b"<0>")
        answered = await server.send("GET /x HTTP/1.1")
        left = await kept[1][0].read()
        await server.connections(1)
        reader, writer = kept[0]
        writer.write(_GET)
        again = await reader.readuntil(b"<0>")
        for _, each in kept:
            each.close()

    assert answered.startswith(b"HTTP/1.1 200 ")
    assert left == b""
    assert again.startswith(b"HTTP/1.1 200 ")
    assert ConnectionsFull(limit=2) not in server.published
