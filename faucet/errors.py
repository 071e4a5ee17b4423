"""Error kinds and the request exceptions that carry them.

FaucetError
├── AuthenticationError   the caller is not authenticated
├── RequestError          the request cannot be parsed
├── AuthorizationError    the request is not granted
├── PlanError             the request does not fit the catalog
└── ExecutionError        the database rejected the statement or failed
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Self

import msgspec


class Operations(StrEnum):
    """Which documented operations can fail with an error."""

    ALL = "all"
    WRITES = "writes"
    NONE = "none"


class ErrorKind(msgspec.Struct, frozen=True):
    """
    A stable error type with its HTTP status and its short title; never reused.

    *retry_after* is in seconds, None where trying again later does not help.
    """

    type: str
    status: int
    title: str
    operations: Operations = Operations.ALL
    retry_after: int | None = None


UNAUTHORIZED: Final = ErrorKind("unauthorized", 401, "no valid credential")
NO_ROLE: Final = ErrorKind("no_role", 403, "the credential carries no role of this manifest")
AMBIGUOUS_ROLE: Final = ErrorKind(
    "ambiguous_role", 403, "the credential carries more than one role"
)
NOT_GRANTED: Final = ErrorKind("not_granted", 403, "not granted")
READ_ONLY: Final = ErrorKind(
    "read_only", 403, "the service or view is read-only", operations=Operations.WRITES
)
COLUMN_NOT_WRITABLE: Final = ErrorKind(
    "column_not_writable", 403, "the column may not be written", operations=Operations.WRITES
)
AGGREGATE_NOT_GRANTED: Final = ErrorKind(
    "aggregate_not_granted", 403, "functions and group need a grant with aggregate: true"
)
ROW_CHECK: Final = ErrorKind(
    "row_check",
    403,
    "the row would be outside what this role may write",
    operations=Operations.WRITES,
)
DATABASE_REFUSED: Final = ErrorKind("database_refused", 403, "the database does not allow this")
CLAIM_MISSING: Final = ErrorKind(
    "claim_missing",
    403,
    "the credential lacks a claim that a rule needs, or the claim has the wrong type",
)
ORIGIN_NOT_ALLOWED: Final = ErrorKind(
    "origin_not_allowed",
    403,
    "a web page of another origin needs a credential to write",
    operations=Operations.WRITES,
)
UNKNOWN_SERVICE: Final = ErrorKind("unknown_service", 404, "no such service")
UNKNOWN_TABLE: Final = ErrorKind("unknown_table", 404, "no such table")
UNKNOWN_ROUTE: Final = ErrorKind("unknown_route", 404, "no such route")
ROW_NOT_FOUND: Final = ErrorKind("row_not_found", 404, "no such row")
METHOD_NOT_ALLOWED: Final = ErrorKind(
    "method_not_allowed", 405, "the route does not allow this method", operations=Operations.NONE
)
INVALID_REQUEST: Final = ErrorKind(
    "invalid_request",
    400,
    "the request is not valid HTTP, or its head has more than 64 KiB or too many headers",
)
INVALID_PATH: Final = ErrorKind("invalid_path", 400, "the path is invalid")
UNKNOWN_PARAMETER: Final = ErrorKind("unknown_parameter", 400, "unknown parameter")
INVALID_PARAMETER: Final = ErrorKind("invalid_parameter", 400, "the parameter is invalid")
INVALID_BODY: Final = ErrorKind(
    "invalid_body", 400, "the body is invalid", operations=Operations.WRITES
)
INVALID_VALUE: Final = ErrorKind("invalid_value", 400, "the value does not fit its column")
JSON_AS_TEXT: Final = ErrorKind(
    "json_as_text", 400, "a string was sent for a JSON column; send the document itself"
)
WRONG_TYPE: Final = ErrorKind(
    "wrong_type", 400, "the column's type does not support this operation"
)
UNKNOWN_COLUMN: Final = ErrorKind("unknown_column", 400, "no such column")
MASKED_COLUMN: Final = ErrorKind(
    "masked_column",
    400,
    "a masked column can be returned, but not used in filter, order, group, ids or a function",
)
DUPLICATE_ALIAS: Final = ErrorKind("duplicate_alias", 400, "two outputs have the same name")
FILTER_SYNTAX: Final = ErrorKind("filter_syntax", 400, "the filter is invalid")
FILTER_TOO_LARGE: Final = ErrorKind("filter_too_large", 400, "the filter exceeds its limits")
NO_SELECTOR: Final = ErrorKind(
    "no_selector", 400, "the write selects no rows", operations=Operations.WRITES
)
NO_KEY: Final = ErrorKind("no_key", 400, "the table has no key that this role may use")
KEY_MISMATCH: Final = ErrorKind(
    "key_mismatch",
    400,
    "the key in the body differs from the key in the path",
    operations=Operations.WRITES,
)
NOT_NULL_VIOLATION: Final = ErrorKind(
    "not_null_violation", 400, "a required value is missing", operations=Operations.WRITES
)
CHECK_VIOLATION: Final = ErrorKind(
    "check_violation", 400, "the row violates a check of its table", operations=Operations.WRITES
)
OUT_OF_RANGE: Final = ErrorKind("out_of_range", 400, "the value is out of range for its column")
UNIQUE_VIOLATION: Final = ErrorKind(
    "unique_violation", 409, "a row with this key already exists", operations=Operations.WRITES
)
FOREIGN_KEY_VIOLATION: Final = ErrorKind(
    "foreign_key_violation",
    409,
    "a referenced row is missing, or this row is still referenced",
    operations=Operations.WRITES,
)
TRANSACTION_CONFLICT: Final = ErrorKind(
    "transaction_conflict",
    409,
    "the request conflicts with another transaction; nothing was written, try again",
)
SCHEMA_FAILED: Final = ErrorKind(
    "schema_failed",
    400,
    "a function, trigger or expression of the database's own schema failed on these rows",
)
REQUEST_TIMEOUT: Final = ErrorKind(
    "request_timeout", 408, "the request was not received in time", operations=Operations.WRITES
)
BODY_TOO_LARGE: Final = ErrorKind(
    "body_too_large", 413, "the body is too large", operations=Operations.WRITES
)
BATCH_TOO_LARGE: Final = ErrorKind(
    "batch_too_large", 413, "too many records in one request", operations=Operations.WRITES
)
RESPONSE_TOO_LARGE: Final = ErrorKind(
    "response_too_large", 413, "the rows exceed the maximum size of a response; ask for fewer"
)
URL_TOO_LONG: Final = ErrorKind("url_too_long", 414, "the URL is longer than 60 KiB")
UNSUPPORTED_MEDIA_TYPE: Final = ErrorKind(
    "unsupported_media_type",
    415,
    "the content type or encoding of the body is not supported",
    operations=Operations.WRITES,
)
MISDIRECTED_REQUEST: Final = ErrorKind(
    "misdirected_request", 421, "this server does not answer for the host of the request"
)
INTERNAL: Final = ErrorKind("internal", 500, "internal error; see the log for details")
TOO_MANY_CONNECTIONS: Final = ErrorKind(
    "too_many_connections",
    503,
    "the server has as many open connections as it accepts",
    retry_after=1,
)
TOO_MANY_SESSIONS: Final = ErrorKind(
    "too_many_sessions",
    503,
    "this caller has too many open sessions; end some of them",
    operations=Operations.NONE,
)
TOO_MANY_BODIES: Final = ErrorKind(
    "too_many_bodies",
    503,
    "the server receives as many bodies as it has memory for; try again",
    operations=Operations.WRITES,
    retry_after=1,
)
DATABASE_UNAVAILABLE: Final = ErrorKind(
    "database_unavailable", 503, "the database cannot be reached", retry_after=5
)
SCHEMA_CHANGED: Final = ErrorKind(
    "schema_changed",
    503,
    "the database's tables differ from what was read of them; they are being read again",
    retry_after=2,
)
GENERATION_ENDED: Final = ErrorKind(
    "generation_ended",
    503,
    "the configuration changed, and the request did not end in time",
    retry_after=1,
)
POOL_EXHAUSTED: Final = ErrorKind(
    "pool_exhausted", 503, "all connections of the service are busy", retry_after=1
)
STATEMENT_TIMEOUT: Final = ErrorKind("statement_timeout", 504, "the statement timed out")


_LONGEST_TEXT: Final = 500
_LONGEST_MESSAGE: Final = 1_000
_LONGEST_NAME: Final = 200


def shown_text(text: str) -> str:
    """Return a database's *text* as one line of at most 500 characters."""
    printable = "".join(each if each.isprintable() else " " for each in text)
    return printable[:_LONGEST_TEXT]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


