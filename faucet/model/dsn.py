"""DSNs: what a dialect knows of its own, and what holds for those of every dialect. Pure.

No message quotes a DSN or a part of it: a password with a stray character ends up in any part.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

# Databases for which nobody may have registered a dialect.
_FOREIGN: Final = (
    (re.compile(r"(mysql|mariadb)(\+\w+)?://|[^/]*@(tcp|unix)\(", re.ASCII), "MySQL"),
    (re.compile(r"(sqlserver|mssql)(\+\w+)?://", re.ASCII), "SQL Server"),
    (re.compile(r"snowflake://"), "Snowflake"),
)


class DsnError(ValueError):
    """A DSN cannot be read; the message says why, and quotes nothing of it."""


class DsnForms(msgspec.Struct, frozen=True, kw_only=True):
    """
    The DSNs of one dialect, in every form that users bring. Pure functions.

    A *template* is a DSN with something harmless where its references are. Only *read* and
    *identity* may load a driver.
    """

    example: str
    recognizes: Callable[[str], object]
    """Take a lower-case DSN; true if it can be of no other dialect."""
    check: Callable[[str], None]
    """Raise `DsnError` for a template that has not the form of a DSN."""
    read: Callable[[str, str], str]
    """
    Return a DSN in the dialect's own form, or raise `DsnError`; paths begin at the second argument.
    """
    escape: Callable[[str, str], str]
    """Take a template and a value; return the value as it is written inside, to be one part."""
    holds_secret: Callable[[str, str], bool]
    """Take a template and what its references read; return whether it holds another password."""
    secrets: Callable[[str], frozenset[str]]
    """Take a DSN, readable or not; return what nobody may see of it, in every spelling."""
    identity: Callable[[str], str]
    """Take a DSN of the own form; return it without what is secret."""
    hint: Callable[[str], str]
    """Return how to write the password in a template, if it may have been cut in two, else ""."""


def check_dsn(driver: str, template: str, known: Mapping[str, DsnForms]) -> None:
    """Raise `DsnError` unless *template* can become a DSN of *driver*, one of those *known*."""
    known[driver].check(_text(driver, template, known))


def read_dsn(driver: str, dsn: str, folder: str, known: Mapping[str, DsnForms]) -> str:
    """
    Return *dsn* in the own form of *driver*, one of those *known*, or raise `DsnError`.

    *folder* is the manifest's, where relative paths begin.
    """
    return known[driver].read(_text(driver, dsn, known), folder)


def _text(driver: str, dsn: str, known: Mapping[str, DsnForms]) -> str:
    text = dsn.strip()
    if not text:
        raise DsnError("the DSN is empty")
    if not text.isprintable():
        raise DsnError("the DSN contains a control character")
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
