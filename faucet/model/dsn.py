"""DSNs in every form users bring, to the one form a dialect takes. Pure.

No message quotes a DSN or a part of it: a password with a stray character ends up in any part.
A driver that is not in the table is a `KeyError`: the manifest's structure lets none through.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from faucet.model import conninfo, sqlite_path
from faucet.model.dsn_error import DsnError

__all__ = [
    "DsnError",
    "escape_in_dsn",
    "holds_literal_secret",
    "normalize_dsn",
    "password_hint",
    "secrets_in_dsn",
]

_FOREIGN: Final = (
    (re.compile(r"(mysql|mariadb)(\+\w+)?://|[^/]*@(tcp|unix)\(", re.ASCII), "MySQL"),
    (re.compile(r"(sqlserver|mssql)(\+\w+)?://", re.ASCII), "SQL Server"),
    (re.compile(r"snowflake://"), "Snowflake"),
)


class _Form(msgspec.Struct, frozen=True, kw_only=True):
    """What a driver makes of DSNs; *recognizes* finds those that can be no other driver's."""

    recognizes: re.Pattern[str]
    normalize: Callable[[str, str], str]
    escape: Callable[[str, str], str]
    holds_secret: Callable[[str, str], bool]
    secrets: Callable[[str], frozenset[str]]


_FORMS: Final[Mapping[str, _Form]] = {
    "postgres": _Form(
        recognizes=re.compile(r"(postgres|postgresql)(\+\w+)?://", re.ASCII),
        normalize=lambda text, _folder: conninfo.normalize(text),
        escape=conninfo.escape,
        holds_secret=conninfo.holds_literal_password,
        secrets=conninfo.secrets,
    ),
    "sqlite": _Form(
        recognizes=re.compile(r"sqlite(\+\w+)?:|file:", re.ASCII),
        normalize=sqlite_path.normalize,
        escape=sqlite_path.escape,
        holds_secret=lambda _template, _placeholder: False,
        secrets=lambda _text: frozenset(),
    ),
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
    return _FORMS[driver].normalize(text, folder)


def escape_in_dsn(driver: str, template: str, value: str) -> str:
    """Return *value* as it must be written inside the DSN *template* to be one part of it."""
    return _FORMS[driver].escape(template, value)


def holds_literal_secret(driver: str, template: str, placeholder: str) -> bool:
    """Return whether a password stands in *template*, whose references read *placeholder*."""
    return _FORMS[driver].holds_secret(template, placeholder)


def secrets_in_dsn(driver: str, dsn: str) -> frozenset[str]:
    """Return what must not be told of *dsn* as `normalize_dsn` gave it, in every spelling."""
    return _FORMS[driver].secrets(dsn)


def password_hint(driver: str, template: str) -> str:
    """Return how to write the password in *template*, if it may have been cut in two, else ""."""
    if driver == "sqlite" or not conninfo.holds_raw_password(template):
        return ""
    return f"{conninfo.HINT}, such as ${{env:NAME}}"


def _refuse_foreign(driver: str, text: str) -> None:
    lowered = text.lower()
    for pattern, database in _FOREIGN:
        if pattern.match(lowered):
            raise DsnError(
                f"this is a DSN of {database}, which this version does not serve; "
                f"drivers are {' and '.join(_FORMS)}"
            )
    for other, form in _FORMS.items():
        if other != driver and form.recognizes.match(lowered):
            raise DsnError(f"this is a DSN of another driver: say driver: {other}")
