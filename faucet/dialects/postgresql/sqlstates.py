"""What each SQLSTATE of PostgreSQL means for a request: the whole table, as data. Pure.

A state that is in neither table is a fault of Faucet or of the server: 500 `internal`, reported.
"""

from collections.abc import Mapping
from typing import Final

from faucet.errors import (
    CHECK_VIOLATION,
    COLUMN_NOT_WRITABLE,
    DATABASE_REFUSED,
    DATABASE_UNAVAILABLE,
    FILTER_TOO_LARGE,
    FOREIGN_KEY_VIOLATION,
    INTERNAL,
    INVALID_VALUE,
    NOT_NULL_VIOLATION,
    OUT_OF_RANGE,
    READ_ONLY,
    ROW_CHECK,
    SCHEMA_CHANGED,
    SCHEMA_FAILED,
    STATEMENT_TIMEOUT,
    TRANSACTION_CONFLICT,
    UNIQUE_VIOLATION,
    ErrorKind,
)

STATES: Final[Mapping[str, ErrorKind]] = {
    # Feature not supported: of a prepared statement whose columns have other types now, or of a
    # view that is another one now.
    "0A000": SCHEMA_CHANGED,
    "22001": OUT_OF_RANGE,  # string_data_right_truncation
    "22003": OUT_OF_RANGE,  # numeric_value_out_of_range
    "22008": OUT_OF_RANGE,  # datetime_field_overflow
    "22015": OUT_OF_RANGE,  # interval_field_overflow
    "22026": OUT_OF_RANGE,  # string_data_length_mismatch
    "23001": FOREIGN_KEY_VIOLATION,  # restrict_violation
    "23502": NOT_NULL_VIOLATION,
    "23503": FOREIGN_KEY_VIOLATION,
    "23505": UNIQUE_VIOLATION,
    "23P01": UNIQUE_VIOLATION,  # exclusion_violation
    "25001": SCHEMA_FAILED,  # active_sql_transaction: a function sets its isolation
    "25006": READ_ONLY,  # read_only_sql_transaction
    "25P03": DATABASE_UNAVAILABLE,  # idle_in_transaction_session_timeout
    "25P04": STATEMENT_TIMEOUT,  # transaction_timeout
    "26000": SCHEMA_CHANGED,  # a prepared statement is gone
    "3D000": DATABASE_UNAVAILABLE,  # invalid_catalog_name
    "3F000": SCHEMA_CHANGED,  # invalid_schema_name
    "42501": DATABASE_REFUSED,  # insufficient_privilege
    "428C9": COLUMN_NOT_WRITABLE,  # generated_always
    "42703": SCHEMA_CHANGED,  # undefined_column
    "42704": SCHEMA_CHANGED,  # undefined_object
    "42804": SCHEMA_CHANGED,  # datatype_mismatch
    "42809": SCHEMA_CHANGED,  # wrong_object_type
    "42883": SCHEMA_CHANGED,  # undefined_function
    "42P01": SCHEMA_CHANGED,  # undefined_table
    "42P17": SCHEMA_FAILED,  # invalid_object_definition: a policy or rule that refers to itself
    "44000": ROW_CHECK,  # with_check_option_violation
    "54000": OUT_OF_RANGE,  # program_limit_exceeded: a value too large for its index
    "54001": SCHEMA_FAILED,  # statement_too_complex: a trigger or function without end
    # Object not in prerequisite state: a materialized view without rows yet, or an update of a
    # published table without a replica identity.
    "55000": DATABASE_REFUSED,
    "55006": SCHEMA_FAILED,  # object_in_use: a trigger alters its table
    "55P02": SCHEMA_FAILED,  # cant_change_runtime_param
    "55P03": TRANSACTION_CONFLICT,  # lock_not_available
    "55P04": SCHEMA_FAILED,  # unsafe_new_enum_value_usage
    "57014": STATEMENT_TIMEOUT,  # query_canceled
    "P0001": CHECK_VIOLATION,  # raise_exception: a check by the schema's author
    "XX000": INTERNAL,
    "XX001": INTERNAL,
    "XX002": INTERNAL,
}
CLASSES: Final[Mapping[str, ErrorKind]] = {
    "08": DATABASE_UNAVAILABLE,  # connection
    "09": SCHEMA_FAILED,  # triggered action
    "0P": SCHEMA_FAILED,  # role specification, of a function
    "20": SCHEMA_FAILED,  # CASE without a match, in a function
    "21": SCHEMA_FAILED,  # more than one row of a subquery
    "22": INVALID_VALUE,  # data
    "23": CHECK_VIOLATION,  # integrity constraint
    "24": SCHEMA_FAILED,  # cursor of a function
    "28": DATABASE_UNAVAILABLE,  # authorization
    "2D": SCHEMA_FAILED,  # end of the transaction in a function
    "2F": SCHEMA_FAILED,  # SQL routine
    "34": SCHEMA_FAILED,  # cursor name in a function
    "38": SCHEMA_FAILED,  # external routine
    "39": SCHEMA_FAILED,  # call of an external routine
    "3B": SCHEMA_FAILED,  # savepoint in a function
    "40": TRANSACTION_CONFLICT,  # rollback
    "53": DATABASE_UNAVAILABLE,  # resources
    "54": FILTER_TOO_LARGE,  # program limits
    "57": DATABASE_UNAVAILABLE,  # operator intervention
    "58": DATABASE_UNAVAILABLE,  # system
    "72": TRANSACTION_CONFLICT,  # snapshot
    "HV": DATABASE_UNAVAILABLE,  # foreign data wrapper
    "P0": SCHEMA_FAILED,  # PL/pgSQL: no row, too many rows, an assertion
}
VALUE_INPUT: Final = frozenset(
    {"0A000", "3F000", "42601", "42602", "42622", "42703", "42704", "42725", "42883", "42P01"}
)
"""
States that the input of a value can have too: a jsonpath, tsquery or regclass is parsed and looked
up like a part of a statement.
"""


def kind_of(state: str) -> ErrorKind:
    """Return the kind of *state*, whatever raised it."""
    return STATES.get(state) or CLASSES.get(state[:2], INTERNAL)