class FaucetError(Exception):
    """
    A failure that is reported to the caller.

    *message* and *context* reach the client, so they contain names that the caller sent and never
    values read from a database; both are cut, as such a name may be as long as a body. Without
    *message* the kind's title is the message. *reason* is for the log only, where the client may
    not know why; it contains no secret.
    """

    def __init__(self, kind: ErrorKind, /, message: str = "", **context: object) -> None:
        message = _cut(message or kind.title, _LONGEST_MESSAGE)
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.reason: str | None = None
        self.context: Mapping[str, object] = {
            name: _cut(value, _LONGEST_NAME) if isinstance(value, str) else value
            for name, value in context.items()
        }

    def because(self, reason: str | None) -> Self:
        """Return this error with *reason*."""
        self.reason = reason
        return self


class AuthenticationError(FaucetError):
    """The caller is not authenticated."""


class RequestError(FaucetError):
    """The request cannot be parsed."""


class AuthorizationError(FaucetError):
    """The request is not granted."""


class PlanError(FaucetError):
    """The request does not fit the catalog."""


class ExecutionError(FaucetError):
    """
    The database rejected the statement or failed.

    *parameter* is the number of the value that it refused, from 1; 0 for a value that it does not
    number, None if it refused none. *column* is the one that this value is for, if known.
    """

    parameter: int | None = None
    column: str | None = None
