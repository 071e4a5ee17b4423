"""Plays a case on a socket, and judges what came back."""

import asyncio
import re
import socket
import struct
import time
from collections.abc import Sequence
from typing import Final

import msgspec

from tests.fuzz.messages import Case, End, Reads
from tests.fuzz.reference import count_heads

SENTINEL: Final = b"GET /healthz HTTP/1.1\r\nHost: sentinel\r\nConnection: close\r\n\r\n"
"""Sent last, so that a connection that is still in order ends."""

_IDLE_SECONDS: Final = 5.0
_PATIENCE_SECONDS: Final = 0.8
"""Less than the time limits of the server's manifest."""
_UNREAD_SECONDS: Final = 0.3
_STATUS_LINE: Final = re.compile(rb"HTTP/1\.1 ([0-9]{3}) [A-Za-z -]+\r\n")
_CONTINUE: Final = 100
_REFUSALS: Final = frozenset({400, 408})
_EXPECTED: Final = frozenset(
    {200, 201, 204, 304, 307, 400, 401, 403, 404, 405, 408, 409, 413, 414, 415, 421, 503}
)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """
    What came back, and whether the connection ended in order: not by a reset, not idle, and before
    the server could lose patience with a client that the machine did not let run.
    """

    received: bytes
    ended: bool

    @property
    def statuses(self) -> list[int]:
        """The statuses of the final responses."""
        found = [int(status) for status in _STATUS_LINE.findall(self.received)]
        return [status for status in found if status != _CONTINUE]


async def play(port: int, case: Case, pieces: Sequence[bytes]) -> Outcome:
    """Send *pieces* as *case* says, then `SENTINEL`, and return what came back."""
    loop, began = asyncio.get_running_loop(), time.monotonic()
    with socket.socket() as client:
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if case.reads is not Reads.ALL:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await loop.sock_connect(client, ("127.0.0.1", port))
        reading = asyncio.create_task(_read(client, case.reads))
        try:
            await asyncio.wait_for(_send(client, [*pieces, SENTINEL]), _IDLE_SECONDS)
            _finish(client, case.end)
        except (OSError, TimeoutError):
            pass
        received, ended = await reading
        in_time = time.monotonic() - began < _PATIENCE_SECONDS
        return Outcome(received=received, ended=ended and in_time)


async def _send(client: socket.socket, pieces: Sequence[bytes]) -> None:
    loop = asyncio.get_running_loop()
    for piece in pieces:
        await loop.sock_sendall(client, piece)
        # The server may read between the pieces.
        await asyncio.sleep(0)


def _finish(client: socket.socket, end: End) -> None:
    if end is End.HALF_CLOSE:
        client.shutdown(socket.SHUT_WR)
    elif end is End.RESET:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def _read(client: socket.socket, reads: Reads) -> tuple[bytes, bool]:
    """Return what comes back, and whether the server closed the connection in order."""
    loop, parts = asyncio.get_running_loop(), list[bytes]()
    if reads is Reads.NEVER:
        await asyncio.sleep(_UNREAD_SECONDS)
        return b"", False
    size = 65_536 if reads is Reads.ALL else 512
    try:
        while part := await asyncio.wait_for(loop.sock_recv(client, size), _IDLE_SECONDS):
            parts.append(part)
    except (OSError, TimeoutError):
        return b"".join(parts), False
    return b"".join(parts), True


def faults(case: Case, outcome: Outcome) -> list[str]:
    """Return what is wrong with *outcome* by itself."""
    statuses = outcome.statuses
    found = [f"status {status}" for status in statuses if status not in _EXPECTED]
    whole = outcome.ended and case.end is End.WAIT and not _REFUSALS & set(statuses[-1:])
    handled = len(_verdicts(outcome))
    if case.intact is None and handled > (heads := count_heads(case.data + SENTINEL)):
        found.append(f"{handled} requests were handled, of which another parser finds {heads}")
    expected = None if case.intact is None else case.intact + (not case.ends)
    if expected is not None and whole and len(statuses) != expected:
        found.append(f"{len(statuses)} responses to {expected} requests")
    return found


def disagree(one: Outcome, other: Outcome) -> bool:
    """
    Return whether two deliveries of the same bytes had different verdicts.

    A refusal is the last response, and may take the place of responses that were not sent yet; a
    connection that was reset may have lost some.
    """
    first, second = _verdicts(one), _verdicts(other)
    shared = min(len(first), len(second))
    return first[:shared] != second[:shared]


def _verdicts(outcome: Outcome) -> list[int]:
    statuses = outcome.statuses
    return statuses[:-1] if statuses and statuses[-1] in _REFUSALS else statuses
