"""SQLite on worker threads: one writer, and concurrent readers."""

import asyncio
import stat
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from faucet.errors import DATABASE_UNAVAILABLE, POOL_EXHAUSTED, READ_ONLY, ExecutionError
from faucet.executors.sqlite_session import (
    Failure,
    Interrupt,
    Prepare,
    SessionOptions,
    SqliteSession,
    errors_of,
)
from faucet.extension.executor import Call, Fetched, RowStream, RunWork, Script
from faucet.model.settings import ServiceSettings

T = TypeVar("T")

_PING: Final = Call(sql="SELECT count(*) FROM sqlite_schema", parameters=())


class ThreadExecutor:
    """
    The executor of a SQLite file; see `Executor`.

    Writers take turns and wait no longer than the acquire timeout; there are as many readers as the
    pool size. A call that is cancelled is interrupted on its thread and rolled back. A deferred
    foreign key is checked when the transaction commits, not by `Settle`: SQLite cannot check it
    earlier. *prepare* gets every connection when it opens; *failure* gives
    a statement's error as callers get it.
    """

    def __init__(self, service: ServiceSettings, *, failure: Failure, prepare: Prepare) -> None:
        self._read_only = service.read_only
        self._patience = service.pool.acquire_timeout
        options = SessionOptions(
            path=service.dsn.reveal(),
            read_only=service.read_only,
            journal=service.journal,
            immutable=service.immutable,
            writes=False,
            patience=self._patience,
            failure=failure,
            prepare=prepare,
        )
        writing = msgspec.structs.replace(options, writes=True)
        self._readers = _SlotPool(_SessionSlot(options) for _ in range(service.pool.size))
        self._writers = _SlotPool([_SessionSlot(writing)])
        self._threads = ThreadPoolExecutor(service.pool.size + 1, f"faucet-{service.name}")
        self._closed = False

    async def fetch(self, call: Call, time_limit: float) -> Fetched:
        """Run one reading statement on its own."""
        return await self._run(self._readers, lambda session: session.fetch(call, time_limit))

    async def transact(
        self,
        script: Script[T],
        time_limit: float,
        *,
        writes: bool,
        run: RunWork | None = None,  # noqa: ARG002 - it runs on a thread anyway
    ) -> T:
        """Run *script* in one transaction; see `Executor`."""
        if writes and self._read_only:
            raise ExecutionError(READ_ONLY)
        slots = self._writers if writes else self._readers
        begin = "BEGIN IMMEDIATE" if writes else "BEGIN"
        return await self._run(slots, lambda session: session.transact(script, time_limit, begin))

    async def stream(self, call: Call, time_limit: float, size: int) -> RowStream:
        """
        Fetch the rows of *call* on a thread, a list at a time; see `Executor`.

        A file that is not in WAL mode accepts no write meanwhile.
        """
        slot, interrupt = await self._take(self._readers), Interrupt()
        opening = self._threads.submit(
            slot.run, lambda session: session.open(call, time_limit), interrupt
        )
        reading: Future[Any] = opening
        try:
            session, full = await asyncio.wrap_future(opening), True
            while full:
                reading = self._threads.submit(session.read_on, size, time_limit)
                rows = await asyncio.wrap_future(reading)
                full = len(rows) == size
                if rows:
                    yield rows
        finally:
            interrupt.requested = True
            ending = self._threads.submit(_end, opening, reading)
            self._give_back_after(ending, self._readers, slot)

    async def ping(self) -> bool:
        """Return whether the file can be read; one whose readers are all busy can."""
        try:
            async with asyncio.timeout(self._patience):
                await self.fetch(_PING, self._patience)
        except TimeoutError:
            return False
        except ExecutionError as error:
            return error.kind is POOL_EXHAUSTED
        return True

    async def close(self) -> None:
        """Wait for running calls, then close every connection."""
        if self._closed:
            return
        self._closed = True
        loop = asyncio.get_running_loop()
        for slots in (self._readers, self._writers):
            for _ in range(slots.size):
                slot = await slots.take(None)
                await loop.run_in_executor(self._threads, slot.close)
        self._threads.shutdown(wait=False)

    async def _run(self, slots: "_SlotPool", work: Callable[[SqliteSession], T]) -> T:
        slot = await self._take(slots)
        interrupt = Interrupt()
        job = self._threads.submit(slot.run, work, interrupt)
        self._give_back_after(job, slots, slot)
        try:
            return await asyncio.wrap_future(job)
        except asyncio.CancelledError:
            interrupt.requested = True
            raise

    async def _take(self, slots: "_SlotPool") -> "_SessionSlot":
        if self._closed:
            raise ExecutionError(DATABASE_UNAVAILABLE)
        return await slots.take(self._patience)

    def _give_back_after(self, job: Future[T], slots: "_SlotPool", slot: "_SessionSlot") -> None:
        loop = asyncio.get_running_loop()

        def give_back(_: Future[T]) -> None:
            # Only a loop that ended without `close` is gone by now.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(slots.give_back, slot)

        job.add_done_callback(give_back)


def _end(opening: Future[SqliteSession], reading: Future[Any]) -> None:
    # The consumer may have gone while the last list is still being fetched.
    wait((opening, reading))
    if not opening.cancelled() and opening.exception() is None:
        opening.result().end()


class _SlotPool:
    """
    Slots that calls of one kind share; the one used last is taken first, since its cache is warm.
    """

    def __init__(self, places: Iterable["_SessionSlot"]) -> None:
        self._idle = list(places)
        self.size = len(self._idle)
        self._free = asyncio.Semaphore(self.size)

    async def take(self, patience: float | None) -> "_SessionSlot":
        try:
            async with asyncio.timeout(patience):
                await self._free.acquire()
        except TimeoutError:
            raise ExecutionError(POOL_EXHAUSTED) from None
        return self._idle.pop()

    def give_back(self, slot: "_SessionSlot") -> None:
        self._idle.append(slot)
        self._free.release()


class _SessionSlot:
    """A slot for one session, opened on use and reopened if the file was replaced."""

    def __init__(self, options: SessionOptions) -> None:
        self._options = options
        self._session: SqliteSession | None = None

    def run(self, work: Callable[[SqliteSession], T], interrupt: Interrupt) -> T:
        with errors_of("OPEN", self._options.failure):
            session = self._current()
        session.interrupt = interrupt
        return work(session)

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _current(self) -> SqliteSession:
        status = Path(self._options.path).stat()
        if not stat.S_ISREG(status.st_mode):
            # SQLite would wait for a pipe that took the place of the file.
            raise ExecutionError(DATABASE_UNAVAILABLE)
        identity = (status.st_dev, status.st_ino)
        if self._session is None or not self._session.is_usable(identity):
            self.close()
            self._session = SqliteSession(self._options, identity)
        return self._session
