"""Whole responses to requests that are refused before they are read."""

import os
from http import HTTPStatus

from faucet.errors import ErrorKind, FaucetError
from faucet.request.encode import ReplyContext, error_reply
from faucet.request.generation import Generation


def refusal(generation: Generation, kind: ErrorKind) -> bytes:
    """Return the response of *generation* with an error of *kind*, which ends its connection."""
    context = ReplyContext(request_id=os.urandom(16).hex(), constant=generation.reply_headers)
    reply = error_reply(context, FaucetError(kind))
    body = reply.body if isinstance(reply.body, bytes) else b""
    lines = [
        f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}",
        *(f"{name.lower()}: {value}" for name, value in reply.headers),
        f"content-length: {len(body)}",
        "connection: close",
    ]
    return "\r\n".join((*lines, "", "")).encode("latin-1") + body
