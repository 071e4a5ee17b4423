"""Many calls in one pipeline of a PostgreSQL connection: one round trip, each as if sent alone."""

from collections.abc import Sequence
from typing import Any, Final

import psycopg
from psycopg.errors import PipelineAborted
from psycopg.pq import ExecStatus

from faucet.extension.executor import Call, Fetched

_Connection = psycopg.AsyncConnection[tuple[Any, ...]]
_Cursor = psycopg.AsyncCursor[tuple[Any, ...]]
_LONGEST_PREPARED: Final = 8192
_FEW: Final = 16


class PipelineError(Exception):
    """A call failed with the driver's *error*; *done* is what the calls before it fetched."""

    def __init__(self, error: Exception, done: tuple[Fetched, ...]) -> None:
        super().__init__()
        self.error = error
        self.done = done


def may_prepare(sql: str) -> bool:
    """
    Return whether a connection may keep *sql* as a prepared statement, once it is used often.

    Each one takes memory of the server, on every connection: some thirty times its text.
    """
    return len(sql) <= _LONGEST_PREPARED


async def run_pipeline(connection: _Connection, calls: Sequence[Call]) -> tuple[Fetched, ...]:
    """
    Return what each of *calls* fetched, in their order; raise `PipelineError` for the first to
    fail.

    The server runs the statements one after the other, each as if sent alone: constraints,
    triggers and RETURNING see the same states. One statement for all records would save the
    server time, but RETURNING promises no order, references between the records would be checked
    after the last one only, and triggers would fire in another order.
    """
    cursors: list[_Cursor] = []
    failure: Exception | None = None
    try:
        async with connection.pipeline():
            # An error that leaves the block makes psycopg log a warning.
            try:
                await _send(connection, calls, cursors)
            except (psycopg.Error, UnicodeError) as error:
                failure = error
    except PipelineAborted:
        pass
    except psycopg.Error as error:
        # A call that the server rejected precedes the one that the driver rejected.
        failure = error
    done = [each for cursor in cursors for each in await _results(cursor)]
    if failure is not None:
        raise PipelineError(failure, tuple(done))
    return tuple(done)


async def _send(connection: _Connection, calls: Sequence[Call], cursors: list[_Cursor]) -> None:
    if len(calls) > _FEW and len({call.sql for call in calls}) == 1 and may_prepare(calls[0].sql):
        # A third of the cost for each call, but one more round trip.
        cursors.append(connection.cursor())
        parameters = [call.parameters for call in calls]
        await cursors[0].executemany(calls[0].sql.encode(), parameters, returning=True)
        return
    for call in calls:
        cursors.append(connection.cursor())
        may = None if may_prepare(call.sql) else False
        await cursors[-1].execute(call.sql.encode(), call.parameters, prepare=may)


async def _results(cursor: _Cursor) -> list[Fetched]:
    if cursor.pgresult is None:
        return []
    results = [await read_result(cursor)]
    while cursor.nextset():
        results.append(await read_result(cursor))
    return results


async def read_result(cursor: _Cursor) -> Fetched:
    """Return the current result of *cursor*."""
    result = cursor.pgresult
    rows = await cursor.fetchall() if result and result.status == ExecStatus.TUPLES_OK else []
    return Fetched(rows=rows, affected=max(cursor.rowcount, 0))
