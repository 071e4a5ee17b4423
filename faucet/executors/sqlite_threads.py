"""SQLite on worker threads: one writer, and readers beside it."""

import asyncio
import math
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import quote

import msgspec

from faucet.errors import (
    DATABASE_UNAVAILABLE,
    POOL_EXHAUSTED,
    READ_ONLY,
    ErrorKind,
    ExecutionError,
)
from faucet.executors.script import Finished, Walk
from faucet.extension.executor import (
    Batch,
    BatchError,
    Call,
    Fetched,
    Savepoint,
    Script,
    Settle,
    Step,
)
from faucet.model.settings import ServiceSettings

T = TypeVar("T")

Classify = Callable[[BaseException], ErrorKind]
Prepare = Callable[[sqlite3.Connection], None]

# One operation may search a long text for long: few of them must pass between looks at the clock.
_OPERATIONS_BETWEEN_LOOKS: Final = 200
_CACHED_STATEMENTS: Final = 256
_FOREIGN_ERRORS: Final = (sqlite3.Error, OverflowError, UnicodeError, OSError)
_SAVEPOINT: Final = {
    Savepoint.BEGIN: ("SAVEPOINT faucet",),
    Savepoint.RELEASE: ("RELEASE SAVEPOINT faucet",),
    Savepoint.UNDO: ("ROLLBACK TO SAVEPOINT faucet", "RELEASE SAVEPOINT faucet"),
}
_PING: Final = Call(sql="SELECT count(*) FROM sqlite_schema", parameters=())

_text = partial(str, encoding="utf-8", errors="replace")


class _Options(msgspec.Struct, frozen=True, kw_only=True):
    """How a session is opened. *writes* is that of the session, *read_only* that of the service."""

    path: str
    read_only: bool
    writes: bool
    patience: float
    classify: Classify
    prepare: Prepare


class ThreadExecutor:
    """
    The executor of a SQLite file; see `Executor`.

    Writers take turns and wait for each other no longer than the acquire timeout; readers are as
    many as the pool is large. A call whose caller went away runs to its end on its thread, and its
    result is dropped. A deferred foreign key is looked at when the transaction commits, not by
    `Settle`: SQLite has no way to look earlier. *prepare* gets every connection when it opens.
    """

    def __init__(self, service: ServiceSettings, *, classify: Classify, prepare: Prepare) -> None:
        self._read_only = service.read_only
        self._patience = service.pool.acquire_timeout
        options = _Options(
            path=service.dsn.reveal(),
            read_only=service.read_only,
            writes=False,
            patience=self._patience,
            classify=classify,
            prepare=prepare,
        )
        writing = msgspec.structs.replace(options, writes=True)
        self._readers = _SlotPool(_SessionSlot(options) for _ in range(service.pool.size))
        self._writers = _SlotPool([_SessionSlot(writing)])
        self._threads = ThreadPoolExecutor(service.pool.size + 1, f"faucet-{service.name}")
        self._closed = False

    async def fetch(self, call: Call, time_limit: float) -> Fetched:
        """Run one reading statement by itself."""
        return await self._run(self._readers, lambda session: session.fetch(call, time_limit))

    async def transact(self, script: Script[T], time_limit: float, *, writes: bool) -> T:
        """Run *script* in one transaction; see `Executor`."""
        if writes and self._read_only:
            raise ExecutionError(READ_ONLY)
        slots = self._writers if writes else self._readers
        begin = "BEGIN IMMEDIATE" if writes else "BEGIN"
        return await self._run(slots, lambda session: session.transact(script, time_limit, begin))

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
        """Let running calls end, then close every connection."""
        if self._closed:
            return
        self._closed = True
        loop = asyncio.get_running_loop()
        for slots in (self._readers, self._writers):
            for _ in range(slots.size):
                slot = await slots.take(None)
                await loop.run_in_executor(self._threads, slot.close)
        self._threads.shutdown(wait=False)

    async def _run(self, slots: "_SlotPool", work: Callable[["_Session"], T]) -> T:
        if self._closed:
            raise ExecutionError(DATABASE_UNAVAILABLE)
        loop = asyncio.get_running_loop()
        slot = await slots.take(self._patience)

        def give_back(_: Future[T]) -> None:
            # Only a loop that ended without `close` is gone by now.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(slots.give_back, slot)

        job = self._threads.submit(slot.run, work)
        job.add_done_callback(give_back)
        return await asyncio.wrap_future(job)


