"""Error kinds and the request exceptions that carry them.

FaucetError
├── AuthenticationError   the caller is not authenticated
├── RequestError          the request cannot be parsed
├── AuthorizationError    the request is not granted
├── PlanError             the request does not fit the catalog
└── ExecutionError        the database rejected the statement or failed
"""

from collections.abc import Mapping
from typing import Final, Self

import msgspec


class ErrorKind(msgspec.Struct, frozen=True):
    """A stable error type with its HTTP status and its short title; never reused."""

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
ROW_CHECK: Final = ErrorKind("row_check", 403, "the row would be outside what this role may write")
CLAIM_MISSING: Final = ErrorKind(
    "claim_missing",
    403,
    "the credential lacks a claim that a rule needs, or the claim has the wrong type",
)
UNKNOWN_SERVICE: Final = ErrorKind("unknown_service", 404, "no such service")
UNKNOWN_TABLE: Final = ErrorKind("unknown_table", 404, "no such table")
UNKNOWN_ROUTE: Final = ErrorKind("unknown_route", 404, "no such route")
ROW_NOT_FOUND: Final = ErrorKind("row_not_found", 404, "no such row")
METHOD_NOT_ALLOWED: Final = ErrorKind(
    "method_not_allowed", 405, "the route does not allow this method"
)
INVALID_PATH: Final = ErrorKind("invalid_path", 400, "the path is invalid")
UNKNOWN_PARAMETER: Final = ErrorKind("unknown_parameter", 400, "unknown parameter")
INVALID_PARAMETER: Final = ErrorKind("invalid_parameter", 400, "the parameter is invalid")
INVALID_BODY: Final = ErrorKind("invalid_body", 400, "the body is invalid")
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
NO_SELECTOR: Final = ErrorKind("no_selector", 400, "the write selects no rows")
NO_KEY: Final = ErrorKind("no_key", 400, "the table has no key that this role may use")
KEY_MISMATCH: Final = ErrorKind(
    "key_mismatch", 400, "the key in the body differs from the key in the path"
)
NOT_NULL_VIOLATION: Final = ErrorKind("not_null_violation", 400, "a required value is missing")
CHECK_VIOLATION: Final = ErrorKind("check_violation", 400, "the row violates a check of its table")
OUT_OF_RANGE: Final = ErrorKind("out_of_range", 400, "the value is out of range for its column")
UNIQUE_VIOLATION: Final = ErrorKind("unique_violation", 409, "a row with this key already exists")
FOREIGN_KEY_VIOLATION: Final = ErrorKind(
    "foreign_key_violation", 409, "a referenced row is missing, or this row is still referenced"
)
TRANSACTION_CONFLICT: Final = ErrorKind(
    "transaction_conflict",
    409,
    "the write conflicts with another transaction; nothing was written, try again",
)
BODY_TOO_LARGE: Final = ErrorKind("body_too_large", 413, "the body is too large")
BATCH_TOO_LARGE: Final = ErrorKind("batch_too_large", 413, "too many records in one request")
URL_TOO_LONG: Final = ErrorKind("url_too_long", 414, "the URL is longer than 60 KiB")
UNSUPPORTED_MEDIA_TYPE: Final = ErrorKind(
    "unsupported_media_type", 415, "the content type or encoding of the body is not supported"
)
INTERNAL: Final = ErrorKind("internal", 500, "internal error; see the log for details")
DATABASE_UNAVAILABLE: Final = ErrorKind(
    "database_unavailable", 503, "the database cannot be reached"
)
POOL_EXHAUSTED: Final = ErrorKind("pool_exhausted", 503, "all connections of the service are busy")
STATEMENT_TIMEOUT: Final = ErrorKind("statement_timeout", 504, "the statement timed out")


class FaucetError(Exception):
    """
    A failure that is reported to the caller.

    *message* and *context* reach the client, so they contain names that the caller sent and never
    values read from a database. Without *message* the kind's title is the message. *reason* is for
    the log only, where the client may not know why; it contains no secret and nothing that was
    sent.
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
    """The caller is not authenticated."""


class RequestError(FaucetError):
    """The request cannot be parsed."""


class AuthorizationError(FaucetError):
    """The request is not granted."""


class PlanError(FaucetError):
    """The request does not fit the catalog."""


class ExecutionError(FaucetError):
    """The database rejected the statement or failed."""
