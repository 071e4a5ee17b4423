"""SQLite's result codes as error kinds: the whole table, as data. Pure."""

import re
import sqlite3
from collections.abc import Mapping
from typing import Final

from faucet.errors import (
    CHECK_VIOLATION,
    COLUMN_NOT_WRITABLE,
    DATABASE_UNAVAILABLE,
    FILTER_TOO_LARGE,
    FOREIGN_KEY_VIOLATION,
    INTERNAL,
    INVALID_VALUE,
    NOT_NULL_VIOLATION,
    OUT_OF_RANGE,
    READ_ONLY,
    SCHEMA_CHANGED,
    SCHEMA_FAILED,
    STATEMENT_TIMEOUT,
    TRANSACTION_CONFLICT,
    UNIQUE_VIOLATION,
    ErrorKind,
    ExecutionError,
    shown_text,
)

EXTENDED: Final[Mapping[int, ErrorKind]] = {
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
    sqlite3.SQLITE_ERROR_MISSING_COLLSEQ: SCHEMA_FAILED,
}
"""By the extended code, which decides before the primary one."""
PRIMARY: Final[Mapping[int, ErrorKind]] = {
    sqlite3.SQLITE_INTERRUPT: STATEMENT_TIMEOUT,
    sqlite3.SQLITE_CONSTRAINT: CHECK_VIOLATION,  # of a virtual table or a function
    sqlite3.SQLITE_LOCKED: TRANSACTION_CONFLICT,
    sqlite3.SQLITE_TOOBIG: OUT_OF_RANGE,
    sqlite3.SQLITE_MISMATCH: INVALID_VALUE,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_BUSY: DATABASE_UNAVAILABLE,
    sqlite3.SQLITE_CANTOPEN: DATABASE_UNAVAILABLE,
    sqlite3.SQLITE_CORRUPT: DATABASE_UNAVAILABLE,
    sqlite3.SQLITE_FULL: DATABASE_UNAVAILABLE,
    sqlite3.SQLITE_IOERR: DATABASE_UNAVAILABLE,
    sqlite3.SQLITE_NOLFS: DATABASE_UNAVAILABLE,
    sqlite3.SQLITE_NOMEM: DATABASE_UNAVAILABLE,
    sqlite3.SQLITE_NOTADB: DATABASE_UNAVAILABLE,
    sqlite3.SQLITE_PERM: DATABASE_UNAVAILABLE,
    sqlite3.SQLITE_PROTOCOL: DATABASE_UNAVAILABLE,
    sqlite3.SQLITE_SCHEMA: SCHEMA_CHANGED,
}
_PRIMARY_BITS: Final = 0xFF
# RESTRICT is a trigger of SQLite's own (fkActionTrigger in fkey.c): only its text, which is never
# translated, distinguishes it from a trigger of the schema.
_RESTRICTED: Final = "FOREIGN KEY constraint failed"
# SQLite has one code for all errors of a statement's text and of its functions, in words that are
# never translated. What none matches is a fault of Faucet: 500 `internal`, reported.
TEXTS: Final[tuple[tuple[str, ErrorKind], ...]] = (
    # Of a trigger that is outdated no less than of a statement.
    (r"no such (table|column|view)|table \S+ has no column named", SCHEMA_CHANGED),
    (r"cannot modify .* because it is a view", SCHEMA_CHANGED),
    (r"table .* may not be modified", READ_ONLY),
    (r"cannot (INSERT into|UPDATE) generated column", COLUMN_NOT_WRITABLE),
    # Limits of the library, which whoever builds it may lower.
    (r"too many (SQL variables|terms in compound SELECT|columns in)", FILTER_TOO_LARGE),
    (r"variable number must be between", FILTER_TOO_LARGE),
    (r"Expression tree is too large|parser stack overflow", FILTER_TOO_LARGE),
    # What only the application that the file belongs to has, or what may not run here.
    (r"no such (function|module|collation sequence)|unsafe use of ", SCHEMA_FAILED),
    (r"non-deterministic use of ", SCHEMA_FAILED),
    (r"foreign key mismatch", SCHEMA_FAILED),
    (r"too many levels of trigger recursion", SCHEMA_FAILED),
    (r"malformed JSON|bad JSON path|JSON path error|JSON cannot hold BLOB", SCHEMA_FAILED),
    (r"json_\w+\(\) ", SCHEMA_FAILED),
    (r"integer overflow|LIKE or GLOB pattern too complex|ESCAPE expression", SCHEMA_FAILED),
    (r"(argument of|second argument to|frame (starting|ending) offset) ", SCHEMA_FAILED),
)
_EXPLAINED: Final = frozenset({FILTER_TOO_LARGE, SCHEMA_CHANGED, SCHEMA_FAILED})
_QUOTING: Final = re.compile(r"^(bad JSON path|JSON path error).*")
_PATTERNS: Final = tuple((re.compile(text), kind) for text, kind in TEXTS)


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
            if code == sqlite3.SQLITE_CONSTRAINT_TRIGGER and str(error) == _RESTRICTED:
                return FOREIGN_KEY_VIOLATION
            if code == sqlite3.SQLITE_ERROR:
                return _of_text(str(error))
            return EXTENDED.get(code) or PRIMARY.get(code & _PRIMARY_BITS, INTERNAL)


def failure(error: BaseException, sql: str, *, expose_raise: bool) -> ExecutionError:
    """
    Return *error*, which *sql* caused, as callers and the log get it.

    Callers get the text that a trigger raised if *expose_raise*; the log gets it always, and the
    text of what is wrong with the schema, which names functions and tables.
    """
    kind, raised = classify(error), _raised_text(error)
    text = raised
    if kind in _EXPLAINED:
        text = _QUOTING.sub(r"\1", shown_text(str(error)))
    why = None if text is None else f"{_name(error)} of {sql.split(maxsplit=1)[0]}: {text}"
    return ExecutionError(kind, (raised or "") if expose_raise else "").because(why)


def _of_text(text: str) -> ErrorKind:
    return next((kind for pattern, kind in _PATTERNS if pattern.match(text)), INTERNAL)


def _raised_text(error: BaseException) -> str | None:
    code: int = getattr(error, "sqlite_errorcode", -1)
    is_raised = code == sqlite3.SQLITE_CONSTRAINT_TRIGGER and str(error) != _RESTRICTED
    return shown_text(str(error)) if is_raised else None


def _name(error: BaseException) -> str:
    return str(getattr(error, "sqlite_errorname", type(error).__name__))
