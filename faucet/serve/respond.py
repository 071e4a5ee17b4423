"""From ASGI to `answer` and back, with the log line of each request."""

import time
from collections.abc import Awaitable, Callable
from typing import Final

from faucet.errors import BODY_TOO_LARGE, RequestError
from faucet.events import Answered, Publish
from faucet.model.request import HttpRequest, Reply
from faucet.request.generation import Generation
from faucet.request.pipeline import crashed
from faucet.serve.running import AsgiReceive, AsgiScope, AsgiSend

Answer = Callable[[Generation, HttpRequest], Awaitable[Reply]]
Respond = Callable[[AsgiScope, AsgiReceive, AsgiSend], Awaitable[None]]

_BODILESS: Final = frozenset({204, 304})


class ClientGoneError(Exception):
    """The caller hung up before the whole body was there; nobody waits for an answer."""


def responder(generation: Generation, answer: Answer, publish: Publish) -> Respond:
    """Return what answers every HTTP request of *generation*, whatever its route."""

    async def respond(scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> None:
        began = time.perf_counter()
        request = http_request(scope, receive)
        try:
            reply = await answer(generation, request)
        except ClientGoneError:
            return
        except Exception as bug:  # noqa: BLE001 - the one place where bugs end: logged, and a 500
            request_id, reply = crashed(generation, request)
            generation.process.report(request_id, bug)
        await _send(reply, send)
        publish(_answered(generation, request, reply, time.perf_counter() - began))

    return respond


def _answered(
    generation: Generation, request: HttpRequest, reply: Reply, seconds: float
) -> Answered:
    request_id = next(
        (value for name, value in reply.headers if name.lower() == "x-request-id"), ""
    )
    return Answered(
        method=request.method,
        path=request.path,
        status=reply.status,
        took_ms=seconds * 1000,
        principal=reply.principal,
        request_id=request_id,
        generation=generation.number,
    )


def http_request(scope: AsgiScope, receive: AsgiReceive) -> HttpRequest:
    """Return the request of an HTTP *scope*, still encoded; its body is read on demand."""
    headers = tuple(
        (name.decode("latin-1").lower(), value.decode("latin-1"))
        for name, value in scope["headers"]
    )
    client = scope.get("client")
    return HttpRequest(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        peer=client[0] if client else "",
        read_body=_Body(headers, receive).read,
    )


class _Body:
    """
    Reads a body once, and no more of it than may be kept.

    What is left unread after an answer is thrown away by the server as it comes, so that the
    connection can carry the next request.
    """

    def __init__(self, headers: tuple[tuple[str, str], ...], receive: AsgiReceive) -> None:
        self._headers = headers
        self._receive = receive

    async def read(self, limit: int) -> bytes:
        declared = next((value for name, value in self._headers if name == "content-length"), "0")
        if declared.isdecimal() and int(declared[:19]) > limit:
            raise _too_large(limit)

        chunks: list[bytes] = []
        size, more = 0, True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > limit:
                raise _too_large(limit)
            chunks.append(chunk)
            more = message.get("more_body", False)
        return b"".join(chunks)


def _too_large(limit: int) -> RequestError:
    return RequestError(BODY_TOO_LARGE, f"the body is larger than {limit} bytes", limit=limit)


async def _send(reply: Reply, send: AsgiSend) -> None:
    headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers
    ]
    sized = any(name == b"content-length" for name, _ in headers)
    if not sized and reply.status not in _BODILESS:
        headers.append((b"content-length", str(len(reply.body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
