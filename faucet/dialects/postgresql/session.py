"""The fixed settings of a session with PostgreSQL. Pure."""

import math
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from psycopg import ProgrammingError, conninfo

from faucet.errors import DATABASE_UNAVAILABLE, ExecutionError
from faucet.executors.postgresql_session import MARK, Session, literal

# Whatever a database or a role can set, and our statements or the spelling of values depend on.
_SETTINGS: Final = {
    "TimeZone": "UTC",
    "IntervalStyle": "iso_8601",
    "DateStyle": "ISO,YMD",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "lc_monetary": "C",
    "standard_conforming_strings": "on",
    "array_nulls": "on",
    "quote_all_identifiers": "off",
    "transform_null_equals": "off",
    "row_security": "on",
    "xmloption": "content",
    "gin_fuzzy_search_limit": "0",
    "exit_on_error": "off",
    "default_transaction_isolation": "read committed",
    "default_transaction_deferrable": "off",
}
# Unless the operator sets them: a lost host is noticed within half a minute.
_DEFAULTS: Final = {
    "application_name": "faucet",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
}
# libpq would ask for our own default_transaction_read_only, so it asks for the server's role.
_SERVER_ROLES: Final = {"read-write": "primary", "read-only": "standby"}
_LEAST_CONNECT_TIMEOUT: Final = 2  # libpq rounds less up
_WORDS: Final = re.compile(r"(?:[^\s\\]|\\.)+", re.DOTALL)


class Pins(msgspec.Struct, frozen=True, kw_only=True):
    """
    What differs between sessions. Timeouts in seconds.

    *schema* is on the search path after pg_catalog, for the bodies of triggers and for the
    operators of extensions; without it, types print qualified. *pooled*: a transaction pooler gives
    each transaction a session of its own.
    """

    statement_timeout: float
    connect_timeout: float
    read_only: bool
    schema: str | None = None
    pooled: bool = False


def session_of(dsn: str, pins: Pins) -> Session:
    """
    Return how a session of *dsn* is opened with our settings.

    They are start-up options, so that no reset can undo them; where a pooler has the sessions, each
    transaction sets them. Other settings of *dsn* are kept; ours take precedence. Raises
    `ExecutionError` DATABASE_UNAVAILABLE for a text that libpq cannot parse, and for options that
    only a start-up can have.
    """
    try:
        given = conninfo.conninfo_to_dict(dsn)
        theirs = str(given.pop("options", None) or "")
        # None of the environment's.
        options = "" if pins.pooled else f"{theirs} {_options(_settings(pins))}".strip()
        return Session(
            connection_string=_connection_string(given, options, pins.connect_timeout),
            pins=_statements({**_read_options(theirs), **_settings(pins)}) if pins.pooled else (),
            read_only=pins.read_only,
        )
    except ProgrammingError as error:
        raise ExecutionError(DATABASE_UNAVAILABLE) from error


def _connection_string(given: Mapping[str, Any], options: str, patience: float) -> str:
    merged: dict[str, Any] = {
        **_DEFAULTS,
        "connect_timeout": str(max(_LEAST_CONNECT_TIMEOUT, math.ceil(patience))),
        **given,
        "options": options,
        "client_encoding": "UTF8",
    }
    if role := _SERVER_ROLES.get(str(given.get("target_session_attrs"))):
        merged["target_session_attrs"] = role
    return conninfo.make_conninfo("", **merged)


def _options(settings: Mapping[str, str]) -> str:
    return " ".join(
        f"-c {name}={_escape(value)}" for name, value in {**settings, MARK: "on"}.items()
    )


def _statements(settings: Mapping[str, str]) -> tuple[str, ...]:
    """Return what sets *settings* until the end of a transaction."""
    calls = (
        f"pg_catalog.set_config({literal(name)}, {literal(value)}, true)"
        for name, value in settings.items()
    )
    # Another client of the pooler may have left its role.
    return "SET LOCAL role TO DEFAULT", f"SELECT {', '.join(calls)}"


def _read_options(options: str) -> dict[str, str]:
    """Return the settings in the options of a start-up, or raise `ProgrammingError`."""
    words = iter(re.sub(r"\\(.)", r"\1", word) for word in _WORDS.findall(options))
    found: dict[str, str] = {}
    for word in words:
        pair = next(words, "") if word == "-c" else word.removeprefix("-c").removeprefix("--")
        name, equals, value = pair.partition("=")
        if not equals or name.startswith("-") or word == pair:
            raise ProgrammingError(
                "behind a pooler, the options of a DSN can only be settings: -c name=value"
            )
        found[name.replace("-", "_")] = value
    return found


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
