"""One connection with a SQLite file."""

import math
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache, partial
from typing import Final, TypeVar
from urllib.parse import quote

import msgspec

from faucet.errors import RESPONSE_TOO_LARGE, STATEMENT_TIMEOUT, ExecutionError
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
from faucet.model.settings import Journal

T = TypeVar("T")

Failure = Callable[[BaseException, str], ExecutionError]
Prepare = Callable[[sqlite3.Connection], None]

# One operation may search a long text for a long time: the clock is checked every few operations.
_OPERATIONS_BETWEEN_LOOKS: Final = 200
# The connection keeps its latest statements, whatever their size: after a few large ones it is
# opened again.
_CACHED_STATEMENTS: Final = 64
_LARGE: Final = 8192
_MOST_LARGE: Final = 8
_SMALL: Final = 1
"""The least number of bytes of a value that is neither a text nor a blob, as JSON."""
_FOREIGN_ERRORS: Final = (sqlite3.Error, OverflowError, UnicodeError, OSError)
_SAVEPOINT: Final = {
    Savepoint.BEGIN: ("SAVEPOINT faucet",),
    Savepoint.RELEASE: ("RELEASE SAVEPOINT faucet",),
    Savepoint.UNDO: ("ROLLBACK TO SAVEPOINT faucet", "RELEASE SAVEPOINT faucet"),
}

_text = partial(str, encoding="utf-8", errors="replace")


class SessionOptions(msgspec.Struct, frozen=True, kw_only=True):
    """
    How a session is opened. *writes* is that of the session; the others are those of the service.
    """

    path: str
    read_only: bool
    journal: Journal
    immutable: bool
    writes: bool
    patience: float
    failure: Failure
    prepare: Prepare


class Interrupt:
    """A request from another thread to end what a session is running."""

    __slots__ = ("requested",)

    def __init__(self) -> None:
        self.requested = False


