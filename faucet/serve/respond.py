"""ASGI to `answer` and back, with the log line of each request."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import lru_cache, partial
from typing import Final

from faucet.errors import (
    GENERATION_ENDED,
    REQUEST_TIMEOUT,
    SCHEMA_CHANGED,
    TOO_MANY_BODIES,
    FaucetError,
)
from faucet.events import Answered, Publish
from faucet.model.headers import Headers
from faucet.model.request import BodyState, HttpRequest, Reply
from faucet.model.routes import RouteName
from faucet.request.client import client_address
from faucet.request.context import Trace
from faucet.request.cors import sharing
from faucet.request.generation import Generation
from faucet.request.intake import BodyRequiredError
from faucet.request.pipeline import failure
from faucet.serve.exchange import EXCHANGE, Ending, Exchange
from faucet.serve.running import AsgiReceive, AsgiScope, AsgiSend
from faucet.serve.stream import Stream, open_stream

Answer = Callable[[Generation, HttpRequest, Trace], Awaitable[Reply]]
Respond = Callable[[RouteName | None, AsgiScope, AsgiReceive, AsgiSend], Awaitable[None]]

_BODILESS: Final = frozenset({204, 304})
_KINDS: Final = {
    Ending.RETIRED: GENERATION_ENDED,
    Ending.TIMED_OUT: REQUEST_TIMEOUT,
    Ending.GIVEN_UP: TOO_MANY_BODIES,
}
_CLIENT_GONE: Final = 499
"""What the log has as the status of a request whose client disconnected, as in nginx."""


def responder(generation: Generation, answer: Answer, publish: Publish) -> Respond:
    """Return the responder for every HTTP request of *generation*, given its matched route."""

    share = sharing(generation.surface.server.cors, generation.surface.auth.api_key_header)

    async def respond(
        matched: RouteName | None, scope: AsgiScope, receive: AsgiReceive, send: AsgiSend
    ) -> None:
        exchange: Exchange = scope[EXCHANGE]
        request = http_request(scope, exchange.body, matched)
        trace = exchange.open(request)
        try:
            reply = await answer(generation, request, trace)
            stream = None if isinstance(reply.body, bytes) else await open_stream(reply.body)
        except BodyRequiredError as required:
            exchange.wanted = required.limit
            exchange.unanswered = partial(_log_unanswered, publish, generation, request, trace)
            return
        except asyncio.CancelledError:
            reply, stream = _end(generation, trace, exchange.accept_end()), None
        except Exception as bug:  # noqa: BLE001 - the only place that catches bugs: logged, and a 500
            reply, stream = failure(generation, trace, bug), None
        if trace.error == SCHEMA_CHANGED.type and not exchange.outdated:
            exchange.outdated = True
            exchange.unanswered = partial(_log_unanswered, publish, generation, request, trace)
            return
        try:
            await _start(share(request, reply), send)
            await _send_body(reply, stream, trace, receive, send)
        except asyncio.CancelledError:
            trace.reason = exchange.accept_end().value
        except Exception as error:  # noqa: BLE001 - the status is already sent: the connection is closed instead
            failure(generation, trace, error)
        publish(answered(generation, request, reply.status, trace))

    return respond


def _log_unanswered(
    publish: Publish, generation: Generation, request: HttpRequest, trace: Trace, why: Ending
) -> None:
    publish(answered(generation, request, _end(generation, trace, why).status, trace))


def _end(generation: Generation, trace: Trace, why: Ending) -> Reply:
    """Return the reply of a request that ended early; nobody receives that of a disconnect."""
    if why is Ending.DISCONNECTED:
        trace.reason = why.value
        return Reply(status=_CLIENT_GONE, headers=(), body=b"")
    return failure(generation, trace, FaucetError(_KINDS[why]).because(why.value))


async def _send_body(
    reply: Reply, stream: Stream | None, trace: Trace, receive: AsgiReceive, send: AsgiSend
) -> None:
    if stream is None:
        await send({"type": "http.response.body", "body": reply.body})
    elif not await stream.send(receive, send):
        trace.reason = Ending.DISCONNECTED.value


def answered(generation: Generation, request: HttpRequest, status: int, trace: Trace) -> Answered:
    """Return the log event of a request that was answered with *status*."""
    return Answered(
        method=request.method,
        path=request.path,
        status=status,
        took_ms=(time.perf_counter() - trace.began) * 1000,
        client=client_address(request, generation.authentication.trusted),
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
    scope: AsgiScope, body: bytes | BodyState, matched: RouteName | None = None
) -> HttpRequest:
    """Return the request of an HTTP *scope* with its *body*, still encoded."""
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
        body=body,
        matched=matched,
    )


_UNIQUE: Final = frozenset({"X-Request-ID", "Location"})
"""Headers of one reply alone, which are not worth keeping."""


@lru_cache(maxsize=512)
def _encode_header(header: tuple[str, str]) -> tuple[bytes, bytes]:
    # Nearly all headers are the same in every reply of a generation.
    name, value = header
    return name.lower().encode("latin-1"), value.encode("latin-1")


def _encoded(header: tuple[str, str]) -> tuple[bytes, bytes]:
    return (_encode_header.__wrapped__ if header[0] in _UNIQUE else _encode_header)(header)


async def send_reply(reply: Reply, send: AsgiSend) -> None:
    """Send a *reply* whose body is bytes."""
    await _start(reply, send)
    await send({"type": "http.response.body", "body": reply.body})


async def _start(reply: Reply, send: AsgiSend) -> None:
    headers = list(map(_encoded, reply.headers))
    sized = any(name == b"content-length" for name, _ in headers)
    if isinstance(reply.body, bytes) and not sized and reply.status not in _BODILESS:
        headers.append((b"content-length", str(len(reply.body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
