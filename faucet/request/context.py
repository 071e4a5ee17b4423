"""The context of one request, and its trace, from which the access log is written."""

import os
import time
from typing import Final

import msgspec

from faucet.errors import FaucetError
from faucet.model.request import HttpRequest, Principal
from faucet.model.routes import RouteName
from faucet.request.encode import ReplyContext
from faucet.request.generation import Generation
from faucet.request.route import RouteMatch

_ID_LIMIT: Final = 128


class Trace(msgspec.Struct, kw_only=True):
    """
    The record of one request.

    It contains no credential and no query, and no value but in what the database's own functions
    raise. *began* is in seconds of `time.perf_counter`,
    *action* the action that needs a grant, *rows* how many were returned or written, *error* the
    error's type. *reason* is for the log only: why a credential was rejected, or what a database
    refused, which no response may contain.
    """

    request_id: str
    began: float
    route: RouteName | None = None
    service: str | None = None
    table: str | None = None
    action: str | None = None
    role: str | None = None
    principal: str | None = None
    rows: int | None = None
    error: str | None = None
    reason: str | None = None

    def authenticated(self, principal: Principal) -> None:
        """Record the principal."""
        self.role, self.principal = principal.role, principal.name

    def failed(self, error: FaucetError) -> None:
        """Record the error of the request."""
        self.error, self.reason = error.kind.type, error.reason


def open_trace(request: HttpRequest) -> Trace:
    """Return the trace of a request that begins now; its id is the caller's if that is valid."""
    sent = request.headers.get("x-request-id") or ""
    kept = 0 < len(sent) <= _ID_LIMIT and sent.isascii() and sent.isprintable()
    return Trace(request_id=sent if kept else os.urandom(16).hex(), began=time.perf_counter())


class RequestContext(msgspec.Struct, frozen=True, kw_only=True):
    """The input of a handler: a request with a route, its generation, and its trace to fill."""

    generation: Generation
    request: HttpRequest
    match: RouteMatch
    trace: Trace

    @property
    def reply(self) -> ReplyContext:
        """The constant parts of every reply to the request."""
        return reply_context(self.generation, self.trace)


def reply_context(generation: Generation, trace: Trace) -> ReplyContext:
    """Return the constant parts of every reply to the request of *trace*."""
    return ReplyContext(request_id=trace.request_id, constant=generation.reply_headers)
