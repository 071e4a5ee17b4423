"""Bytes that wait for clients: bounded, at the cost of the client that has stood still longest."""

import time
from collections.abc import Callable, Hashable
from typing import Final

import msgspec

_PATIENCE: Final = 0.25
"""How many seconds a client may read nothing while there is little room."""


class _Held(msgspec.Struct):
    size: int
    release: Callable[[], None]
    left: Callable[[], int]
    seen: int
    moved: float


class HeldBytes:
    """
    Bytes that are kept for many clients, each of which may be slow for a while.

    Beyond *most* bytes in all, those of the client that has stood still longest are released:
    together they would fill the memory. Beyond *few*, they are if it has for a quarter of a second.
    """

    def __init__(
        self,
        most: Callable[[], int],
        few: Callable[[], int] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._few = few or most
        self._clock = clock
        # Those that were seen to move last are at the end.
        self._held: dict[Hashable, _Held] = {}
        self._size = 0

    def add(
        self,
        holder: Hashable,
        size: int,
        release: Callable[[], None],
        left: Callable[[], int] = lambda: 0,
    ) -> None:
        """
        Count *size* bytes for *holder*, now the newest, until `remove`; *release* ends that.

        *left* returns how many of them its client has not taken yet.
        """
        self.remove(holder)
        self._held[holder] = _Held(size, release, left, left(), self._clock())
        self._size += size
        while self._size > self._few() and len(self._held) > 1:
            if not self._make_room():
                break

    def _make_room(self) -> bool:
        """Release the oldest, or find that it has moved; return False if it still has time."""
        holder, held = next(iter(self._held.items()))
        left, now = held.left(), self._clock()
        if left < held.seen:
            held.seen, held.moved = left, now
            self._held[holder] = self._held.pop(holder)
        elif self._size > self._most() or now >= held.moved + _PATIENCE:
            self.remove(holder)
            held.release()
        else:
            return False
        return True

    def remove(self, holder: Hashable) -> None:
        """Forget *holder*, if it was added."""
        held = self._held.pop(holder, None)
        if held is not None:
            self._size -= held.size
