"""PostgreSQL's errors as error kinds, and what the log and the caller get of them. Pure."""

import re
from typing import Any, Final

import psycopg

from faucet.dialects.postgresql.sqlstates import VALUE_INPUT, kind_of
from faucet.errors import (
    CHECK_VIOLATION,
    DATABASE_REFUSED,
    DATABASE_UNAVAILABLE,
    INTERNAL,
    INVALID_VALUE,
    OUT_OF_RANGE,
    ROW_CHECK,
    SCHEMA_CHANGED,
    SCHEMA_FAILED,
    ErrorKind,
    ExecutionError,
    shown_text,
)

_NO_PRIVILEGE: Final = "42501"
_EXCLUDED: Final = "23P01"
# Texts of these name what is in the schema; those of external routines may quote values.
_NAMING: Final = frozenset({DATABASE_REFUSED, SCHEMA_CHANGED, SCHEMA_FAILED})
_QUOTING: Final = frozenset({"38", "39"})
_OF_DATA: Final = frozenset({INVALID_VALUE, OUT_OF_RANGE, SCHEMA_FAILED})
# What a value can be refused with when it is read or assigned, as opposed to computed.
_VALUE_STATES: Final = VALUE_INPUT | {
    *("22000", "22001", "22003", "22007", "22008", "22009", "2200M", "2200N", "2200S", "22015"),
    *("22023", "22026", "22P02", "22P03", "22P05", "22021", "54000"),
}
_NUMBERED: Final = re.compile(r"^[^\n$]*\$(\d+) = ")
# Functions of the server, which no setting and no user's function can replace in a report.
_ROW_SECURITY: Final = "ExecWithCheckOptions"
_RAISE: Final = "exec_stmt_raise"


def classify(error: BaseException) -> ErrorKind:
    """Return the kind of *error* by its SQLSTATE; INTERNAL for any other."""
    match error:
        case psycopg.Error(sqlstate=str() as state):
            return _of_state(state, error.diag)
        case psycopg.OperationalError():  # no connection, or a lost one
            return DATABASE_UNAVAILABLE
        # The driver rejects U+0000 and lone surrogates before they reach the server.
        case psycopg.DataError() | UnicodeError():
            return INVALID_VALUE
        case _:
            return INTERNAL


def failure(error: BaseException, sql: str, *, expose_raise: bool) -> ExecutionError:
    """
    Return *error*, which *sql* caused, as callers and the log get it.

    Callers get the text that a function raised on purpose if *expose_raise*; the log gets it
    always.
    """
    raised = _raised_text(error) if expose_raise else None
    failed = ExecutionError(classify(error), raised or "").because(reason(error, sql))
    failed.parameter = _parameter(error)
    return failed


def reason(error: BaseException, sql: str) -> str | None:
    """
    Return what the log says of *error*, which *sql* caused: the database's own text if it names
    what is wrong with the schema or the user's privileges, an exclusion constraint is violated, or
    a function raised the error on purpose; the SQLSTATE alone if the text may quote values; None
    for any other.
    """
    match error:
        case psycopg.Error(sqlstate=str() as state):
            what = f"SQLSTATE {state} of {sql.split(maxsplit=1)[0]}"
            if _is_explained(error, state):
                return f"{what}: {shown_text(error.diag.message_primary or '')}"
            return what if classify(error) in _OF_DATA else None
        case _:
            return None


def _is_explained(error: psycopg.Error, state: str) -> bool:
    if _raised_text(error) is not None or state == _EXCLUDED:
        return True
    return classify(error) in _NAMING and state[:2] not in _QUOTING


def _of_state(state: str, diagnostics: Any) -> ErrorKind:
    kind, source = kind_of(state), diagnostics.source_function
    if source == _RAISE:
        # A function's RAISE with a code of its own is a check by the schema's author.
        is_own = kind in {SCHEMA_CHANGED, SCHEMA_FAILED, INTERNAL}
        return CHECK_VIOLATION if is_own else kind
    if state == _NO_PRIVILEGE and source == _ROW_SECURITY:
        return ROW_CHECK
    if state not in VALUE_INPUT or diagnostics.statement_position is not None:
        return kind
    if diagnostics.internal_query is not None:
        return SCHEMA_FAILED  # of a statement in a function
    # Without a context, a name is one of the statement.
    is_changed = kind is SCHEMA_CHANGED and diagnostics.context is None
    return kind if is_changed else INVALID_VALUE


def _parameter(error: BaseException) -> int | None:
    """
    Return which value the server could not read: its number, 0 if the server does not number it.

    The number is in the context, in whatever language. The input of a value has no other context.
    """
    if not isinstance(error, psycopg.Error) or error.diag.source_function == _RAISE:
        return None
    if found := _NUMBERED.search(error.diag.context or ""):
        return int(found[1])
    is_input = error.sqlstate in _VALUE_STATES and error.diag.context is None
    return 0 if is_input else None


def _raised_text(error: BaseException) -> str | None:
    match error:
        case psycopg.Error() if error.diag.source_function == _RAISE:
            return shown_text(error.diag.message_primary or "")
        case _:
            return None
