"""PostgreSQL through a pool of autocommit connections on the running event loop."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

import psycopg
from psycopg.pq import TransactionStatus

from faucet.errors import ExecutionError
from faucet.executors.postgresql_connections import Connections
from faucet.executors.postgresql_pipeline import (
    PipelineError,
    may_prepare,
    read_result,
    run_pipeline,
)
from faucet.executors.postgresql_session import (
    DECLARE,
    SAVEPOINT,
    SETTLE,
    AsyncConnection,
    Session,
)
from faucet.executors.script import Finished, Walk
from faucet.extension.executor import (
    Batch,
    BatchError,
    Call,
    Fetched,
    RowStream,
    RunWork,
    Savepoint,
    Script,
    Settle,
    Step,
)
from faucet.model.settings import PoolSettings

T = TypeVar("T")

Failure = Callable[[BaseException, str], ExecutionError]

_FOREIGN_ERRORS: Final = (psycopg.Error, UnicodeError)
_OPEN: Final = (TransactionStatus.INTRANS, TransactionStatus.INERROR)
# A prepared statement is outdated; the next connection prepares it again.
_STALE_PLAN: Final = frozenset({"0A000", "26000"})
_PING: Final = Call(sql="SELECT 1", parameters=(), runs_code=False)
_COMMIT: Final = "COMMIT"


class PoolExecutor:
    """
    The executor of a PostgreSQL service; see `Executor`.

    *session* gives how its sessions are opened. Their statement timeout is *statement_timeout*;
    calls with another limit cost a transaction. *failure* gives a statement's error as callers get
    it.
    Connections are opened on demand, at most `pool.size`. While the server is down, one request per
    second tries to connect and the others fail at once.
    """

    def __init__(
        self,
        session: Callable[[], Session],
        pool: PoolSettings,
        *,
        statement_timeout: float,
        failure: Failure,
    ) -> None:
        self._connections = Connections(session, pool)
        self._pool = pool
        self._statement_timeout = statement_timeout
        self._failure = failure

    async def fetch(self, call: Call, time_limit: float) -> Fetched:
        """Run one reading statement on its own."""
        if time_limit != self._statement_timeout:
            return await self.transact(_only(call), time_limit, writes=False)
        async with self._connections.lend() as connection:
            if self._connections.commands.alone:
                return await self._fetch_pinned(connection, call)
            if not call.runs_code:
                return await self._execute(connection, call)
            try:
                return await self._execute(connection, call)
            finally:
                await self._end(connection, self._connections.commands.clean)

    async def transact(
        self, script: Script[T], time_limit: float, *, writes: bool, run: RunWork | None = None
    ) -> T:
        """Run *script* in one transaction; see `Executor`."""
        async with self._connections.lend() as connection:
            await self._begin(connection, time_limit, writes=writes)
            try:
                result = await self._walk(connection, Walk(script), run or _run_here)
                await self._command(connection, self._connections.commands.commit)
            except asyncio.CancelledError:
                # It may have come between the COMMIT and the rest of its message.
                await connection.close()
                raise
            except Exception:
                await self._end(connection, self._connections.commands.rollback)
                raise
            return result

    async def stream(self, call: Call, time_limit: float, size: int) -> RowStream:
        """Fetch the rows of *call* from a cursor of the server; see `Executor`."""
        declare = Call(sql=f"{DECLARE} {call.sql}", parameters=call.parameters)
        fetch = Call(sql=f"FETCH FORWARD {size} FROM faucet", parameters=())
        async with self._connections.lend() as connection:
            await self._begin(connection, time_limit, writes=False)
            try:
                await self._execute(connection, declare)
                full = True
                while full and (rows := (await self._execute(connection, fetch)).rows):
                    full = len(rows) == size
                    yield rows
            finally:
                # Not after a cancellation, which closes the connection.
                if connection.pgconn.transaction_status in _OPEN:
                    await self._end(connection, self._connections.commands.rollback)

    async def ping(self) -> bool:
        """Return whether the database answers within the acquire timeout, however busy the pool."""
        try:
            async with asyncio.timeout(self._pool.acquire_timeout):
                if self._connections.uncertain:
                    await self._connections.try_out()
                else:
                    await self.fetch(_PING, self._statement_timeout)
        except TimeoutError:
            await self._connections.end_waiting()
            return False
        except ExecutionError:
            return False
        return True

    async def close(self) -> None:
        """Wait for running calls, then close every connection."""
        await self._connections.close()

    async def _begin(self, connection: AsyncConnection, time_limit: float, *, writes: bool) -> None:
        begin = self._connections.commands.write if writes else self._connections.commands.snapshot
        if time_limit != self._statement_timeout:
            begin += f"; SET LOCAL statement_timeout = {max(1, round(time_limit * 1000))}"
        async with self._connections.patiently(connection, 0.0):
            await self._command(connection, begin)

    async def _fetch_pinned(self, connection: AsyncConnection, call: Call) -> Fetched:
        """
        Run *call* in a transaction with our settings.

        The COMMIT is a message of its own: psycopg may send a Flush behind a pipeline, and if the
        transaction has ended there, a pooler gives us a session for it, until our next call.
        """
        commands = self._connections.commands
        try:
            async with self._connections.patiently(connection, self._statement_timeout):
                done = await self._pipeline(connection, (*commands.alone, call))
        except Exception:
            if connection.pgconn.transaction_status in _OPEN:
                await self._end(connection, commands.rollback)
            raise
        await self._command(connection, commands.commit if call.runs_code else _COMMIT)
        return done[-1]

    async def _walk(self, connection: AsyncConnection, walk: Walk[T], run: RunWork) -> T:
        failure: ExecutionError | None = None
        try:
            step: Step | Finished[T] = await run(walk.start)
            while not isinstance(step, Finished):
                outcome = await self._attempt(connection, step)
                failure = outcome if isinstance(outcome, ExecutionError) else failure
                step = await run(partial(walk.advance, outcome, ended=connection.closed))
            # COMMIT of a failed transaction would roll back silently.
            if failure and connection.pgconn.transaction_status == TransactionStatus.INERROR:
                raise failure
            return step.result
        finally:
            walk.close()

    async def _attempt(self, connection: AsyncConnection, step: Step) -> Fetched | ExecutionError:
        try:
            match step:
                case Call():
                    return await self._execute(connection, step)
                case Batch():
                    return await self._execute_batch(connection, step)
                case Savepoint():
                    await self._command(connection, SAVEPOINT[step])
                case Settle():
                    await self._command(connection, SETTLE)
            return Fetched(rows=())
        except ExecutionError as error:
            return error

    async def _execute(self, connection: AsyncConnection, call: Call) -> Fetched:
        try:
            # Parameters are passed even if there are none, so that %% is read as %.
            may = None if may_prepare(call.sql) else False
            cursor = await connection.execute(call.sql.encode(), call.parameters, prepare=may)
            return await read_result(cursor)
        except _FOREIGN_ERRORS as error:
            await self._drop_stale(connection, error)
            raise self._failure(error, call.sql) from error

    async def _execute_batch(self, connection: AsyncConnection, batch: Batch) -> Fetched:
        return Fetched(rows=(), each=await self._pipeline(connection, batch.calls))

    async def _pipeline(
        self, connection: AsyncConnection, calls: tuple[Call, ...]
    ) -> tuple[Fetched, ...]:
        try:
            return await run_pipeline(connection, calls)
        except PipelineError as failed:
            await self._drop_stale(connection, failed.error)
            failure = self._failure(failed.error, calls[len(failed.done)].sql)
            raise BatchError(failure, failed.done) from failed.error

    async def _drop_stale(self, connection: AsyncConnection, error: Exception) -> None:
        if getattr(error, "sqlstate", None) in _STALE_PLAN:
            await connection.close()

    async def _command(self, connection: AsyncConnection, sql: str) -> None:
        try:
            await connection.execute(sql.encode(), prepare=False)
        except psycopg.Error as error:
            raise self._failure(error, sql) from error

    async def _end(self, connection: AsyncConnection, sql: str) -> None:
        """Run the last command of a call; a connection on which it did not succeed is closed."""
        if not connection.closed:
            try:
                await self._command(connection, sql)
            except ExecutionError:
                await connection.close()
            except BaseException:
                await connection.close()
                raise


async def _run_here(work: Callable[[], T]) -> T:
    return work()


def _only(call: Call) -> Script[Fetched]:
    return (yield call)
