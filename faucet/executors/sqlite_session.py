"""One connection with a SQLite file."""

import math
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Final, TypeVar
from urllib.parse import quote

import msgspec

from faucet.errors import ErrorKind, ExecutionError
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

T = TypeVar("T")

Classify = Callable[[BaseException], ErrorKind]
Prepare = Callable[[sqlite3.Connection], None]

# One operation may search a long text for a long time: the clock is checked every few operations.
_OPERATIONS_BETWEEN_LOOKS: Final = 200
_CACHED_STATEMENTS: Final = 256
_FOREIGN_ERRORS: Final = (sqlite3.Error, OverflowError, UnicodeError, OSError)
_SAVEPOINT: Final = {
    Savepoint.BEGIN: ("SAVEPOINT faucet",),
    Savepoint.RELEASE: ("RELEASE SAVEPOINT faucet",),
    Savepoint.UNDO: ("ROLLBACK TO SAVEPOINT faucet", "RELEASE SAVEPOINT faucet"),
}

_text = partial(str, encoding="utf-8", errors="replace")


class SessionOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a session is opened. *writes* is that of the session, *read_only* that of the service."""

    path: str
    read_only: bool
    writes: bool
    patience: float
    classify: Classify
    prepare: Prepare


class SqliteSession:
    """One connection, used by one thread at a time."""

    def __init__(self, options: SessionOptions, identity: tuple[int, int]) -> None:
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
        self._deadline = time.monotonic() + time_limit
        with classify_errors(self._classify):
            cursor = self._connection.execute(call.sql, call.parameters)
            rows = cursor.fetchall()
        return Fetched(rows=rows, affected=max(cursor.rowcount, 0))

    def open(self, call: Call, time_limit: float) -> "SqliteSession":
        """Begin to read the rows of *call*, which `read_on` returns, until `end`; return itself."""
        self._command("BEGIN")
        try:
            self._deadline = time.monotonic() + time_limit
            with classify_errors(self._classify):
                self._cursor.execute(call.sql, call.parameters)
        except ExecutionError:
            self.end()
            raise
        return self

    def read_on(self, size: int, time_limit: float) -> list[tuple[object, ...]]:
        self._deadline = time.monotonic() + time_limit
        with classify_errors(self._classify):
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
        with classify_errors(self._classify):
            self._connection.execute(sql)

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
        self._command("PRAGMA trusted_schema = OFF")
        if not options.read_only:
            self._write_ahead(options.patience)
        if not options.writes:
            self._command("PRAGMA query_only = ON")
        self._connection.set_progress_handler(self._is_late, _OPERATIONS_BETWEEN_LOOKS)

    def _write_ahead(self, patience: float) -> None:
        """
        Let readers and the writer run concurrently, unless the file system or another user prevents
        it.
        """
        self._command("PRAGMA busy_timeout = 0")  # the first session changes it, or none does
        with suppress(ExecutionError):
            self._command("PRAGMA journal_mode = WAL")
        self._command(f"PRAGMA busy_timeout = {round(patience * 1000)}")

    def _is_late(self) -> bool:
        return time.monotonic() > self._deadline


@contextmanager
def classify_errors(classify: Classify) -> Iterator[None]:
    try:
        yield
    except _FOREIGN_ERRORS as error:
        raise ExecutionError(classify(error)) from error
