"""SQLite's result codes as error kinds. Pure."""

import sqlite3
from typing import Final

from faucet.errors import (
    CHECK_VIOLATION,
    DATABASE_UNAVAILABLE,
    FOREIGN_KEY_VIOLATION,
    INTERNAL,
    INVALID_VALUE,
    NOT_NULL_VIOLATION,
    OUT_OF_RANGE,
    READ_ONLY,
    STATEMENT_TIMEOUT,
    TRANSACTION_CONFLICT,
    UNIQUE_VIOLATION,
    ErrorKind,
)

_EXTENDED: Final = {
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: UNIQUE_VIOLATION,
    sqlite3.SQLITE_CONSTRAINT_UNIQUE: UNIQUE_VIOLATION,
    sqlite3.SQLITE_CONSTRAINT_ROWID: UNIQUE_VIOLATION,
    sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY: FOREIGN_KEY_VIOLATION,
    sqlite3.SQLITE_CONSTRAINT_NOTNULL: NOT_NULL_VIOLATION,
    sqlite3.SQLITE_CONSTRAINT_CHECK: CHECK_VIOLATION,
    # A trigger's RAISE is a check by the schema's author.
    sqlite3.SQLITE_CONSTRAINT_TRIGGER: CHECK_VIOLATION,
    # CONSTRAINT_DATATYPE of STRICT tables, which Python 3.11 does not name.
    sqlite3.SQLITE_CONSTRAINT | (12 << 8): INVALID_VALUE,
    sqlite3.SQLITE_BUSY_SNAPSHOT: TRANSACTION_CONFLICT,
}
_PRIMARY: Final = {
    sqlite3.SQLITE_INTERRUPT: STATEMENT_TIMEOUT,
    sqlite3.SQLITE_LOCKED: TRANSACTION_CONFLICT,
    sqlite3.SQLITE_TOOBIG: OUT_OF_RANGE,
    sqlite3.SQLITE_MISMATCH: INVALID_VALUE,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_BUSY: DATABASE_UNAVAILABLE,
    sqlite3.SQLITE_CANTOPEN: DATABASE_UNAVAILABLE,
    sqlite3.SQLITE_CORRUPT: DATABASE_UNAVAILABLE,
    sqlite3.SQLITE_FULL: DATABASE_UNAVAILABLE,
    sqlite3.SQLITE_IOERR: DATABASE_UNAVAILABLE,
    sqlite3.SQLITE_NOTADB: DATABASE_UNAVAILABLE,
    sqlite3.SQLITE_PERM: DATABASE_UNAVAILABLE,
    sqlite3.SQLITE_PROTOCOL: DATABASE_UNAVAILABLE,
}
_PRIMARY_BITS: Final = 0xFF


def classify(error: BaseException) -> ErrorKind:
    """Return the kind of *error* by its result code; INTERNAL if it has none."""
    match error:
        case OverflowError():  # an integer beyond 64 bits never reaches SQLite
            return OUT_OF_RANGE
        case UnicodeError():
            return INVALID_VALUE
        case OSError():
            return DATABASE_UNAVAILABLE
        case _:
            code: int = getattr(error, "sqlite_errorcode", -1)
            return _EXTENDED.get(code) or _PRIMARY.get(code & _PRIMARY_BITS, INTERNAL)
