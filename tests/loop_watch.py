"""
Finds what of Faucet keeps an event loop busy without a break.

A thread looks at the loop's thread every few milliseconds while a callback runs. What counts is the
time of the processor that the loop's own thread used, so that a busy machine changes nothing, while
Faucet's code was on its stack, without garbage collections.
"""

import asyncio
import faulthandler
import gc
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import faucet

_PERIOD = 0.005
# What a server runs on its loop. The others are called by tests in places of their own.
_PARTS = tuple(
    str(Path(faucet.__path__[0]) / part) for part in ("request", "serve", "executors", "auth")
)
_IMPORT = "<frozen importlib"


class _Stacks:
    """
    Takes the stack of a thread, latest call first, in one go.

    The frames of a thread that runs on change while others read them one by one, up to a crash.
    """

    def __init__(self, thread: int) -> None:
        self._start = f"hread 0x{thread:016x} (most recent call first):\n"
        self._file = os.memfd_create("stacks")

    def take(self) -> str:
        """Return its lines, none if it has ended."""
        os.ftruncate(self._file, 0)
        os.lseek(self._file, 0, os.SEEK_SET)
        faulthandler.dump_traceback(self._file)
        text = os.pread(self._file, os.fstat(self._file).st_size, 0).decode()
        return text.partition(self._start)[2].partition("\n\n")[0]

    def close(self) -> None:
        """Free its file."""
        os.close(self._file)


class Stretch:
    """The longest stretch so far, in seconds of the processor, and where its end was seen."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.stack = ""


class _Watch:
    """Watches the callbacks that run on one thread."""

    def __init__(self) -> None:
        self.longest = Stretch()
        self.turn = 0
        self.running = False
        self.collected = 0.0
        self._thread = threading.get_ident()
        self._clock = time.pthread_getcpuclockid(self._thread)
        # When the collection in progress began, or None.
        self._collection: float | None = None
        self._stacks = _Stacks(self._thread)
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._look, daemon=True)

    def now(self) -> float:
        """Return the time that the watched thread used, without collections."""
        began = self._collection
        return (time.clock_gettime(self._clock) if began is None else began) - self.collected

    def collect(self, phase: str, _details: object) -> None:
        """Leave out what a collection takes."""
        if threading.get_ident() == self._thread:
            now = time.clock_gettime(self._clock)
            if phase == "start":
                self._collection = now
            elif self._collection is not None:
                self.collected += now - self._collection
                self._collection = None

    def begin(self) -> None:
        self._watcher.start()

    def end(self) -> None:
        self._ended.set()
        self._watcher.join()
        self._stacks.close()

    def _look(self) -> None:
        # The turn that Faucet kept busy when it was last looked at, or 0.
        turn, spent, before = 0, 0.0, self.now()
        while not self._ended.wait(_PERIOD):
            now, stack = self.now(), self._stacks.take() if self.running else ""
            busy = self.turn if _is_ours(stack) else 0
            spent = spent + now - before if busy and busy == turn else 0.0
            turn, before = busy, now
            if spent > self.longest.seconds:
                self.longest.seconds = spent
                self.longest.stack = stack


def _is_ours(stack: str) -> bool:
    """Return whether Faucet's code is on *stack*, except to import a module: only tests do."""
    files = [line.strip().removeprefix('File "') for line in stack.splitlines()]
    if any(file.startswith(_IMPORT) for file in files):
        return False
    return any(file.startswith(_PARTS) for file in files)


@contextmanager
def watched_loops() -> Iterator[Stretch]:
    """Watch the loops that run on this thread during the block; gives the longest stretch."""
    watch, run = _Watch(), asyncio.Handle._run

    def observed(handle: asyncio.Handle) -> None:
        watch.turn += 1
        watch.running = True
        try:
            run(handle)
        finally:
            watch.running = False

    asyncio.Handle._run = observed  # type: ignore[assignment,method-assign]  # what loops call
    gc.callbacks.append(watch.collect)
    watch.begin()
    try:
        yield watch.longest
    finally:
        watch.end()
        gc.callbacks.remove(watch.collect)
        asyncio.Handle._run = run  # type: ignore[method-assign]
