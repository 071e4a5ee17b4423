"""Error kinds and the request exceptions that carry them.

FaucetError
├── AuthenticationError   who asks is not proven
├── RequestError          what is asked cannot be read
├── AuthorizationError    what is asked is not granted
├── PlanError             what is asked does not fit the catalog
└── ExecutionError        the database refused or failed
"""

from collections.abc import Mapping
from typing import Final, Self

import msgspec


class ErrorKind(msgspec.Struct, frozen=True):
    """A stable error word with its HTTP status and its short title; never reused."""

    type: str
    status: int
    title: str


UNAUTHORIZED: Final = ErrorKind("unauthorized", 401, "no valid credential")
NO_ROLE: Final = ErrorKind("no_role", 403, "the credential carries no role of this manifest")
AMBIGUOUS_ROLE: Final = ErrorKind(
    "ambiguous_role", 403, "the credential carries more than one role"
)
NOT_GRANTED: Final = ErrorKind("not_granted", 403, "not granted")
READ_ONLY: Final = ErrorKind("read_only", 403, "the service or view is read-only")
COLUMN_NOT_WRITABLE: Final = ErrorKind("column_not_writable", 403, "the column may not be written")
AGGREGATE_NOT_GRANTED: Final = ErrorKind(
    "aggregate_not_granted", 403, "functions and group need a grant with aggregate: true"
)
ROW_CHECK: Final = ErrorKind("row_check", 403, "the row would leave what this role may write")
CLAIM_MISSING: Final = ErrorKind(
    "claim_missing", 403, "the credential lacks a claim that a rule needs, or it has another type"
)
UNKNOWN_SERVICE: Final = ErrorKind("unknown_service", 404, "no such service")
UNKNOWN_TABLE: Final = ErrorKind("unknown_table", 404, "no such table")
UNKNOWN_ROUTE: Final = ErrorKind("unknown_route", 404, "no such route")
ROW_NOT_FOUND: Final = ErrorKind("row_not_found", 404, "no such row")
METHOD_NOT_ALLOWED: Final = ErrorKind(
    "method_not_allowed", 405, "the route does not take this method"
)
INVALID_PATH: Final = ErrorKind("invalid_path", 400, "the path cannot be read")
UNKNOWN_PARAMETER: Final = ErrorKind("unknown_parameter", 400, "unknown parameter")
INVALID_PARAMETER: Final = ErrorKind("invalid_parameter", 400, "the parameter cannot be read")
INVALID_BODY: Final = ErrorKind("invalid_body", 400, "the body cannot be read")
INVALID_VALUE: Final = ErrorKind("invalid_value", 400, "the value does not fit its column")
JSON_AS_TEXT: Final = ErrorKind(
    "json_as_text", 400, "a text was sent for a JSON column; send the document itself"
)
WRONG_TYPE: Final = ErrorKind("wrong_type", 400, "the column's type does not take this operation")
UNKNOWN_COLUMN: Final = ErrorKind("unknown_column", 400, "no such column")
MASKED_COLUMN: Final = ErrorKind("masked_column", 400, "a masked column can only be selected")
DUPLICATE_ALIAS: Final = ErrorKind("duplicate_alias", 400, "two outputs have one name")
FILTER_SYNTAX: Final = ErrorKind("filter_syntax", 400, "the filter cannot be read")
FILTER_TOO_LARGE: Final = ErrorKind("filter_too_large", 400, "the filter is over its limits")
NO_SELECTOR: Final = ErrorKind("no_selector", 400, "the write names no rows")
NO_KEY: Final = ErrorKind("no_key", 400, "the table has no key that this role may use")
KEY_MISMATCH: Final = ErrorKind("key_mismatch", 400, "the body's key is not the path's key")
NOT_NULL_VIOLATION: Final = ErrorKind("not_null_violation", 400, "a required value is missing")
CHECK_VIOLATION: Final = ErrorKind("check_violation", 400, "the row breaks a check of its table")
OUT_OF_RANGE: Final = ErrorKind("out_of_range", 400, "the value is out of its column's range")
UNIQUE_VIOLATION: Final = ErrorKind("unique_violation", 409, "a row with this key exists already")
FOREIGN_KEY_VIOLATION: Final = ErrorKind(
    "foreign_key_violation", 409, "a referenced row is missing, or this row is still referenced"
)
TRANSACTION_CONFLICT: Final = ErrorKind(
    "transaction_conflict",
    409,
    "another transaction was in the way; nothing was written, try again",
)
BODY_TOO_LARGE: Final = ErrorKind("body_too_large", 413, "the body is too large")
BATCH_TOO_LARGE: Final = ErrorKind("batch_too_large", 413, "too many records in one request")
URL_TOO_LONG: Final = ErrorKind("url_too_long", 414, "the URL is longer than 60 KiB")
UNSUPPORTED_MEDIA_TYPE: Final = ErrorKind(
    "unsupported_media_type", 415, "the body has a content type or encoding that is not read here"
)
INTERNAL: Final = ErrorKind("internal", 500, "an unforeseen failure; the log has the rest")
DATABASE_UNAVAILABLE: Final = ErrorKind(
    "database_unavailable", 503, "the database cannot be reached"
)
POOL_EXHAUSTED: Final = ErrorKind("pool_exhausted", 503, "all connections of the service are busy")
STATEMENT_TIMEOUT: Final = ErrorKind("statement_timeout", 504, "the statement ran out of time")


class FaucetError(Exception):
    """
    A failure that a caller is told about.

    *message* and *context* reach the client, so they hold names the caller sent and never values
    read from a database. Without *message* the kind's title is the message. *reason* is for the
    log alone: why, where the client may not know; it holds no secret and nothing that was sent.
    """

    def __init__(self, kind: ErrorKind, /, message: str = "", **context: object) -> None:
        super().__init__(message or kind.title)
        self.kind = kind
        self.message = message or kind.title
        self.reason: str | None = None
        self.context: Mapping[str, object] = context

    def because(self, reason: str | None) -> Self:
        """Return this error with *reason*."""
        self.reason = reason
        return self


class AuthenticationError(FaucetError):
    """Who asks is not proven."""


class RequestError(FaucetError):
    """What is asked cannot be read."""


class AuthorizationError(FaucetError):
    """What is asked is not granted."""


class PlanError(FaucetError):
    """What is asked does not fit the catalog."""


class ExecutionError(FaucetError):
    """The database refused or failed."""
