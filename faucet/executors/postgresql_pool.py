"""PostgreSQL through a pool of autocommit connections on the running event loop."""

import asyncio
import select
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple, TypeVar

import psycopg
from psycopg.pq import TransactionStatus

from faucet.errors import DATABASE_UNAVAILABLE, POOL_EXHAUSTED, ErrorKind, ExecutionError
from faucet.executors.postgresql_adapters import ADAPTERS
from faucet.executors.postgresql_pipeline import PipelineError, read_result, run_pipeline
from faucet.executors.script import Finished, Walk
from faucet.extension.executor import (
    Batch,
    BatchError,
    Call,
    Fetched,
    RowStream,
    Savepoint,
    Script,
    Settle,
    Step,
)
from faucet.model.settings import PoolSettings

T = TypeVar("T")

Classify = Callable[[BaseException], ErrorKind]
_Connection = psycopg.AsyncConnection[tuple[Any, ...]]

_FOREIGN_ERRORS: Final = (psycopg.Error, UnicodeError)
_DOWN_SECONDS: Final = 1.0
_PREPARED: Final = 256
_SNAPSHOT: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
# Not READ WRITE: the fixed settings of a read-only service apply.
_WRITE: Final = "BEGIN"
# Triggers may have changed session state, temporary objects or locks; they must not reach the next
# principal. In the same message this costs no round trip.
_CLEAN: Final = "RESET ALL; DISCARD TEMP; SELECT pg_catalog.pg_advisory_unlock_all()"
_COMMIT: Final = f"COMMIT; {_CLEAN}"
_ROLLBACK: Final = f"ROLLBACK; {_CLEAN}"
_SAVEPOINT: Final = {
    Savepoint.BEGIN: "SAVEPOINT faucet",
    Savepoint.RELEASE: "RELEASE SAVEPOINT faucet",
    Savepoint.UNDO: "ROLLBACK TO SAVEPOINT faucet; RELEASE SAVEPOINT faucet",
}
_DECLARE: Final = "DECLARE faucet NO SCROLL CURSOR FOR"
_OPEN: Final = (TransactionStatus.INTRANS, TransactionStatus.INERROR)
_SETTLE: Final = "SET CONSTRAINTS ALL IMMEDIATE"
# A prepared statement is outdated; the next connection prepares it again.
_STALE_PLAN: Final = frozenset({"0A000", "26000"})
_PING: Final = Call(sql="SELECT 1", parameters=())


