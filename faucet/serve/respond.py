"""ASGI to `answer` and back, with the log line of each request."""

import time
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Final

from faucet.errors import BODY_TOO_LARGE, RequestError
from faucet.events import Answered, Publish
from faucet.model.headers import Headers
from faucet.model.request import HttpRequest, Reply
from faucet.model.routes import RouteName
from faucet.request.context import Trace, open_trace
from faucet.request.generation import Generation
from faucet.request.pipeline import failure
from faucet.serve.running import AsgiReceive, AsgiScope, AsgiSend
from faucet.serve.stream import Stream, open_stream

Answer = Callable[[Generation, HttpRequest, Trace], Awaitable[Reply]]
Respond = Callable[[RouteName | None, AsgiScope, AsgiReceive, AsgiSend], Awaitable[None]]

_BODILESS: Final = frozenset({204, 304})


class ClientGoneError(Exception):
    """The client disconnected before the whole body was received; there is no one to answer."""


def responder(generation: Generation, answer: Answer, publish: Publish) -> Respond:
    """Return the responder for every HTTP request of *generation*, given its matched route."""

    async def respond(
        matched: RouteName | None, scope: AsgiScope, receive: AsgiReceive, send: AsgiSend
    ) -> None:
        request = http_request(scope, receive, matched)
        trace = open_trace(request)
        try:
            reply = await answer(generation, request, trace)
            stream = None if isinstance(reply.body, bytes) else await open_stream(reply.body)
        except ClientGoneError:
            return
        except Exception as bug:  # noqa: BLE001 - the only place that catches bugs: logged, and a 500
            reply, stream = failure(generation, trace, bug), None
        await _start(reply, send)
        if stream is None:
            await send({"type": "http.response.body", "body": reply.body})
        else:
            await _send_stream(stream, generation, trace, receive, send)
        publish(_log_event(generation, request, reply, trace))

    return respond


async def _send_stream(
    stream: Stream, generation: Generation, trace: Trace, receive: AsgiReceive, send: AsgiSend
) -> None:
    try:
        if not await stream.send(receive, send):
            trace.reason = "the client disconnected"
    except Exception as error:  # noqa: BLE001 - the status is already sent: the connection is closed instead
        failure(generation, trace, error)


def _log_event(
    generation: Generation, request: HttpRequest, reply: Reply, trace: Trace
) -> Answered:
    return Answered(
        method=request.method,
        path=request.path,
        status=reply.status,
        took_ms=(time.perf_counter() - trace.began) * 1000,
        principal=trace.principal,
        request_id=trace.request_id,
        generation=generation.number,
        route=trace.route,
        service=trace.service,
        table=trace.table,
        action=trace.action,
        role=trace.role,
        rows=trace.rows,
        error=trace.error,
        reason=trace.reason,
    )


def http_request(
    scope: AsgiScope, receive: AsgiReceive, matched: RouteName | None = None
) -> HttpRequest:
    """Return the request of an HTTP *scope*, still encoded; its body is read on demand."""
    headers = Headers(
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
        matched=matched,
    )


class _Body:
    """
    Reads a body once, up to the limit.

    The server discards what is left unread after a response, so that the connection can be used for
    the next request.
    """

    def __init__(self, headers: Headers, receive: AsgiReceive) -> None:
        self._headers = headers
        self._receive = receive

    async def read(self, limit: int) -> bytes:
        declared = self._headers.get("content-length") or "0"
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


_UNIQUE: Final = frozenset({"X-Request-ID", "Location"})
"""Headers of one reply alone, which are not worth keeping."""


@lru_cache(maxsize=512)
def _encode_header(header: tuple[str, str]) -> tuple[bytes, bytes]:
    # Nearly all headers are the same in every reply of a generation.
    name, value = header
    return name.lower().encode("latin-1"), value.encode("latin-1")


def _encoded(header: tuple[str, str]) -> tuple[bytes, bytes]:
    return (_encode_header.__wrapped__ if header[0] in _UNIQUE else _encode_header)(header)


async def _start(reply: Reply, send: AsgiSend) -> None:
    headers = list(map(_encoded, reply.headers))
    sized = any(name == b"content-length" for name, _ in headers)
    if isinstance(reply.body, bytes) and not sized and reply.status not in _BODILESS:
        headers.append((b"content-length", str(len(reply.body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
