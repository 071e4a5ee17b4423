"""Notices that the client disconnected while nothing is read from it."""

import select
from asyncio import AbstractEventLoop, TimerHandle
from collections.abc import Callable
from typing import Final

_CHECK_SECONDS: Final = 0.5
_GONE: Final = select.POLLRDHUP | select.POLLHUP | select.POLLERR


class PeerWatch:
    """
    Calls *gone* soon after the peer of *descriptor* closed or reset the connection, while it runs.

    An event loop that does not read notices neither; the kernel knows.
    """

    __slots__ = ("_descriptor", "_gone", "_handle", "_loop")

    def __init__(self, loop: AbstractEventLoop, descriptor: int, gone: Callable[[], None]) -> None:
        self._loop = loop
        self._descriptor = descriptor
        self._gone = gone
        self._handle: TimerHandle | None = None

    def start(self) -> None:
        """Start; nothing happens if it runs."""
        if self._handle is None:
            self._handle = self._loop.call_later(_CHECK_SECONDS, self._check)

    def stop(self) -> None:
        """Stop; it may be started again."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _check(self) -> None:
        self._handle = None
        if _has_left(self._descriptor):
            self._gone()
        else:
            self.start()


def _has_left(descriptor: int) -> bool:
    watch = select.poll()
    watch.register(descriptor, _GONE)
    return bool(watch.poll(0))
