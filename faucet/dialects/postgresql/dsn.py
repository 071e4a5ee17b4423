"""DSNs of PostgreSQL, as far as they can be parsed without libpq. Pure."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qsl, quote, unquote

import msgspec

from faucet.dialects.postgresql.hosts import (
    HINT,
    check_counts,
    check_credentials,
    check_database,
    check_hosts,
    check_names,
    check_port,
    check_url_database,
    host_names,
)
from faucet.dialects.postgresql.parameters import check_parameters
from faucet.model.dsn import DsnError, DsnForms

_EXAMPLE: Final = "postgresql://user:password@host:5432/database"
_OWN_URL: Final = re.compile(r"(postgres|postgresql)(\+\w+)?://", re.ASCII)
_URL: Final = re.compile(r"(?P<scheme>[A-Za-z][\w+.-]*)://(?P<rest>.*)", re.ASCII)
_PAIR: Final = re.compile(
    r"\s*(?P<key>\w+)\s*="
    r"\s*('(?P<quoted>(?:[^'\\]|\\.)*)'|(?P<plain>(?:[^\s'\\]|\\.)*))(?=\s|$)"
)
# Whatever the URL standard says, an author means the text from the first colon to the last @.
_PASSWORD: Final = re.compile(r"[A-Za-z][\w+.-]*://[^:/?#@]*:(?P<password>.*)@", re.ASCII)
_CUTTING: Final = re.compile(r"[@:/?#]|%(?![0-9A-Fa-f]{2})")
_STRAY_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_is_name: Final = re.compile(r"[A-Za-z_][\w.]*", re.ASCII).fullmatch
# What replaces references in templates.
_STAND_IN: Final = "1"
SECRET: Final = frozenset({"oauth_client_secret", "password", "sslpassword"})


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed DSN: *hosts* as written in a URL, and *settings*, decoded."""

    hosts: str
    settings: tuple[tuple[str, str], ...]


def parse(text: str) -> Parts:
    """Parse a URL or ``key=value`` pairs, or raise `DsnError`."""
    if found := _URL.fullmatch(text):
        if found["scheme"].lower().partition("+")[0] not in {"postgres", "postgresql"}:
            raise DsnError("a PostgreSQL URL must start with postgresql://")
        hosts, settings = _from_url(found["rest"])
    elif "=" in text:
        hosts, settings = "", tuple(_pairs(text))
    else:
        raise DsnError(f"a PostgreSQL DSN looks like {_EXAMPLE}")
    check_hosts(hosts)
    ports = [value for key, value in settings if key == "port"]
    for port in ",".join(ports).split(","):
        check_port(port)
    return Parts(hosts=hosts, settings=settings)


def _from_url(rest: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    address, mark, query = rest.partition("?")
    authority, _, database = address.partition("/")
    credentials, at, hosts = authority.rpartition("@")
    if (mark and "@" in query and not at) or "@" in database:
        raise DsnError(f"the URL cannot be read: {HINT}")
    user, _, password = credentials.partition(":")
    check_credentials(user, password)
    check_url_database(database)
    named = (("user", user), ("password", password), ("dbname", database))
    given = ((key, _decode(value)) for key, value in named if value)
    return hosts, (*given, *parse_qsl(query, keep_blank_values=True))


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while text[at:].strip():
        found = _PAIR.match(text, at)
        if found is None:
            raise DsnError("the key=value pairs cannot be read: put a value with blanks in '…'")
        value = found["plain"] if found["quoted"] is None else found["quoted"]
        yield found["key"], re.sub(r"\\(.)", r"\1", value)
        at = found.end()


def _decode(text: str) -> str:
    return unquote(encode_stray_percents(text))


def encode_stray_percents(text: str) -> str:
    """Return *text* with every % that encodes nothing replaced by %25."""
    return _STRAY_PERCENT.sub("%25", text)


def _check(template: str) -> None:
    parts = parse(template)
    if not all(_is_name(key) for key, _ in parts.settings):
        raise DsnError("the DSN has a parameter whose name cannot be read")
    check_parameters(parts.settings, _STAND_IN)
    given = dict(parts.settings)
    for name in (*host_names(parts.hosts), given.get("host", "")):
        check_names(_decode(name))
    check_database(given)
    check_counts({"host": parts.hosts} | given)


def _read(text: str, _folder: str) -> str:
    from faucet.dialects.postgresql.libpq import read  # noqa: PLC0415

    _check(text)
    return read(parse(text))


def _escape(template: str, value: str) -> str:
    if "://" in template:
        return quote(value, safe="")
    return re.sub(r"([\\'\s])", r"\\\1", value)


def _passwords(text: str) -> frozenset[str]:
    """Return what is secret in *text*; nothing if it is not a DSN."""
    try:
        settings = parse(text).settings
    except DsnError:
        return frozenset()
    return frozenset(value for key, value in settings if key in SECRET and value)


def _holds_secret(template: str, placeholder: str) -> bool:
    return bool(_passwords(template) - {placeholder})


def _secrets(dsn: str) -> frozenset[str]:
    found = _passwords(dsn)
    in_pairs = {re.sub(r"([\\'])", r"\\\1", value) for value in found}
    return found | in_pairs | {quote(value, safe="") for value in found}


def _hint(template: str) -> str:
    found = _PASSWORD.match(template)
    cut = found is not None and _CUTTING.search(found["password"])
    return f"{HINT}, such as ${{env:NAME}}" if cut else ""


DSN: Final = DsnForms(
    example=_EXAMPLE,
    recognizes=_OWN_URL.match,
    check=_check,
    read=_read,
    escape=_escape,
    holds_secret=_holds_secret,
    secrets=_secrets,
    hint=_hint,
)
