"""A connection that has ended is freed at once, not by a garbage collection much later."""

import asyncio
import gc
from collections.abc import Iterator

import pytest

from tests.unit.serve.serving import plain, serving, until

pytestmark = pytest.mark.anyio

_OURS = ("faucet.serve", "uvicorn", "httptools")


@pytest.fixture
def collected() -> Iterator[list[object]]:
    """What garbage collections find, none of which come by themselves."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield gc.garbage
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HTTP/1.1\r\nX: a",
        b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc",
        b"bad\r\n\r\n",
    ],
)
async def test_nothing_of_an_ended_connection_waits_for_a_collection(
    sent: bytes, collected: list[object]
):
    async def answer(_generation, _request):
        return plain(b"a")

    async with serving(answer) as server:
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(sent)
        writer.close()
        # Connections are accepted in their order.
        await server.send("GET /x HTTP/1.1")
        await until(lambda: not server.server.server_state.connections)
        await until(lambda: not server.server.server_state.tasks)
        gc.collect()

    ours = [each for each in collected if type(each).__module__.startswith(_OURS)]
    assert ours == []
