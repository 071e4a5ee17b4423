"""How the process uses memory: what it returns to the system, and what is not collected."""

import asyncio
import ctypes
import gc
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from faucet.workers import Workers

_PERIOD: Final = 15.0
_GROWTH: Final = 4 * 2**20
_ARENA_MAX: Final = -8  # M_ARENA_MAX of malloc.h
_HEAPS: Final = 2
_STATM: Final = Path("/proc/self/statm")

_NAMES: Final = (
    *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
    *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
)


def share_heaps() -> None:
    """
    Let all threads allocate in two heaps of glibc; called before there are others.

    By default there are eight for each processor, and the end of each but the first, which may be
    some megabytes, is never returned.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, _HEAPS)


async def return_memory() -> None:
    """
    Return freed memory to the system every few seconds, where it is much.

    What large responses took stays in the heaps of glibc's threads, hundreds of megabytes after
    many (`tests/bench/memory.py`). Returning blocks as they are freed would make each response a
    quarter slower. Ends at once where there is nothing to call.
    """
    heap = find_heap()
    if heap is None:
        return
    workers, returning = Workers("memory", 1), Returning(heap.trim, heap.idle_bytes)
    while True:
        await asyncio.sleep(_PERIOD)
        # While connections use all descriptors, the file cannot be opened.
        with suppress(OSError):
            await workers.run(returning.check)


class Returning:
    """Calls *trim* once *idle* is 4 MiB above what it was after the last call, or lower."""

    def __init__(self, trim: Callable[[], object], idle: Callable[[], int]) -> None:
        self._trim = trim
        self._idle = idle
        self._least = idle()

    def check(self) -> None:
        """Look at the memory once."""
        now = self._idle()
        if now - self._least > _GROWTH:
            self._trim()
            self._least = self._idle()
        else:
            self._least = min(self._least, now)


class Heap:
    """What glibc knows of the memory of the process; *library* is glibc, since 2.33."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._trim = library.malloc_trim
        self._trim.argtypes = (ctypes.c_size_t,)
        self._inform = library.mallinfo2
        self._inform.restype = _Information

    def trim(self) -> None:
        """Return what is free to the system."""
        self._trim(0)

    def idle_bytes(self) -> int:
        """Return how much of what is resident glibc has not given to anyone."""
        known = self._inform()
        return resident_bytes() - int(known.uordblks) - int(known.hblkhd)


class _Information(ctypes.Structure):
    """The struct mallinfo2 of malloc.h."""

    _fields_ = [(name, ctypes.c_size_t) for name in _NAMES]


def find_heap() -> Heap | None:
    """Return the heap of the process, or None where it is not that of glibc on Linux."""
    try:
        resident_bytes()
        return Heap(ctypes.CDLL(None))
    except (OSError, AttributeError):
        return None


def resident_bytes() -> int:
    """Return how much memory of this process is resident, on Linux."""
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def freeze_loaded() -> None:
    """
    Exclude what is loaded by now from garbage collections.

    It takes them 50 ms and more, in which no request is answered (`tests/bench/healthz.py`). The
    first generation is part of it: what of it only the collector could free stays in memory.
    """
    gc.collect()
    gc.freeze()
