"""The connections of one PostgreSQL service: opened on demand, lent, kept, and closed."""

import asyncio
import select
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

import psycopg
from psycopg.pq import TransactionStatus

from faucet.errors import DATABASE_UNAVAILABLE, POOL_EXHAUSTED, ExecutionError
from faucet.executors.postgresql_session import (
    DIRECT,
    AsyncConnection,
    Session,
    UnpinnedError,
    commands_of,
    hang_up_after,
    open_session,
)
from faucet.model.settings import PoolSettings

_DOWN_SECONDS: Final = 1.0
_PREPARED: Final = 64


class Connections:
    """
    At most `pool.size` connections, opened on demand as *session* says.

    While the server is down, one borrower per second tries to connect and the others fail at once.
    *commands* are the ones for the sessions of the last connection.
    """

    def __init__(self, session: Callable[[], Session], pool: PoolSettings) -> None:
        self.commands = DIRECT
        self._session = session
        self._lacks_encoding = False
        self._pool = pool
        self._free = asyncio.Semaphore(pool.size)
        self._idle: list[_Pooled] = []
        self._closed = False
        self._down_until: float | None = None
        self._probing = False

    @property
    def uncertain(self) -> bool:
        """Whether none can be lent at once, or the server is down as far as is known."""
        return self._free.locked() or self._down_until is not None

    async def try_out(self) -> None:
        """Open one and close it; raises `ExecutionError` DATABASE_UNAVAILABLE."""
        pooled = await self._connect()
        await pooled.connection.close()

    async def close(self) -> None:
        """Wait until all are returned, then close them."""
        if self._closed:
            return
        self._closed = True
        for _ in range(self._pool.size):
            await self._free.acquire()
        await self._drop_idle()

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[AsyncConnection]:
        """
        Lend one during a block; raises `ExecutionError` POOL_EXHAUSTED or DATABASE_UNAVAILABLE.
        """
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

    @asynccontextmanager
    async def patiently(self, connection: AsyncConnection, limit: float) -> AsyncIterator[None]:
        """Bound how long a pooler may let *connection* wait for a session, before *limit*."""
        if not self.commands.alone:
            yield
            return
        try:
            with hang_up_after(connection, self._pool.acquire_timeout + limit):
                yield
        except ExecutionError:
            if connection.closed:
                await self.end_waiting()
            raise

    async def end_waiting(self) -> None:
        """Let the others fail at once if a pooler gave no session in time: they would wait too."""
        if self.commands.alone:
            self._down_until = time.monotonic() + _DOWN_SECONDS
            await self._drop_idle()

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
        session = self._session()
        try:
            connection, self._lacks_encoding = await open_session(
                session, any_bytes=self._lacks_encoding, patience=self._pool.acquire_timeout
            )
        except psycopg.Error as error:
            self._down_until = time.monotonic() + _DOWN_SECONDS
            reason = str(error) if isinstance(error, UnpinnedError) else None
            raise ExecutionError(DATABASE_UNAVAILABLE).because(reason) from error
        self._down_until = None
        self.commands = commands_of(session, connection)
        connection.prepared_max = _PREPARED
        return _Pooled(connection, time.monotonic() + self._pool.max_lifetime)


class _Pooled(NamedTuple):
    connection: AsyncConnection
    expires: float


def _has_unread_input(connection: AsyncConnection) -> bool:
    """Return whether an idle connection has unread input: most likely the server closed it."""
    watch = select.poll()
    watch.register(connection.pgconn.socket, select.POLLIN)
    return bool(watch.poll(0))
