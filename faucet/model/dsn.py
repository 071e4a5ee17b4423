"""DSNs in every form users bring, to the one form a dialect takes. Pure.

No message quotes a DSN or a part of it: a password with a stray character ends up in any part.
"""

import re
from typing import Final

from faucet.model import conninfo, sqlite_path
from faucet.model.dsn_error import DsnError

__all__ = ["DsnError", "escape_in_dsn", "holds_literal_secret", "normalize_dsn"]

_FOREIGN: Final = (
    (re.compile(r"(mysql|mariadb)(\+\w+)?://|[^/]*@(tcp|unix)\(", re.ASCII), "MySQL"),
    (re.compile(r"(sqlserver|mssql)(\+\w+)?://", re.ASCII), "SQL Server"),
    (re.compile(r"snowflake://"), "Snowflake"),
)
_OWN: Final = {
    "postgres": re.compile(r"(postgres|postgresql)(\+\w+)?://", re.ASCII),
    "sqlite": re.compile(r"sqlite(\+\w+)?:|file:", re.ASCII),
}


def normalize_dsn(driver: str, dsn: str, folder: str) -> str:
    """
    Return *dsn* in its dialect's own form, or raise `DsnError`.

    postgres: a libpq URI, from postgres://, postgresql://, postgresql+psycopg:// or ``key=value``
    pairs. sqlite: a path, absolute where *folder* (the manifest's) is.
    """
    text = dsn.strip()
    if not text:
        raise DsnError("the DSN is empty")
    if not text.isprintable():
        raise DsnError("the DSN holds a control character")
    _refuse_foreign(driver, text)
    if driver == "sqlite":
        return sqlite_path.normalize(text, folder)
    return conninfo.normalize(text)


def escape_in_dsn(driver: str, template: str, value: str) -> str:
    """Return *value* as it must be written inside the DSN *template* to be one part of it."""
    if driver == "sqlite":
        return sqlite_path.escape(template, value)
    return conninfo.escape(template, value)


def holds_literal_secret(driver: str, template: str, placeholder: str) -> bool:
    """Return whether a password stands in *template*, whose references read *placeholder*."""
    return driver != "sqlite" and conninfo.holds_literal_password(template, placeholder)


def _refuse_foreign(driver: str, text: str) -> None:
    lowered = text.lower()
    for pattern, database in _FOREIGN:
        if pattern.match(lowered):
            raise DsnError(
                f"this is a DSN of {database}, which this version does not serve; "
                "drivers are postgres and sqlite"
            )
    for other, pattern in _OWN.items():
        if other != driver and pattern.match(lowered):
            raise DsnError(f"this is a DSN of another driver: say driver: {other}")
