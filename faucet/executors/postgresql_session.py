"""Sessions with PostgreSQL: how they are opened, and the commands around what a call does."""

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec
import psycopg
from psycopg import BaseConnection, conninfo

from faucet.executors.postgresql_adapters import (
    ADAPTERS,
    lacks_encoding,
    read_any_bytes,
    without_encoding,
)
from faucet.extension.executor import Call, Savepoint

AsyncConnection = psycopg.AsyncConnection[tuple[Any, ...]]

MARK: Final = "faucet.pinned"
"""A start-up option without any other meaning: a session that has it has the others too."""
_MARKED: Final = f"SELECT pg_catalog.current_setting('{MARK}', true)".encode()
_ANSWERS: Final = b"SELECT 'on'"
_REFUSED: Final = "unsupported startup parameter"

_SNAPSHOT: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
# Not READ WRITE: the fixed settings of a read-only service apply.
_WRITE: Final = "BEGIN"
# Behind a pooler, the settings of the session are not ours.
_PINNED_WRITE: Final = "BEGIN ISOLATION LEVEL READ COMMITTED, {access}, NOT DEFERRABLE"
# Functions of triggers, views and policies may have changed the session; that must not reach the
# next principal. All of DISCARD ALL but the prepared statements, which are ours. In the message of
# a COMMIT this costs no round trip.
_CLEAN: Final = (
    "SET SESSION AUTHORIZATION DEFAULT; RESET ALL; CLOSE ALL; UNLISTEN *; DISCARD TEMP;"
    " DISCARD SEQUENCES; SELECT pg_catalog.pg_advisory_unlock_all()"
)
SAVEPOINT: Final = {
    Savepoint.BEGIN: "SAVEPOINT faucet",
    Savepoint.RELEASE: "RELEASE SAVEPOINT faucet",
    Savepoint.UNDO: "ROLLBACK TO SAVEPOINT faucet; RELEASE SAVEPOINT faucet",
}
SETTLE: Final = "SET CONSTRAINTS ALL IMMEDIATE"
DECLARE: Final = "DECLARE faucet NO SCROLL CURSOR FOR"


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """
    How sessions are opened: with *connection_string*, whose start-up options fix their settings.

    Behind a transaction pooler there are none: each transaction may have another session, and
    *pins* are the statements that fix its settings until its end.
    """

    connection_string: str
    pins: tuple[str, ...] = ()
    read_only: bool = False


class Commands(msgspec.Struct, frozen=True, kw_only=True):
    """
    The commands that begin and end transactions, each sent as one message.

    *alone* begins one in which a statement is run as if sent on its own, as calls of a pipeline;
    it is empty where a statement needs no transaction. *clean* undoes what was done to a session.
    """

    snapshot: str = _SNAPSHOT
    write: str = _WRITE
    clean: str = _CLEAN
    alone: tuple[Call, ...] = ()

    @property
    def commit(self) -> str:
        """Commit, and clean."""
        return f"COMMIT; {self.clean}"

    @property
    def rollback(self) -> str:
        """Roll back, and clean."""
        return f"ROLLBACK; {self.clean}"


DIRECT: Final = Commands()


class UnpinnedError(psycopg.OperationalError):
    """A pooler refuses or drops start-up options."""

    def __init__(self) -> None:
        super().__init__(
            "a connection pooler refuses or ignores the start-up options that fix the settings of"
            " a session: write `pooler: transaction` in this service, or connect to the server"
        )


async def open_session(
    session: Session, *, any_bytes: bool, patience: float
) -> tuple[AsyncConnection, bool]:
    """
    Return a connection of its own, and whether its database lacks an encoding.

    *any_bytes* is whether it is known to. The database has answered, within *patience* seconds.
    Raises `UnpinnedError` for one whose settings are not fixed, and psycopg's errors.
    """
    text = session.connection_string
    connection = await _connect(without_encoding(text) if any_bytes else text)
    if lacks_encoding(connection):
        if not any_bytes:
            await connection.close()
            connection = await _connect(without_encoding(text))
        read_any_bytes(connection)
    try:
        with hang_up_after(connection, patience):
            cursor = await connection.execute(_question(session), prepare=False)
            require_pinned(await cursor.fetchone())
    except BaseException:
        await connection.close()
        raise
    if session.pins:
        connection.prepare_threshold = None
    return connection, lacks_encoding(connection)


