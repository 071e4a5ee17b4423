"""Uvicorn's protocol with limits on connections, and on the time in which a client reads."""

import asyncio
from collections.abc import Callable
from typing import Any, Final, cast

import uvicorn
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from faucet.errors import TOO_MANY_CONNECTIONS, ErrorKind
from faucet.model.settings import ServerSettings
from faucet.serve.deadline import Deadline, LeastRate
from faucet.serve.exchange import disconnect
from faucet.serve.held_bytes import HeldBytes
from faucet.serve.peer import PeerWatch

_MOST_UNREAD: Final = 8
"""How many of the largest responses may be written but not read, over all connections."""
_FEW_UNREAD: Final = 32 * 2**20
"""How many bytes of responses may be kept for clients that have stopped reading."""


class ServerConfig(uvicorn.Config):
    """
    Uvicorn's configuration, with what may change while the server runs.

    *limits* returns the settings in service, *most_connections* how many connections may be open,
    and *refuse* the whole response for a request that is refused before it is read. *full* is
    called for each connection above the limit.
    """

    def __init__(
        self,
        *arguments: Any,
        limits: Callable[[], ServerSettings],
        most_connections: Callable[[], int],
        refuse: Callable[[ErrorKind], bytes],
        full: Callable[[], None],
        **options: Any,
    ) -> None:
        super().__init__(*arguments, **options)
        self.limits = limits
        self.most_connections = most_connections
        self.refuse = refuse
        self.full = full
        self.idle: dict[Connection, None] = {}
        self.unread = HeldBytes(lambda: _MOST_UNREAD * limits().max_response, lambda: _FEW_UNREAD)


class Connection(HttpToolsProtocol):
    """
    Aborts a connection whose client does not read. One above the limit takes the place of the one
    that is idle longest, or is refused with a 503 if none is idle.

    What is left to send must decrease by `min_rate`, measured over each `body_timeout`, while
    sending is paused or the connection is about to close. A deadline runs for the part of a request
    that is being received, except while this process does not read.
    """

    config: ServerConfig
    transport: asyncio.Transport

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._refused = False
        self._running: RequestResponseCycle | None = None
        self._written: WatchedTransport = None  # type: ignore[assignment]  # likewise
        self._peer: PeerWatch = None  # type: ignore[assignment]  # until there is a transport
        self._deadline = Deadline(self.loop, self._allowed, self._expire)
        self._sending: LeastRate = None  # type: ignore[assignment]  # until there is a transport

    def _allowed(self) -> float:
        """Return how many seconds the part of a request that is being received may take."""
        raise NotImplementedError

    def _expire(self) -> None:
        """End the connection, whose request took too long."""
        raise NotImplementedError

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in Uvicorn
        """Begin to wait for a request, or refuse the connection."""
        self._sending = LeastRate(
            self.loop,
            left=transport.get_write_buffer_size,
            window=lambda: self.config.limits().body_timeout,
            expected=lambda: self.config.limits().body_timeout * self.config.limits().min_rate,
            expire=transport.abort,
        )
        self._written = WatchedTransport(transport, self._sending.start)
        watched = cast("asyncio.Transport", self._written)
        super().connection_made(watched)
        descriptor = transport.get_extra_info("socket").fileno()
        self._peer = PeerWatch(self.loop, descriptor, transport.abort)
        self.flow = _Flow(watched, self._deadline, self._peer)
        if len(self.connections) > self.config.most_connections() and not self._take_idle_place():
            self._refused = True
            self.config.full()
            self._send_refusal(TOO_MANY_CONNECTIONS)
        else:
            self._deadline.start()

    def _take_idle_place(self) -> bool:
        """Close the connection that is idle longest; return whether there is one."""
        longest = next(iter(self.config.idle), None)
        if longest is None:
            return False
        longest._unset_keepalive_if_required()  # noqa: SLF001 - of another connection like this
        longest.timeout_keep_alive_handler()
        return True

    def on_response_complete(self) -> None:
        """Begin to wait for the next request, if it has not arrived yet."""
        super().on_response_complete()
        if self.timeout_keep_alive_task is not None:
            self.config.idle[self] = None

    def _unset_keepalive_if_required(self) -> None:
        """Stop waiting for the next request."""
        self.config.idle.pop(self, None)
        super()._unset_keepalive_if_required()

    def _send_refusal(self, kind: ErrorKind) -> None:
        self.transport.write(self.config.refuse(kind))
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop what waits for the client."""
        self._unset_keepalive_if_required()
        self._deadline.stop()
        self._peer.stop()
        self.config.unread.remove(self)
        super().connection_lost(exc)
        self._sending.stop()
        # Uvicorn knows only the latest request, which may still wait for its turn.
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()
            disconnect(self._running.scope)
        # The parser, the timers and the flow refer to this: without a cut, all of it would stay in
        # memory until a full garbage collection, which is rare.
        vars(self).clear()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def eof_received(self) -> None:
        """Let the connection close, once everything is sent: a client that has ended has left."""
        self._sending.start()

    def pause_writing(self) -> None:
        """Watch how fast the client reads."""
        super().pause_writing()
        self._sending.start()
        # What is partly sent is kept as a whole until all of it is.
        left = self.transport.get_write_buffer_size
        kept = max(self._written.latest_size, left())
        self.config.unread.add(self, kept, self.transport.abort, left)

    def resume_writing(self) -> None:
        """Stop watching, except for a connection that closes when the rest is sent."""
        super().resume_writing()
        self.config.unread.remove(self)
        if not self.transport.is_closing():
            self._sending.stop()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection; one whose client has not read the response is aborted."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            super().timeout_keep_alive_handler()


class WatchedTransport:
    """
    A transport that calls *closing* after `close`, whoever closes it.

    *latest_size* is the size of what was written last.
    """

    __slots__ = (
        "_close",
        "_closing",
        "_write",
        "abort",
        "get_extra_info",
        "get_write_buffer_size",
        "is_closing",
        "latest_size",
        "pause_reading",
        "resume_reading",
    )

    def __init__(self, transport: asyncio.Transport, closing: Callable[[], None]) -> None:
        self._close = transport.close
        self._closing = closing
        self.abort = transport.abort
        self.get_extra_info = transport.get_extra_info
        self.get_write_buffer_size = transport.get_write_buffer_size
        self.is_closing = transport.is_closing
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading
        self._write = transport.write
        self.latest_size = 0

    def write(self, data: bytes) -> None:
        """Send *data* as soon as possible."""
        self.latest_size = len(data)
        self._write(data)

    def close(self) -> None:
        """Close the transport once everything is sent."""
        self._close()
        self._closing()


class _Flow(FlowControl):
    """While this process does not read from a connection, its deadline rests, and *peer* runs."""

    def __init__(self, transport: asyncio.Transport, deadline: Deadline, peer: PeerWatch) -> None:
        super().__init__(transport)
        self._deadline = deadline
        self._peer = peer

    def pause_reading(self) -> None:
        super().pause_reading()
        self._deadline.pause()
        self._peer.start()

    def resume_reading(self) -> None:
        super().resume_reading()
        self._deadline.resume()
        self._peer.stop()
