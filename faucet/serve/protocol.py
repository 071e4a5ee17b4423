"""Uvicorn's protocol with a limit on the head of a request."""

from typing import Any, Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_LIMIT: Final = 64 * 1024
_SEPARATORS: Final = 4  # ": " and CR LF of each header


class HeadTooLargeError(httptools.HttpParserError):
    """The request line and headers exceed `HEAD_LIMIT`; the parser's owner answers 400."""


class BoundedProtocol(HttpToolsProtocol):
    """
    Rejects a head over `HEAD_LIMIT` with Uvicorn's plain 400, and closes. httptools 0.9 has no
    limit: it collects a header of any length.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._in_head = True
        self._unfinished = 0
        self._head = 0

    def data_received(self, data: bytes) -> None:
        """Feed the parser; an unfinished head is rejected by the bytes received for it."""
        if self._in_head:
            self._unfinished += len(data)
        super().data_received(data)
        if self._in_head and self._unfinished > HEAD_LIMIT and not self.transport.is_closing():
            self.send_400_response("Invalid HTTP request received.")

    def on_message_begin(self) -> None:
        """Start counting."""
        super().on_message_begin()
        self._in_head = True
        self._head = 0

    def on_url(self, url: bytes) -> None:
        """Count a part of the request line."""
        self._head += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header."""
        self._head += len(name) + len(value) + _SEPARATORS
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Start the request, unless its head is too large."""
        if self._head > HEAD_LIMIT:
            raise HeadTooLargeError("head too large")
        self._in_head = False
        self._unfinished = 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The next bytes belong to another head."""
        super().on_message_complete()
        self._in_head = True
        self._unfinished = 0
