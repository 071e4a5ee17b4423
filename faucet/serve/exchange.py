"""One request on the server: its body, what ends it early, and what its phases have in common."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from typing import Any, Final

from faucet.model.request import BodyState, HttpRequest
from faucet.request.context import Trace, open_trace

EXCHANGE: Final = "faucet.exchange"
"""The key of an `Exchange` in an ASGI scope."""


class Ending(Enum):
    """Why a request ends before its response is complete."""

    DISCONNECTED = "the client disconnected"
    TIMED_OUT = "the body was not received in time"
    GIVEN_UP = "too many bodies were being received"
    RETIRED = "the configuration changed, and the request did not end in time"


_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def disconnect(scope: Mapping[str, Any]) -> None:
    """
    End the request of *scope*, whose client disconnected, if it only reads.

    A write is completed: its client cannot know how far it was.
    """
    exchange = scope.get(EXCHANGE)
    if exchange is not None and scope["method"] in _READS:
        exchange.end(Ending.DISCONNECTED)


def time_out(scope: Mapping[str, Any]) -> None:
    """Note that the request of *scope* was refused, since its body was not received in time."""
    exchange = scope.get(EXCHANGE)
    if exchange is not None:
        exchange.ending = exchange.ending or Ending.TIMED_OUT


class ClientGoneError(Exception):
    """The client disconnected before the whole body was received; there is no one to answer."""


class Exchange:
    """
    A request and its response, in the task that created this.

    *wanted* is set to the limit of a body that must be received; *body* is its content or state.
    *unanswered* is called with the reason if it is not received. *outdated* means that the request
    is decided once more, by the next generation.
    """

    def __init__(self) -> None:
        self.body: bytes | BodyState = BodyState.NOT_RECEIVED
        self.wanted: int | None = None
        self.outdated = False
        self.ending: Ending | None = None
        self.unanswered: Callable[[Ending], None] | None = None
        self._task = asyncio.current_task()
        self._first: Trace | None = None

    def open(self, request: HttpRequest) -> Trace:
        """Return an empty trace: of the first phase, or with the identity of the first."""
        if self._first is None:
            self._first = open_trace(request)
            return self._first
        return Trace(request_id=self._first.request_id, began=self._first.began)

    def abandon(self) -> None:
        """Report that the body was not received, and that there is no response."""
        if self.unanswered is not None:
            self.unanswered(self.ending or Ending.DISCONNECTED)

    def end(self, why: Ending) -> None:
        """Cancel the request, once; its task finds *why* in *ending*."""
        if self.ending is None and self._task is not None:
            self.ending = why
            self._task.cancel()

    def resume(self) -> None:
        """Go on after an end that was accepted."""
        self.ending = None

    def accept_end(self) -> Ending:
        """
        Return why the cancellation that is being handled came; from now, it is over.

        Raises it again if it is not that of `end`.
        """
        if self.ending is None or self._task is None:
            raise  # noqa: PLE0704
        self._task.uncancel()
        return self.ending


async def receive_body(
    receive: Callable[[], Awaitable[Any]], limit: int, held: Callable[[int], None]
) -> bytes | BodyState:
    """
    Return a body of at most *limit* bytes, or TOO_LARGE as soon as it exceeds them.

    *held* is called with the size of what is received so far. The server discards what is left
    unread after a response, so that the connection can be used for the next request. Raises
    `ClientGoneError`.
    """
    # Not a list of chunks: each of them may be one byte.
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        body += message.get("body", b"")
        if len(body) > limit:
            return BodyState.TOO_LARGE
        more = message.get("more_body", False)
        if more:
            held(len(body))
    return bytes(body)
