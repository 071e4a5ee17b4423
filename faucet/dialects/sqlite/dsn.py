"""DSNs of SQLite to paths. Pure."""

import posixpath
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, quote, unquote

from faucet.model.dsn import DsnError, DsnForms

_OWN: Final = re.compile(r"sqlite(\+\w+)?:|file:", re.ASCII)
_URL: Final = re.compile(r"sqlite(\+\w+)?://(?P<rest>.*)", re.ASCII | re.IGNORECASE)
# URLs of others, and the key=value form of ADO.NET.
_OTHER: Final = re.compile(
    r"[A-Za-z][\w+.-]*://|\s*data source\s*=|\s*filename\s*=", re.IGNORECASE | re.ASCII
)
_COMMAND: Final = re.compile(r"sqlite3?\s", re.ASCII)
_SHELL: Final = re.compile(r"\$[A-Za-z_]|\$\(|%[A-Z_]+%", re.ASCII)
_WINDOWS: Final = re.compile(r"[A-Za-z]:[\\/]", re.ASCII)
_QUERY: Final = re.compile(r"\?(?P<query>[A-Za-z_][\w.]*=.*)?$", re.ASCII)


def _read(text: str, folder: str) -> str:
    """
    Return the path of a SQLite DSN: a bare path, ``file:``, ``sqlite:///rel`` or
    ``sqlite:////abs``.

    Parameters of other drivers are dropped, except those that would make the database read-only:
    dropping them would allow more than the author asked for.
    """
    path, query = _split(text)
    if not path or ":memory:" in path or query.get("mode") == "memory":
        raise DsnError(
            "an in-memory database is empty for every connection; use a file, such as sqlite:///shop.db"
        )
    _check_path(path)
    if query.get("mode") == "ro" or query.get("immutable") in {"1", "true", "yes", "on"}:
        raise DsnError("set read_only: true on the service instead of a parameter in the DSN")
    return posixpath.normpath(posixpath.join(folder, path))


def _check_path(path: str) -> None:
    if path.startswith("~"):
        raise DsnError("~ is not expanded: write the whole path, such as sqlite:////data/shop.db")
    if _SHELL.match(path):
        raise DsnError("shell variables are not expanded: write ${env:NAME}")
    if _WINDOWS.match(path):
        raise DsnError("write the path with slashes and without a drive: sqlite:////data/shop.db")
    if posixpath.basename(path) in {"", ".", ".."}:
        raise DsnError("the path is a folder: write that of a file, such as sqlite:///shop.db")


def _check(template: str) -> None:
    _read(template, "/")


def _escape(template: str, value: str) -> str:
    """Return *value* as it replaces a reference; only ``file:`` URIs are percent-decoded."""
    return quote(value, safe="/") if template.lower().startswith("file:") else value


def _split(text: str) -> tuple[str, Mapping[str, str]]:
    if url := _URL.fullmatch(text):
        path, query = _without_query(url["rest"])
        if path and not path.startswith("/"):
            raise DsnError(
                "a SQLite URL must have three slashes before a "
                "relative path, four before an absolute one"
            )
        return path.removeprefix("/"), query
    if text.lower().startswith(("sqlite:", "sqlite3:")):
        raise DsnError("a SQLite URL must start with sqlite:///")
    if text.lower().startswith("file:"):
        path, query = _without_query(text[len("file:") :])
        if path.startswith("//"):
            host, _, path = path[2:].partition("/")
            if host not in {"", "localhost"}:
                raise DsnError("a file: URI must not name a host")
            path = f"/{path}"
        return unquote(path), query
    return _without_query(_checked(text))


def _checked(text: str) -> str:
    if _COMMAND.match(text):
        raise DsnError("write only the path, without the command in front of it")
    if _OTHER.match(text):
        raise DsnError("a SQLite DSN is a path, or starts with sqlite:/// or file:")
    return text


def _without_query(text: str) -> tuple[str, Mapping[str, str]]:
    found = _QUERY.search(text)
    if found is None:
        return text, {}
    return text[: found.start()], dict(parse_qsl(found["query"] or "", keep_blank_values=True))


DSN: Final = DsnForms(
    example="sqlite:///shop.db",
    recognizes=_OWN.match,
    check=_check,
    read=_read,
    escape=_escape,
    holds_secret=lambda _template, _placeholder: False,
    secrets=lambda _dsn: frozenset(),
    hint=lambda _template: "",
)