async def _connect(text: str) -> AsyncConnection:
    try:
        return await AsyncConnection.connect(text, autocommit=True, context=ADAPTERS)
    except psycopg.OperationalError as error:
        raise explained(error) from error


def open_blocking_session(session: Session) -> psycopg.Connection:
    """Return a connection in a read-only snapshot, as `open_session` does."""
    connection = _connect_blocking(session.connection_string)
    if lacks_encoding(connection):
        connection.close()
        connection = _connect_blocking(without_encoding(session.connection_string))
        read_any_bytes(connection)
    try:
        require_pinned(connection.execute(_question(session)).fetchone())
        connection.autocommit = False
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        if session.pins:
            connection.prepare_threshold = None
        for pin in session.pins:
            connection.execute(pin.encode())
    except BaseException:
        connection.close()
        raise
    return connection


def _connect_blocking(text: str) -> psycopg.Connection:
    try:
        return psycopg.connect(text, autocommit=True)
    except psycopg.OperationalError as error:
        raise explained(error) from error


def explained(error: psycopg.OperationalError) -> psycopg.OperationalError:
    """Return *error*, or what to do about it if a pooler refused our start-up options."""
    return UnpinnedError() if _REFUSED in str(error) else error


def _question(session: Session) -> bytes:
    """Return a query that a usable session answers with 'on'."""
    return _ANSWERS if session.pins else _MARKED


def require_pinned(row: tuple[Any, ...] | None) -> None:
    """Raise `UnpinnedError` if *row* does not say that start-up options are in effect."""
    if row != ("on",):
        raise UnpinnedError


def literal(text: str) -> str:
    """Return *text* as a literal of SQL, whatever `standard_conforming_strings` says."""
    quoted = text.replace("'", "''")
    return "E'" + quoted.replace("\\", "\\\\") + "'" if "\\" in text else f"'{quoted}'"


def commands_of(session: Session, connection: BaseConnection[Any]) -> Commands:
    """Return the commands for the sessions that *connection* is given."""
    if not session.pins:
        return DIRECT
    access = "READ ONLY" if session.read_only else "READ WRITE"
    write = _PINNED_WRITE.format(access=access)
    pins = "; ".join(session.pins)
    return Commands(
        snapshot=f"{_SNAPSHOT}; {pins}",
        write=f"{write}; {pins}",
        clean="; ".join((_CLEAN, *_kept_by_poolers(session, connection))),
        alone=tuple(
            Call(sql=sql.replace("%", "%%"), parameters=()) for sql in (write, *session.pins)
        ),
    )


def _kept_by_poolers(session: Session, connection: BaseConnection[Any]) -> Iterator[str]:
    """
    Yield what sets again the settings that a pooler keeps for each client.

    A pooler would take what a session has after RESET for the wish of the client.
    """
    given = conninfo.conninfo_to_dict(session.connection_string)
    name = str(given.get("application_name", ""))
    encoding = "SQL_ASCII" if lacks_encoding(connection) else "UTF8"
    yield f"SET client_encoding = {encoding}"
    yield "SET standard_conforming_strings = on"
    yield f"SET application_name = {literal(name)}"


@contextmanager
def hang_up_after(connection: AsyncConnection, seconds: float) -> Iterator[None]:
    """
    End *connection* if the block takes longer than *seconds*; what waits for it fails.

    A pooler lets clients wait for a session, or for a server that is down, without any answer.
    """
    hanging_up = asyncio.get_running_loop().call_later(seconds, _hang_up, connection)
    try:
        yield
    finally:
        hanging_up.cancel()


def _hang_up(connection: AsyncConnection) -> None:
    if not connection.closed:
        with socket.socket(fileno=os.dup(connection.pgconn.socket)) as same:
            same.shutdown(socket.SHUT_RDWR)