class PoolExecutor:
    """
    The executor of a PostgreSQL service; see `Executor`.

    *connection_string* gives the pinned DSN, whose statement timeout is *statement_timeout*; calls
    with another limit cost a transaction. Connections are opened on demand, at most `pool.size`.
    While the server is down, one request per second tries to connect and the others fail at once.
    """

    def __init__(
        self,
        connection_string: Callable[[], str],
        pool: PoolSettings,
        *,
        statement_timeout: float,
        classify: Classify,
    ) -> None:
        self._connection_string = connection_string
        self._pool = pool
        self._statement_timeout = statement_timeout
        self._classify = classify
        self._free = asyncio.Semaphore(pool.size)
        self._idle: list[_Pooled] = []
        self._closed = False
        self._down_until: float | None = None
        self._probing = False

    async def fetch(self, call: Call, time_limit: float) -> Fetched:
        """Run one reading statement on its own."""
        if time_limit != self._statement_timeout:
            return await self.transact(_only(call), time_limit, writes=False)
        async with self._lend() as connection:
            return await self._execute(connection, call)

    async def transact(self, script: Script[T], time_limit: float, *, writes: bool) -> T:
        """Run *script* in one transaction; see `Executor`."""
        begin = self._begin(_WRITE if writes else _SNAPSHOT, time_limit)
        async with self._lend() as connection:
            await self._command(connection, begin)
            try:
                result = await self._walk(connection, Walk(script))
                await self._command(connection, _COMMIT if writes else "COMMIT")
            except Exception:
                # A cancelled call does not reach this: its connection is closed, which rolls back.
                await self._roll_back(connection)
                raise
            return result

    async def stream(self, call: Call, time_limit: float, size: int) -> RowStream:
        """Fetch the rows of *call* from a cursor of the server; see `Executor`."""
        declare = Call(sql=f"{_DECLARE} {call.sql}", parameters=call.parameters)
        fetch = Call(sql=f"FETCH FORWARD {size} FROM faucet", parameters=())
        async with self._lend() as connection:
            await self._command(connection, self._begin(_SNAPSHOT, time_limit))
            try:
                await self._execute(connection, declare)
                full = True
                while full and (rows := (await self._execute(connection, fetch)).rows):
                    full = len(rows) == size
                    yield rows
            finally:
                # Not after a cancellation, which closes the connection.
                if connection.pgconn.transaction_status in _OPEN:
                    await self._roll_back(connection)

    async def ping(self) -> bool:
        """Return whether the database answers within the acquire timeout, however busy the pool."""
        try:
            async with asyncio.timeout(self._pool.acquire_timeout):
                if self._free.locked() or self._down_until is not None:
                    pooled = await self._connect()
                    await pooled.connection.close()
                else:
                    await self.fetch(_PING, self._statement_timeout)
        except (TimeoutError, ExecutionError):
            return False
        return True

    async def close(self) -> None:
        """Wait for running calls, then close every connection."""
        if self._closed:
            return
        self._closed = True
        for _ in range(self._pool.size):
            await self._free.acquire()
        await self._drop_idle()

    def _begin(self, begin: str, time_limit: float) -> str:
        if time_limit == self._statement_timeout:
            return begin
        return f"{begin}; SET LOCAL statement_timeout = {max(1, round(time_limit * 1000))}"

    async def _walk(self, connection: _Connection, walk: Walk[T]) -> T:
        failure: ExecutionError | None = None
        try:
            step = walk.start()
            while not isinstance(step, Finished):
                outcome = await self._attempt(connection, step)
                failure = outcome if isinstance(outcome, ExecutionError) else failure
                step = walk.advance(outcome, ended=connection.closed)
            # COMMIT of a failed transaction would roll back silently.
            if failure and connection.pgconn.transaction_status == TransactionStatus.INERROR:
                raise failure
            return step.result
        finally:
            walk.close()

    async def _attempt(self, connection: _Connection, step: Step) -> Fetched | ExecutionError:
        try:
            match step:
                case Call():
                    return await self._execute(connection, step)
                case Batch():
                    return await self._execute_batch(connection, step)
                case Savepoint():
                    await self._command(connection, _SAVEPOINT[step])
                case Settle():
                    await self._command(connection, _SETTLE)
            return Fetched(rows=())
        except ExecutionError as error:
            return error

    async def _execute(self, connection: _Connection, call: Call) -> Fetched:
        try:
            # Parameters are passed even if there are none, so that %% is read as %.
            cursor = await connection.execute(call.sql.encode(), call.parameters)
            return await read_result(cursor)
        except _FOREIGN_ERRORS as error:
            raise ExecutionError(await self._kind(connection, error)) from error

    async def _execute_batch(self, connection: _Connection, batch: Batch) -> Fetched:
        try:
            return Fetched(rows=(), each=await run_pipeline(connection, batch.calls))
        except PipelineError as failed:
            kind = await self._kind(connection, failed.error)
            raise BatchError(kind, failed.done) from failed.error

    async def _kind(self, connection: _Connection, error: Exception) -> ErrorKind:
        if getattr(error, "sqlstate", None) in _STALE_PLAN:
            await connection.close()
        return self._classify(error)

    async def _command(self, connection: _Connection, sql: str) -> None:
        try:
            await connection.execute(sql.encode(), prepare=False)
        except psycopg.Error as error:
            raise ExecutionError(self._classify(error)) from error

    async def _roll_back(self, connection: _Connection) -> None:
        if not connection.closed:
            try:
                await self._command(connection, _ROLLBACK)
            except ExecutionError:
                await connection.close()

    @asynccontextmanager
    async def _lend(self) -> AsyncIterator[_Connection]:
        if self._closed:
            raise ExecutionError(DATABASE_UNAVAILABLE)
        try:
            async with asyncio.timeout(self._pool.acquire_timeout):
                await self._free.acquire()
        except TimeoutError:
            raise ExecutionError(POOL_EXHAUSTED) from None
        try:
            pooled = await self._take_idle() or await self._open()
            try:
                yield pooled.connection
            finally:
                await self._keep(pooled)
        finally:
            self._free.release()

    async def _take_idle(self) -> "_Pooled | None":
        while self._idle:
            pooled = self._idle.pop()
            if pooled.expires > time.monotonic() and not _has_unread_input(pooled.connection):
                return pooled
            await pooled.connection.close()
        return None

    async def _keep(self, pooled: "_Pooled") -> None:
        """Keep an idle connection; close any other, which never waits, so also when cancelled."""
        at_rest = pooled.connection.pgconn.transaction_status == TransactionStatus.IDLE
        if at_rest and not self._closed and pooled.expires > time.monotonic():
            self._idle.append(pooled)
        else:
            await pooled.connection.close()

    async def _drop_idle(self) -> None:
        while self._idle:
            await self._idle.pop().connection.close()

    async def _open(self) -> "_Pooled":
        if self._down_until is None:
            return await self._connect()
        if self._probing or time.monotonic() < self._down_until:
            raise ExecutionError(DATABASE_UNAVAILABLE)
        self._probing = True
        try:
            return await self._connect()
        finally:
            self._probing = False

    async def _connect(self) -> "_Pooled":
        try:
            connection = await psycopg.AsyncConnection.connect(
                self._connection_string(), autocommit=True, context=ADAPTERS
            )
        except psycopg.Error as error:
            self._down_until = time.monotonic() + _DOWN_SECONDS
            raise ExecutionError(DATABASE_UNAVAILABLE) from error
        self._down_until = None
        connection.prepared_max = _PREPARED
        return _Pooled(connection, time.monotonic() + self._pool.max_lifetime)


class _Pooled(NamedTuple):
    connection: _Connection
    expires: float


def _only(call: Call) -> Script[Fetched]:
    return (yield call)


def _has_unread_input(connection: _Connection) -> bool:
    """Return whether an idle connection has unread input: most likely the server closed it."""
    watch = select.poll()
    watch.register(connection.pgconn.socket, select.POLLIN)
    return bool(watch.poll(0))
