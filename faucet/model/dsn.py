"""DSNs: what each dialect defines, and the rules for all dialects. Pure.

No message quotes a DSN or a part of it: a password with a stray character may be in any part.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from faucet.model.dsn_mistakes import mistake_in

# Databases for which no dialect may be registered.
_FOREIGN: Final = (
    (re.compile(r"(mysql|mariadb)(\+\w+)?://|[^/]*@(tcp|unix)\(", re.ASCII), "MySQL"),
    (re.compile(r"(sqlserver|mssql)(\+\w+)?://", re.ASCII), "SQL Server"),
    (re.compile(r"snowflake://"), "Snowflake"),
    (re.compile(r"(oracle|tns)(\+\w+)?:"), "Oracle"),
    (re.compile(r"mongodb(\+srv)?://"), "MongoDB"),
    (re.compile(r"rediss?://"), "Redis"),
    (re.compile(r"clickhouse(\+\w+)?://"), "ClickHouse"),
    (re.compile(r"duckdb:"), "DuckDB"),
)


class DsnError(ValueError):
    """A DSN cannot be parsed; the message says why, and quotes nothing of it."""


class DsnForms(msgspec.Struct, frozen=True, kw_only=True):
    """
    The DSNs of one dialect, in every form that users write. Pure functions.

    A *template* is a DSN with a harmless placeholder for each reference. Only *read* may load
    a driver.
    """

    example: str
    recognizes: Callable[[str], object]
    """Take a lower-case DSN; return whether it can only belong to this dialect."""
    check: Callable[[str], None]
    """Raise `DsnError` for a template that does not have the form of a DSN."""
    read: Callable[[str, str], str]
    """
    Return a DSN in the dialect's own form, or raise `DsnError`; paths are relative to the second
    argument.
    """
    escape: Callable[[str, str], str]
    """Take a template and a value; return the value encoded as one part of it."""
    holds_secret: Callable[[str, str], bool]
    """Take a template and its references; return whether it contains another password."""
    secrets: Callable[[str], frozenset[str]]
    """Take a DSN, valid or not; return its secret parts, in every spelling."""
    hint: Callable[[str], str]
    """Return how to write the password in a template, if it may have been split, else ""."""


def check_dsn(driver: str, template: str, known: Mapping[str, DsnForms]) -> None:
    """Raise `DsnError` unless *template* can become a DSN of *driver*, one of those *known*."""
    known[driver].check(_text(driver, template, known))


def read_dsn(driver: str, dsn: str, folder: str, known: Mapping[str, DsnForms]) -> str:
    """
    Return *dsn* in the form of *driver*, one of those *known*, or raise `DsnError`.

    *folder* is the manifest's, for relative paths.
    """
    return known[driver].read(_text(driver, dsn, known), folder)


def _text(driver: str, dsn: str, known: Mapping[str, DsnForms]) -> str:
    text = dsn.strip()
    if not text:
        raise DsnError("the DSN is empty")
    if not text.isprintable():
        raise DsnError("the DSN contains a control character or a blank other than a space")
    if mistake := mistake_in(text):
        raise DsnError(mistake)
    _refuse_others(driver, text.lower(), known)
    return text


def _refuse_others(driver: str, lowered: str, known: Mapping[str, DsnForms]) -> None:
    if known[driver].recognizes(lowered):
        return
    for other, forms in known.items():
        if forms.recognizes(lowered):
            raise DsnError(f"this DSN belongs to another driver: set driver: {other}")
    for pattern, database in _FOREIGN:
        if pattern.match(lowered):
            raise DsnError(
                f"this DSN belongs to {database}, which this version does not support; "
                f"supported drivers: {' and '.join(sorted(known))}"
            )