class SqliteSession:
    """
    One connection, used by one thread at a time.

    Once *interrupt* is requested, every statement fails except the end of a transaction.
    """

    def __init__(self, options: SessionOptions, identity: tuple[int, int]) -> None:
        self.identity = identity
        self.broken = False
        self._large = 0
        self.interrupt = Interrupt()
        self._failure = options.failure
        self._deadline = math.inf
        mode = "ro" if options.read_only else "rw"
        self._connection = sqlite3.connect(
            f"file:{quote(options.path)}?mode={mode}{'&immutable=1' if options.immutable else ''}",
            uri=True,
            timeout=options.patience,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=_CACHED_STATEMENTS,
        )
        # A file may contain text that is not UTF-8; one such cell must not make its whole page
        # fail.
        self._connection.text_factory = _text
        self._cursor = self._connection.cursor()
        try:
            self._set_up(options)
        except BaseException:
            self.close()
            raise

    def fetch(self, call: Call, time_limit: float) -> Fetched:
        self._check_interrupt()
        self._large += len(call.sql) > _LARGE
        self._deadline = time.monotonic() + time_limit
        with errors_of(call.sql, self._failure):
            cursor = self._connection.execute(call.sql, call.parameters)
            rows = _rows_within(cursor, call.max_bytes)
        return Fetched(rows=rows, affected=max(cursor.rowcount, 0))

    def open(self, call: Call, time_limit: float) -> "SqliteSession":
        """Begin to read the rows of *call*, which `read_on` returns, until `end`; return itself."""
        self._command("BEGIN")
        try:
            self._deadline = time.monotonic() + time_limit
            with errors_of(call.sql, self._failure):
                self._cursor.execute(call.sql, call.parameters)
        except ExecutionError:
            self.end()
            raise
        return self

    def read_on(self, size: int, time_limit: float) -> list[tuple[object, ...]]:
        self._deadline = time.monotonic() + time_limit
        with errors_of("SELECT", self._failure):
            return self._cursor.fetchmany(size)

    def end(self) -> None:
        self._cursor.close()
        self._cursor = self._connection.cursor()
        self._roll_back()

    def transact(self, script: Script[T], time_limit: float, begin: str) -> T:
        walk = Walk(script)
        self._command(begin)
        try:
            step = walk.start()
            while not isinstance(step, Finished):
                outcome = self._attempt(step, time_limit)
                # Some failures (a time limit in a write, a full disk) roll back on their own.
                step = walk.advance(outcome, ended=not self._connection.in_transaction)
            self._check_interrupt()
            self._command("COMMIT")
            return step.result
        finally:
            walk.close()
            self._roll_back()

    def is_usable(self, identity: tuple[int, int]) -> bool:
        """
        Return whether the connection is whole, to the file of *identity*, and keeps few large
        statements.
        """
        return not self.broken and self.identity == identity and self._large < _MOST_LARGE

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
                raise BatchError(error, tuple(done)) from error.__cause__
        return Fetched(rows=(), each=tuple(done))

    def _command(self, sql: str) -> None:
        self._deadline = math.inf
        with errors_of(sql, self._failure):
            self._connection.execute(sql)

    def _check_interrupt(self) -> None:
        """Raise `ExecutionError` if the session is interrupted; a short statement never notices."""
        if self.interrupt.requested:
            raise ExecutionError(STATEMENT_TIMEOUT)

    def _roll_back(self) -> None:
        """End an open transaction; a session that cannot is not used again."""
        if self._connection.in_transaction:
            try:
                self._command("ROLLBACK")
            except ExecutionError:
                self.broken = True

    def _set_up(self, options: SessionOptions) -> None:
        options.prepare(self._connection)
        self._command("PRAGMA foreign_keys = ON")
        self._command("PRAGMA case_sensitive_like = ON")
        if json_is_innocuous():
            self._command("PRAGMA trusted_schema = OFF")
        if options.journal is Journal.WAL and not options.read_only:
            self._write_ahead(options.patience)
        if not options.writes:
            self._command("PRAGMA query_only = ON")
        self._connection.set_progress_handler(self._must_end, _OPERATIONS_BETWEEN_LOOKS)

    def _write_ahead(self, patience: float) -> None:
        """
        Convert the file to a write-ahead log, with which readers and the writer run concurrently,
        unless the file system or another user prevents it.
        """
        self._command("PRAGMA busy_timeout = 0")  # the first session changes it, or none does
        with suppress(ExecutionError):
            self._command("PRAGMA journal_mode = WAL")
        self._command(f"PRAGMA busy_timeout = {round(patience * 1000)}")

    def _must_end(self) -> bool:
        # Commands, of which one may end a transaction, have no deadline and are not interrupted.
        return time.monotonic() > self._deadline or (
            self.interrupt.requested and self._deadline < math.inf
        )


@cache
def json_is_innocuous() -> bool:
    """
    Return whether a schema that is not trusted may call JSON functions.

    SQLite 3.38 to 3.40 take them for dangerous, and a file with CHECK (json_valid(doc)) would be
    malformed.
    """
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("PRAGMA trusted_schema = OFF")
        try:
            connection.execute("CREATE VIEW v AS SELECT json_valid('{}')")
            connection.execute("SELECT * FROM v")
        except sqlite3.Error:
            return False
    return True


def _rows_within(cursor: sqlite3.Cursor, max_bytes: int | None) -> list[tuple[object, ...]]:
    """Return the rows of *cursor*, or raise at the first row above *max_bytes*."""
    if max_bytes is None:
        return cursor.fetchall()
    rows: list[tuple[object, ...]] = []
    left = max_bytes
    for row in cursor:
        left -= sum([len(cell) if isinstance(cell, str | bytes) else _SMALL for cell in row])
        if left < 0:
            cursor.close()
            raise ExecutionError(RESPONSE_TOO_LARGE)
        rows.append(row)
    return rows


@contextmanager
def errors_of(sql: str, failure: Failure) -> Iterator[None]:
    """Raise the errors of *sql* as *failure* gives them."""
    try:
        yield
    except _FOREIGN_ERRORS as error:
        raise failure(error, sql) from error