class _SlotPool:
    """Slots that calls of one kind share; the one used last is taken first, its cache is warm."""

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
    """A slot for one session, opened on use and reopened when the file was replaced."""

    def __init__(self, options: _Options) -> None:
        self._options = options
        self._session: _Session | None = None

    def run(self, work: Callable[["_Session"], T]) -> T:
        with _classified(self._options.classify):
            session = self._current()
        return work(session)

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _current(self) -> "_Session":
        status = Path(self._options.path).stat()
        identity = (status.st_dev, status.st_ino)
        if self._session is None or self._session.identity != identity or self._session.broken:
            self.close()
            self._session = _Session(self._options, identity)
        return self._session


class _Session:
    """One connection, used by one thread at a time."""

    def __init__(self, options: _Options, identity: tuple[int, int]) -> None:
        self.identity = identity
        self.broken = False
        self._classify = options.classify
        self._deadline = math.inf
        mode = "ro" if options.read_only else "rw"
        self._connection = sqlite3.connect(
            f"file:{quote(options.path)}?mode={mode}",
            uri=True,
            timeout=options.patience,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=_CACHED_STATEMENTS,
        )
        # A file may hold text that is no UTF-8; one such cell must not take its whole page along.
        self._connection.text_factory = _text
        try:
            self._set_up(options)
        except BaseException:
            self.close()
            raise

    def fetch(self, call: Call, time_limit: float) -> Fetched:
        self._deadline = time.monotonic() + time_limit
        with _classified(self._classify):
            cursor = self._connection.execute(call.sql, call.parameters)
            rows = cursor.fetchall()
        return Fetched(rows=rows, affected=max(cursor.rowcount, 0))

    def transact(self, script: Script[T], time_limit: float, begin: str) -> T:
        walk = Walk(script)
        self._command(begin)
        try:
            step = walk.start()
            while not isinstance(step, Finished):
                outcome = self._attempt(step, time_limit)
                # Some failures (a time limit in a write, a full disk) roll back by themselves.
                step = walk.advance(outcome, ended=not self._connection.in_transaction)
            self._command("COMMIT")
            return step.result
        finally:
            walk.close()
            self._roll_back()

    def close(self) -> None:
        self._connection.close()

    def _attempt(self, step: Step, time_limit: float) -> Fetched | ExecutionError:
        try:
            match step:
                case Call():
                    return self.fetch(step, time_limit)
                case Batch():
                    return self._batch(step, time_limit)
                case Savepoint():
                    for command in _SAVEPOINT[step]:
                        self._command(command)
                case Settle():
                    pass
            return Fetched(rows=())
        except ExecutionError as error:
            return error

    def _batch(self, batch: Batch, time_limit: float) -> Fetched:
        done: list[Fetched] = []
        for call in batch.calls:
            try:
                done.append(self.fetch(call, time_limit))
            except ExecutionError as error:
                raise BatchError(error.kind, tuple(done)) from error.__cause__
        return Fetched(rows=(), each=tuple(done))

    def _command(self, sql: str) -> None:
        self._deadline = math.inf
        with _classified(self._classify):
            self._connection.execute(sql)

    def _roll_back(self) -> None:
        """End what is still open; a session that cannot is not used again."""
        if self._connection.in_transaction:
            try:
                self._command("ROLLBACK")
            except ExecutionError:
                self.broken = True

    def _set_up(self, options: _Options) -> None:
        options.prepare(self._connection)
        self._command("PRAGMA foreign_keys = ON")
        self._command("PRAGMA case_sensitive_like = ON")
        self._command("PRAGMA trusted_schema = OFF")
        if not options.read_only:
            self._write_ahead(options.patience)
        if not options.writes:
            self._command("PRAGMA query_only = ON")
        self._connection.set_progress_handler(self._is_late, _OPERATIONS_BETWEEN_LOOKS)

    def _write_ahead(self, patience: float) -> None:
        """Let readers and the writer pass each other, unless file system or another user refuse."""
        self._command("PRAGMA busy_timeout = 0")  # the first session changes it, or none does
        with suppress(ExecutionError):
            self._command("PRAGMA journal_mode = WAL")
        self._command(f"PRAGMA busy_timeout = {round(patience * 1000)}")

    def _is_late(self) -> bool:
        return time.monotonic() > self._deadline


@contextmanager
def _classified(classify: Classify) -> Iterator[None]:
    try:
        yield
    except _FOREIGN_ERRORS as error:
        raise ExecutionError(classify(error)) from error
