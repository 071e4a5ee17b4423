"""How many requests another parser finds in the same bytes."""

import re
from functools import lru_cache
from typing import Final

import h11

_MOST_BYTES: Final = 2**20
_BLANKS: Final = re.compile(rb" +")


@lru_cache(maxsize=64)  # each case is judged more than once
def count_heads(data: bytes) -> int:
    """Return how many complete heads h11 accepts in *data*, before it refuses the rest or waits."""
    heads, rest = 0, data
    while rest:
        found, rest = _one(_lenient(rest))
        heads += found
    return heads


def _lenient(data: bytes) -> bytes:
    """Return *data* without what this server's parser ignores before and within a request line."""
    line, end, rest = data.lstrip(b"\r\n").partition(b"\r\n")
    return _BLANKS.sub(b" ", line) + end + rest


def _one(data: bytes) -> tuple[int, bytes]:
    """Return whether *data* begins with an accepted head, and what follows its whole request."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=_MOST_BYTES)
    connection.receive_data(data)
    heads = 0
    try:
        while (event := connection.next_event()) is not h11.PAUSED:
            heads += isinstance(event, h11.Request)
            if event is h11.NEED_DATA or isinstance(event, h11.ConnectionClosed):
                return heads, b""
        connection.send(h11.Response(status_code=200, headers=[("Content-Length", "0")]))
        connection.send(h11.EndOfMessage())
    except (h11.RemoteProtocolError, h11.LocalProtocolError):
        return heads, b""
    closes = connection.our_state is h11.MUST_CLOSE
    return heads, b"" if closes else connection.trailing_data[0]
