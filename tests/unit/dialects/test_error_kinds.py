"""Every state and code that a database can report has a kind, or is known to be a fault."""

import sqlite3
from contextlib import closing
from typing import Any

import psycopg
import pytest

from faucet.dialects.postgresql import errors as postgresql
from faucet.dialects.postgresql.sqlstates import CLASSES, STATES, VALUE_INPUT, kind_of
from faucet.dialects.sqlite import errors as sqlite
from faucet.errors import (
    FILTER_TOO_LARGE,
    INTERNAL,
    SCHEMA_FAILED,
    STATEMENT_TIMEOUT,
    UNIQUE_VIOLATION,
    ErrorKind,
)

_KNOWN = {
    found.sqlstate
    for found in vars(psycopg.errors).values()
    if isinstance(found, type) and issubclass(found, psycopg.Error) and found.sqlstate
}
# Of statements that Faucet does not write, or writes wrongly; and of the server itself.
_FAULTS = {"02", "03", "0B", "0F", "0L", "0Z", "10", "25", "27", "2B", "42", "F0", "XX"}
# Result codes that are no errors, or that only misuse of the library gives.
_MISUSED = {
    "ABORT",
    "AUTH",
    "DONE",
    "EMPTY",
    "ERROR",
    "FORMAT",
    "INTERNAL",
    "MISUSE",
    "NOTFOUND",
    "NOTICE",
    "OK",
    "RANGE",
    "ROW",
    "WARNING",
}

_ACTIONS = {
    "ALTER",
    "ANALYZE",
    "ATTACH",
    "CREATE",
    "DELETE",
    "DETACH",
    "DROP",
    "FUNCTION",
    "INSERT",
    "PRAGMA",
    "READ",
    "RECURSIVE",
    "REINDEX",
    "SAVEPOINT",
    "SELECT",
    "TRANSACTION",
    "UPDATE",
}
"""What an authorizer is asked about; not result codes."""


def test_a_state_without_a_kind_is_a_fault_of_a_statement_or_of_the_server():
    unknown = {state for state in _KNOWN if kind_of(state) is INTERNAL}

    assert {state[:2] for state in unknown} <= _FAULTS
    assert not {"22", "23", "40", "53", "57", "58", "P0"} & {state[:2] for state in unknown}


def test_the_tables_name_states_that_exist():
    classes = {state[:2] for state in _KNOWN}

    # PostgreSQL 17 has the first; drivers name them later.
    assert STATES.keys() - _KNOWN <= {"25P04"}
    assert CLASSES.keys() - classes <= {"72"}
    assert VALUE_INPUT <= _KNOWN


@pytest.mark.parametrize("state", sorted(_KNOWN))
def test_a_state_has_the_kind_of_its_table(state: str):
    error = psycopg.errors.lookup(state)("no text of it")

    kind = postgresql.classify(error)

    expected = STATES.get(state) or CLASSES.get(state[:2], INTERNAL)
    assert kind is (expected if state not in VALUE_INPUT else kind)
    assert isinstance(kind, ErrorKind)
    assert postgresql.failure(error, "SELECT 1", expose_raise=True).message == kind.title


def _codes() -> dict[str, int]:
    """Return the result codes of SQLite by name."""
    codes: dict[str, Any] = {
        name.removeprefix("SQLITE_"): code
        for name, code in vars(sqlite3).items()
        if name.startswith("SQLITE_")
    }
    others = {*_ACTIONS, "DBCONFIG", "DENY", "IGNORE", "LIMIT"}
    return {name: code for name, code in codes.items() if name.partition("_")[0] not in others}


def _error(code: int, text: str = "") -> sqlite3.Error:
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    return error


def test_a_code_without_a_kind_is_misuse():
    unknown = {name for name, code in _codes().items() if sqlite.classify(_error(code)) is INTERNAL}

    assert {name.partition("_")[0] for name in unknown} <= _MISUSED


def test_the_extended_code_decides_before_the_primary_one():
    assert sqlite.classify(_error(sqlite3.SQLITE_CONSTRAINT_UNIQUE)) is UNIQUE_VIOLATION
    assert sqlite.classify(_error(sqlite3.SQLITE_ERROR_MISSING_COLLSEQ)) is SCHEMA_FAILED
    assert sqlite.classify(_error(sqlite3.SQLITE_INTERRUPT)) is STATEMENT_TIMEOUT


@pytest.mark.parametrize(
    ("limit", "most", "statement"),
    [
        (sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 3, "SELECT ?1 + ?2 + ?3 + ?4"),
        (sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 3, "SELECT ?, ?, ?, ?"),
        (sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 5, "SELECT 1 OR 2 OR 3 OR 4 OR 5 OR 6"),
        (sqlite3.SQLITE_LIMIT_COLUMN, 3, "SELECT 1, 2, 3, 4"),
        (sqlite3.SQLITE_LIMIT_COMPOUND_SELECT, 2, "SELECT 1 UNION SELECT 2 UNION SELECT 3"),
    ],
)
def test_a_statement_beyond_a_limit_of_sqlite_is_too_large_a_request(
    limit: int, most: int, statement: str
):
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.setlimit(limit, most)

        with pytest.raises(sqlite3.OperationalError) as failed:
            connection.execute(statement, (1,) * 4 if "?" in statement else ())

    assert sqlite.classify(failed.value) is FILTER_TOO_LARGE


def test_a_statement_that_older_parsers_cannot_hold_is_too_large_a_request():
    error = _error(sqlite3.SQLITE_ERROR, "parser stack overflow")

    assert sqlite.classify(error) is FILTER_TOO_LARGE


@pytest.mark.parametrize("state", ["54011", "54023"])
def test_a_statement_beyond_a_limit_of_postgresql_is_too_large_a_request(state: str):
    assert kind_of(state) is FILTER_TOO_LARGE


@pytest.mark.parametrize("text", ['near ")": syntax error', "no such savepoint: faucet", ""])
def test_a_text_that_no_pattern_matches_is_a_fault(text: str):
    assert sqlite.classify(_error(sqlite3.SQLITE_ERROR, text)) is INTERNAL
