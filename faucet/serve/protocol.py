"""Uvicorn's protocol, strict about what a request is, and with limits on all its parts."""

from collections.abc import Callable
from typing import Any, Final

import httptools

from faucet.errors import INVALID_REQUEST, REQUEST_TIMEOUT
from faucet.serve.connection import Connection
from faucet.serve.exchange import time_out
from faucet.serve.framing import check_head

HEAD_LIMIT: Final = 64 * 1024
MOST_HEADERS: Final = 200
TRAILER_LIMIT: Final = 8 * 1024
_SEPARATORS: Final = 4  # ": " and CR LF of each header
# Bytes of a chunked body that are not its content: a client that sends it byte by byte needs five
# for each.
_FRAMING_LIMIT: Final = 64 * 1024
_FRAMING_OF_BYTE: Final = 8
_OF_BODY: Final = frozenset({b"content-length", b"transfer-encoding"})
_MOST_PIPELINED: Final = 16


class RefusedError(httptools.HttpParserError):
    """The request exceeds a limit of its head, framing, trailers or pipeline."""


class BoundedProtocol(Connection):
    """
    Refuses a request with 400 `invalid_request` and closes, unless `check_head` accepts its head
    and it is within the limits; httptools 0.9 collects a header or a chunk extension of any length.

    Nothing that follows a refused request is read. One without a body that offers another protocol
    is served as HTTP/1.1, as the last of its connection. Trailers are dropped; one that the parser
    takes for the end of the connection, as it then skips what follows, makes its request the last.

    A head must be complete within `head_timeout`, and a body within `body_timeout` and the time
    that it takes at `min_rate`; otherwise the response is a 408, and the connection is closed.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._started = False
        self._ended = False
        self._begun = False
        self._in_head = True
        self._turned = False
        self._unfinished = 0
        self._head = 0
        self._content = 0
        self._framing = 0
        self._trailers = 0

    def data_received(self, data: bytes) -> None:
        """Feed the parser; whatever exceeds a limit or cannot be parsed is refused."""
        if self._ended or self._refused:
            return
        self._unset_keepalive_if_required()
        self._turned, content = False, self._content
        try:
            self.parser.feed_data(data)
            self._count(len(data), content)
        except httptools.HttpParserUpgrade:
            self._ended = True
        except httptools.HttpParserError:
            self._refuse(lambda: self._send_refusal(INVALID_REQUEST))
        else:
            if self._begun or not self._turned:
                self._deadline.start(paused=self.flow.read_paused)

    def _count(self, size: int, content: int) -> None:
        """
        Count *size* bytes that were read when *content* bytes of the body had been, or raise.

        A part that completes a head or a body is not counted: what it contained of each is unknown.
        """
        if self._turned:
            return
        if self._in_head:
            self._unfinished += size
            if self._unfinished > HEAD_LIMIT:
                raise RefusedError("head")
            return
        added = self._content - content
        self._framing += size - added
        # Without content in between, it may be an endless trailer or extension.
        self._unfinished = 0 if added else self._unfinished + size
        allowed = _FRAMING_LIMIT + _FRAMING_OF_BYTE * self._content
        if self._unfinished > 2 * TRAILER_LIMIT or self._framing > allowed:
            raise RefusedError("framing")

    def _refuse(self, answer: Callable[[], None]) -> None:
        """*answer* and close; responses to earlier requests of the connection are sent before."""
        self._ended = True
        self._deadline.stop()
        if self._in_head and self._started and not self.cycle.response_complete:
            self.cycle.keep_alive = False
        elif not self._in_head and (self.pipeline or self.cycle.response_started):
            self.transport.close()
        else:
            answer()

    def _end_after_response(self) -> None:
        self._ended = True
        self.cycle.keep_alive = False
        if self.cycle.response_complete:
            self.transport.close()

    def _allowed(self) -> float:
        limits = self.config.limits()
        if self._in_head:
            return limits.head_timeout
        return limits.body_timeout + self._content / limits.min_rate

    def _expire(self) -> None:
        if self._in_head and not self._begun and not self._unfinished:
            self.transport.close()
        else:
            self._refuse(self._time_out)

    def _time_out(self) -> None:
        if not self._in_head:
            time_out(self.cycle.scope)
        self._send_refusal(REQUEST_TIMEOUT)

    def on_message_begin(self) -> None:
        """Start counting."""
        super().on_message_begin()
        self._begun = True
        self._head = 0

    def on_url(self, url: bytes) -> None:
        """Count a part of the request line."""
        self._head += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header, or drop a trailer."""
        size = len(name) + len(value) + _SEPARATORS
        if self._in_head:
            self._head += size
            # Each costs more time than its bytes: thousands of them are more than their share.
            if len(self.headers) >= MOST_HEADERS:
                raise RefusedError("headers")
            super().on_header(name, value)
            return
        self._trailers += size
        if self._trailers > TRAILER_LIMIT:
            raise RefusedError("trailers")

    def on_headers_complete(self) -> None:
        """Start the request, if its head has one meaning and is not too large."""
        if self._head > HEAD_LIMIT or len(self.pipeline) >= _MOST_PIPELINED:
            raise RefusedError("head")
        check_head(self.parser.get_http_version(), self.url, self.headers)
        upgrade = self.parser.should_upgrade()
        # The parser does not read the body of such a request.
        if upgrade and any(name in _OF_BODY for name, _ in self.headers):
            raise RefusedError("upgrade")
        self._begin_request()
        self._started = True
        if upgrade:
            self.cycle.keep_alive = False
        self._in_head, self._turned = False, True
        self._deadline.stop()
        self._unfinished = self._content = self._framing = self._trailers = 0

    def _begin_request(self) -> None:
        """Let the server begin the request, without decoding a path that we decode ourselves."""
        target = self.url
        if b"%" not in target:
            super().on_headers_complete()
            return
        # Decoding takes milliseconds for a long path, and nothing reads the result.
        parsed, self.url = httptools.parse_url(target), b"/"
        super().on_headers_complete()
        self.url = target
        path = parsed.path or b"/"
        self.scope |= {
            "path": path.decode("latin-1"),
            "raw_path": path,
            "query_string": parsed.query or b"",
        }

    def on_body(self, body: bytes) -> None:
        """Pass on a part of the body."""
        self._content += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The next bytes belong to another head, unless the parser would read no other."""
        super().on_message_complete()
        if not self.parser.should_keep_alive():
            self._end_after_response()
        self._in_head = self._turned = True
        self._begun = False
        self._deadline.stop()
        self._unfinished = 0
