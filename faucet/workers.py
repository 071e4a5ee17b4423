"""A bounded number of threads for one kind of work that would block the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


class Workers:
    """
    At most *most* threads, named *name*; work beyond that waits in a queue of its own.

    Each kind of work has its own, so that none waits for another: a reload never waits for what
    callers keep busy. The event loop's own threads are used by no one. Belongs to one event loop.
    """

    def __init__(self, name: str, most: int) -> None:
        self._threads = ThreadPoolExecutor(most, f"faucet-{name}")
        self._share = max(1, most // 2)
        self._turns: dict[str, _Turns] = {}
        self._jobs: set[Future[Any]] = set()

    @property
    def busy(self) -> bool:
        """Whether a thread still works, although its result may be given up."""
        return bool(self._jobs)

    async def run(self, work: Callable[[], T], owner: str | None = None) -> T:
        """
        Return the result of *work* on one of the threads, or raise what it raises.

        Work of one *owner* keeps at most half of the threads busy, and waits for its turn.
        """
        if owner is None:
            return await asyncio.wrap_future(self._submit(work))
        turns = self._turns.setdefault(owner, _Turns(self._share))
        turns.users += 1
        try:
            await turns.free.acquire()
        except BaseException:
            self._leave(owner, turns)
            raise
        job = self._submit(work)
        self._release_after(job, owner, turns)
        return await asyncio.wrap_future(job)

    def _submit(self, work: Callable[[], T]) -> "Future[T]":
        job = self._threads.submit(work)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)
        return job

    def _release_after(self, job: Future[Any], owner: str, turns: "_Turns") -> None:
        """Release a turn when its thread is free, however early its request was given up."""
        loop = asyncio.get_running_loop()

        def release() -> None:
            turns.free.release()
            self._leave(owner, turns)

        def finish(_: Future[Any]) -> None:
            # Only a loop that has ended is gone by now.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(release)

        job.add_done_callback(finish)

    def _leave(self, owner: str, turns: "_Turns") -> None:
        turns.users -= 1
        if not turns.users:
            del self._turns[owner]


class _Turns:
    """The turns of one owner, and how much of its work runs or waits."""

    def __init__(self, count: int) -> None:
        self.free = asyncio.Semaphore(count)
        self.users = 0
