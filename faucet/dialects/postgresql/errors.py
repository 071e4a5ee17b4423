"""PostgreSQL's SQLSTATEs as error kinds. Pure."""

from typing import Final

import psycopg

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

_STATES: Final = {
    "22001": OUT_OF_RANGE,
    "22003": OUT_OF_RANGE,
    "22008": OUT_OF_RANGE,
    "22015": OUT_OF_RANGE,
    "23001": FOREIGN_KEY_VIOLATION,
    "23502": NOT_NULL_VIOLATION,
    "23503": FOREIGN_KEY_VIOLATION,
    "23505": UNIQUE_VIOLATION,
    "23514": CHECK_VIOLATION,
    "23P01": UNIQUE_VIOLATION,
    "25006": READ_ONLY,
    "25P03": DATABASE_UNAVAILABLE,
    "25P04": STATEMENT_TIMEOUT,
    "3D000": DATABASE_UNAVAILABLE,
    "44000": CHECK_VIOLATION,
    "54000": OUT_OF_RANGE,
    "55P03": TRANSACTION_CONFLICT,
    "57014": STATEMENT_TIMEOUT,
    "57P01": DATABASE_UNAVAILABLE,
    "57P02": DATABASE_UNAVAILABLE,
    "57P03": DATABASE_UNAVAILABLE,
    "57P05": DATABASE_UNAVAILABLE,
    # A function's RAISE is a check by the schema's author.
    "P0001": CHECK_VIOLATION,
}
_CLASSES: Final = {
    "08": DATABASE_UNAVAILABLE,
    "22": INVALID_VALUE,
    "28": DATABASE_UNAVAILABLE,
    "40": TRANSACTION_CONFLICT,
    "53": DATABASE_UNAVAILABLE,
}


def classify(error: BaseException) -> ErrorKind:
    """Return the kind of *error* by its SQLSTATE; INTERNAL for any other."""
    match error:
        case psycopg.Error(sqlstate=str() as state):
            return _STATES.get(state) or _CLASSES.get(state[:2], INTERNAL)
        case psycopg.OperationalError():  # no connection, or a lost one
            return DATABASE_UNAVAILABLE
        # The driver rejects U+0000 and lone surrogates before they reach the server.
        case psycopg.DataError() | UnicodeError():
            return INVALID_VALUE
        case _:
            return INTERNAL
