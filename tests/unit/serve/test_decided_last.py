"""A request is decided when its body is complete, and ends with its generation."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from faucet.events import Answered
from faucet.model.request import Reply
from faucet.request.intake import received_body
from faucet.serve.running import Running
from tests.unit.serve.serving import Answer, Serving, plain, running, serving

pytestmark = pytest.mark.anyio

_POST = b"POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\n"


async def _count(generation, request):
    body = received_body(request, 10)
    return plain(f"{generation.number}: {len(body)}".encode())


async def _turn(server: Serving, answer: Answer, number: int = 2) -> Running:
    """Put another generation in service; return the one before."""
    second = running(answer, server.published, number=number)
    await second.start()
    return server.switch.turn(second)


@asynccontextmanager
async def _half_sent(
    server: Serving, *lines: bytes
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Send the head of a request with a body, and wait until the server asks for its body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(_POST + b"\r\n".join((*lines, b"Content-Length: 4", b"", b"ab")))
    async with asyncio.timeout(20):
        await reader.readuntil(b"100 Continue\r\n\r\n")
        yield reader, writer
    writer.close()


@pytest.mark.fault("attacks.decided_late")
@pytest.mark.promise("sec-29")
async def test_a_request_is_decided_by_the_generation_in_service_when_its_body_is_complete():
    async with serving(_count) as server, _half_sent(server) as (reader, writer):
        before = await _turn(server, _count)
        # Nothing of the generation before is held while its caller delays the body.
        assert await before.retire(20)
        writer.write(b"cd")

        assert (await reader.read()).endswith(b"\r\n\r\n2: 4")


async def test_both_phases_of_a_request_have_one_id_and_one_log_line():
    ids = []

    async def answer(generation, request):
        ids.append(request.headers.get("x-request-id"))
        return await _count(generation, request)

    async with serving(answer) as server:
        async with _half_sent(server, b"X-Request-ID: id-1") as (reader, writer):
            writer.write(b"cd")
            await reader.read()
        lines = [each for each in server.published if isinstance(each, Answered)]

    assert ids == ["id-1", "id-1"]
    assert [(line.request_id, line.status) for line in lines] == [("id-1", 200)]


@pytest.mark.fault("attacks.decided_late")
async def test_a_limit_that_is_lowered_while_a_body_arrives_holds():
    async def strict(generation, request):
        received_body(request, 3)
        raise AssertionError

    async with serving(_count) as server, _half_sent(server) as (reader, writer):
        await _turn(server, strict)
        writer.write(b"cd")

        assert (await reader.read()).startswith(b"HTTP/1.1 413 ")


@pytest.mark.fault("attacks.decided_late")
async def test_a_request_that_outlives_its_generation_is_cancelled_and_answered():
    entered, cancelled = asyncio.Event(), asyncio.Event()

    async def endless(_generation, _request):
        entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async with serving(endless) as server:
        asked = asyncio.create_task(server.send("GET /x HTTP/1.1"))
        await entered.wait()
        before = await _turn(server, _count)

        assert not await before.retire(0.01)
        assert cancelled.is_set()
        received = await asked
        lines = [each for each in server.published if isinstance(each, Answered)]

    assert received.startswith(b"HTTP/1.1 503 ")
    assert b"generation_ended" in received
    assert b"retry-after: 1" in received
    assert [(line.status, line.error) for line in lines] == [(503, "generation_ended")]
    assert lines[0].reason == "the configuration changed, and the request did not end in time"


async def test_a_stream_that_outlives_its_generation_is_cut_off_visibly():
    begun, closed = asyncio.Event(), asyncio.Event()

    async def endless(_generation, _request) -> Reply:
        async def parts() -> AsyncIterator[bytes]:
            try:
                yield b"first"
                begun.set()
                await asyncio.Event().wait()
            finally:
                closed.set()

        return Reply(status=200, headers=(), body=parts())

    async with serving(endless) as server:
        asked = asyncio.create_task(server.send("GET /x HTTP/1.1"))
        await begun.wait()
        before = await _turn(server, _count)

        assert not await before.retire(0.01)
        assert closed.is_set()
        received = await asked

    assert b"first" in received
    assert not received.endswith(b"0\r\n\r\n")


async def test_a_client_that_leaves_within_its_body_is_not_answered():
    async with serving(_count) as server:
        async with _half_sent(server):
            pass
        assert await server.switch.drain.early.wait_until_empty(20)

        answered = [each.status for each in server.published if isinstance(each, Answered)]
        assert answered == [499]
