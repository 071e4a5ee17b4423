"""The executor slot: runs compiled statements on a database."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from enum import Enum
from typing import Any, Protocol, TypeVar

import msgspec

from faucet.errors import ExecutionError

T = TypeVar("T")


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """
    A compiled statement with its driver values, in order of its placeholders.

    If its rows hold more than *max_bytes*, an executor stops fetching them and raises
    RESPONSE_TOO_LARGE; one whose database produces the JSON gets no more, as the statement itself
    ensures. *runs_code* means that the statement may run functions of the database's users, which
    can change the session: the executor restores it before another call gets it.
    """

    sql: str
    parameters: tuple[object, ...]
    max_bytes: int | None = None
    runs_code: bool = True


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """
    Calls that are sent together and run one after the other, each as if sent alone.

    The first that fails ends the batch, as a `BatchError`.
    """

    calls: tuple[Call, ...]


class Savepoint(Enum):
    """Begin the only savepoint of the transaction, keep the changes since then, or undo them."""

    BEGIN = "begin"
    RELEASE = "release"
    UNDO = "undo"


class Settle(msgspec.Struct, frozen=True, kw_only=True):
    """
    Make deferred constraints immediate, so that they are checked now; does nothing if there are
    none.
    """


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """
    Rows of a call; *affected* counts the rows of a call that returns none.

    A `Batch` has no rows of its own: *each* contains what its calls fetched.
    """

    rows: Sequence[tuple[object, ...]]
    affected: int = 0
    each: tuple["Fetched", ...] = ()


class BatchError(ExecutionError):
    """A call of a batch failed; *done* is what the calls before it fetched."""

    def __init__(self, failure: ExecutionError, done: tuple[Fetched, ...]) -> None:
        super().__init__(failure.kind, failure.message)
        self.reason = failure.reason
        self.parameter = failure.parameter
        self.done = done


RowStream = AsyncGenerator[Sequence[tuple[object, ...]], None]

Step = Call | Batch | Savepoint | Settle
Script = Generator[Step, Fetched, T]
"""
The body of one transaction, without I/O: yields steps, receives `Fetched`, returns its result.

A step that fails raises `ExecutionError` at its yield; a script that does not catch it ends the
transaction with nothing written. After a failure only `Savepoint.UNDO` makes the transaction usable
again. Returning commits.
"""

RunWork = Callable[[Callable[[], Any]], Awaitable[Any]]
"""Runs a function on a thread and returns its result, or raises what it raises."""


class Executor(Protocol):
    """
    Runs the statements of one service.

    All methods may raise `ExecutionError`. Every driver error is classified: DATABASE_UNAVAILABLE,
    POOL_EXHAUSTED, STATEMENT_TIMEOUT, TRANSACTION_CONFLICT, a constraint violation, OUT_OF_RANGE,
    or INTERNAL with the driver's error as its cause. *time_limit* is in seconds, for each
    statement.
    """

    async def fetch(self, call: Call, time_limit: float) -> Fetched:
        """Run one reading statement on its own."""
        ...

    async def transact(
        self, script: Script[T], time_limit: float, *, writes: bool, run: RunWork | None = None
    ) -> T:
        """
        Run *script* in one transaction and return its result.

        An executor that would run the script on the event loop runs it with *run*, if there is one:
        its own work is long. A step may then end after the transaction was given up.

        Where *writes* is false the transaction is a read-only snapshot. TRANSACTION_CONFLICT and
        DATABASE_UNAVAILABLE end the transaction itself: they are thrown into the script, which
        cannot continue after them.
        """
        ...

    def stream(self, call: Call, time_limit: float, size: int) -> RowStream:
        """
        Return the rows of one reading statement in lists of *size*, the last one shorter.

        Each list is fetched on demand; all are from one snapshot. The connection is held until the
        last one, or until the stream is closed: a caller that may stop earlier closes it, with
        `contextlib.aclosing`. *time_limit* applies to each list.
        """
        ...

    async def ping(self) -> bool:
        """Return whether the database answers, within the acquire timeout."""
        ...

    async def close(self) -> None:
        """Wait for running calls, then close every connection."""
        ...
