"""Bodies sent part by part, as fast as the client receives them, until it disconnects."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from faucet.serve.running import AsgiReceive, AsgiSend


async def open_stream(body: AsyncIterator[bytes]) -> "Stream":
    """
    Return *body* with its first part read.

    So an error before that is raised here, while it can still be sent as an error response.
    """
    stream = Stream(body)
    try:
        await stream.open()
    except BaseException:
        await stream.close()
        raise
    return stream


class Stream:
    """
    An iterator of bytes on its way to one client; `open` is called first. It is closed once sent.
    """

    def __init__(self, body: AsyncIterator[bytes]) -> None:
        self._body = body
        self._first = b""

    async def open(self) -> None:
        """Read the first part; an empty body is an empty part."""
        self._first = await anext(self._body, b"")

    async def close(self) -> None:
        """Let the iterator release its resources."""
        if isinstance(self._body, AsyncGenerator):
            await self._body.aclose()

    async def send(self, receive: AsgiReceive, send: AsgiSend) -> bool:
        """
        Send every part after the one before; return whether all were sent.

        False means that the client disconnected. An exception of the iterator is raised here; then
        the last message is missing, so that the server closes the connection.
        """
        sending = asyncio.create_task(self._send_parts(send))
        leaving = asyncio.create_task(_disconnect(receive))
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            finished = sending.done()
            await _cancel(sending, leaving)
            await self.close()
        return finished and await sending

    async def _send_parts(self, send: AsgiSend) -> bool:
        arrived = await _send_part(send, self._first, more=True)
        while arrived and (part := await anext(self._body, None)) is not None:
            arrived = await _send_part(send, part, more=True)
        return arrived and await _send_part(send, b"", more=False)


async def _send_part(send: AsgiSend, part: bytes, *, more: bool) -> bool:
    """Send *part*; return whether the client is still there, as far as the server reports it."""
    try:
        await send({"type": "http.response.body", "body": part, "more_body": more})
        # A server that has room for the part does not wait, and a body may not either.
        await asyncio.sleep(0)
    except OSError:
        # ASGI servers may report a disconnected client like this; Uvicorn only drops what is sent.
        return False
    return True


async def _disconnect(receive: AsgiReceive) -> None:
    """Wait until the client disconnects; anything it still sends is dropped."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _cancel(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
