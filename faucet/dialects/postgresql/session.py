"""The fixed settings of a session with PostgreSQL. Pure."""

import math
from typing import Final

import msgspec
from psycopg import ProgrammingError, conninfo

from faucet.errors import DATABASE_UNAVAILABLE, ExecutionError

_SETTINGS: Final = {
    "TimeZone": "UTC",
    "IntervalStyle": "iso_8601",
    "DateStyle": "ISO,YMD",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "lc_monetary": "C",
    "standard_conforming_strings": "on",
    "default_transaction_isolation": "read committed",
    "default_transaction_deferrable": "off",
}
# Unless the operator sets them: a lost host is noticed within half a minute.
_DEFAULTS: Final = {"keepalives_idle": "10", "keepalives_interval": "5", "keepalives_count": "3"}
_LEAST_CONNECT_TIMEOUT: Final = 2  # libpq rounds less up


class Pins(msgspec.Struct, frozen=True, kw_only=True):
    """
    What differs between sessions. Timeouts in seconds.

    *schema* is on the search path after pg_catalog, for the bodies of triggers and for the
    operators of extensions; without it, types print qualified.
    """

    statement_timeout: float
    connect_timeout: float
    read_only: bool
    schema: str | None = None


def connection_string(dsn: str, pins: Pins) -> str:
    """
    Return *dsn* with our settings as start-up options, so that no reset can undo them.

    Other settings of *dsn* are kept; ours take precedence. Raises `ExecutionError`
    DATABASE_UNAVAILABLE for a text that libpq cannot parse.
    """
    try:
        given = conninfo.conninfo_to_dict(dsn)
    except ProgrammingError as error:
        raise ExecutionError(DATABASE_UNAVAILABLE) from error
    ours = " ".join(f"-c {name}={_escape(value)}" for name, value in _settings(pins).items())
    theirs = given.get("options")
    timeout = max(_LEAST_CONNECT_TIMEOUT, math.ceil(pins.connect_timeout))
    merged: dict[str, str | int | None] = {
        **_DEFAULTS,
        "connect_timeout": str(timeout),
        **given,
        "options": f"{theirs} {ours}" if theirs else ours,
        "application_name": "faucet",
        "client_encoding": "UTF8",
    }
    return conninfo.make_conninfo("", **merged)


def _settings(pins: Pins) -> dict[str, str]:
    # pg_catalog comes first, so that no function shadows it, pg_temp last, so that no temporary
    # table shadows anything.
    path = ["pg_catalog", "pg_temp"]
    if pins.schema is not None:
        path.insert(1, '"' + pins.schema.replace('"', '""') + '"')
    return {
        **_SETTINGS,
        "statement_timeout": str(max(1, round(pins.statement_timeout * 1000))),
        "default_transaction_read_only": "on" if pins.read_only else "off",
        "search_path": ",".join(path),
    }


def _escape(value: str) -> str:
    return "".join(f"\\{char}" if char.isspace() or char == "\\" else char for char in value)
