"""DSNs of PostgreSQL, as far as they can be read without libpq. Pure."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, quote, unquote

import msgspec

from faucet.model.bounds import MOST_PORT
from faucet.model.dsn import DsnError, DsnForms

_EXAMPLE: Final = "postgresql://user:password@host:5432/database"
_OWN_URL: Final = re.compile(r"(postgres|postgresql)(\+\w+)?://", re.ASCII)
_URL: Final = re.compile(r"(?P<scheme>[A-Za-z][\w+.-]*)://(?P<rest>.*)", re.ASCII)
_PAIR: Final = re.compile(
    r"\s*(?P<key>\w+)\s*="
    r"\s*('(?P<quoted>(?:[^'\\]|\\.)*)'|(?P<plain>(?:[^\s'\\]|\\.)*))(?=\s|$)"
)
# Whatever the URL means by it, from the first colon to the last @ is what a writer means.
_PASSWORD: Final = re.compile(r"[A-Za-z][\w+.-]*://[^:/?#@]*:(?P<password>.*)@", re.ASCII)
_CUTTING: Final = re.compile(r"[@:/?#]|%(?![0-9A-Fa-f]{2})")
_STRAY_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_is_name: Final = re.compile(r"[A-Za-z_][\w.]*", re.ASCII).fullmatch
_PORTS: Final = range(1, MOST_PORT + 1)
_COMPONENTS: Final = ("user", "password", "dbname")
SECRET: Final = frozenset({"oauth_client_secret", "password", "sslpassword"})
_HINT: Final = "a password with @, /, #, % or : is percent-encoded, or a reference"
# Settings of the pools and caches of Go's drivers; libpq knows none, and Faucet has its own pool.
_FOREIGN: Final = frozenset(
    {
        "binary_parameters",
        "default_query_exec_mode",
        "description_cache_capacity",
        "disable_prepared_binary_result",
        "statement_cache_capacity",
    }
)


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """A DSN taken apart and decoded, but for *hosts*, which are as a URL writes them."""

    hosts: str
    user: str
    password: str
    database: str
    settings: tuple[tuple[str, str], ...]


def parse(text: str) -> Parts:
    """
    Take a URL or ``key=value`` pairs apart, or raise `DsnError`.

    What Go's drivers say of their pools is left out.
    """
    if found := _URL.fullmatch(text):
        if found["scheme"].lower().partition("+")[0] not in {"postgres", "postgresql"}:
            raise DsnError("a URL of PostgreSQL starts with postgresql://")
        return _from_url(found["rest"])
    if "=" not in text:
        raise DsnError(f"a DSN of PostgreSQL is {_EXAMPLE}")
    return _parts("", {}, _pairs(text))


def _from_url(rest: str) -> Parts:
    address, mark, query = rest.partition("?")
    authority, _, database = address.partition("/")
    credentials, at, hosts = authority.rpartition("@")
    if (mark and "@" in query and not at) or "@" in database:
        raise DsnError(f"the URL cannot be read: {_HINT}")
    user, _, password = credentials.partition(":")
    for host in hosts.split(","):
        _check_port(_decode(_port(host)))
    components = {"user": _decode(user), "password": _decode(password), "dbname": _decode(database)}
    return _parts(hosts, components, parse_qsl(query, keep_blank_values=True))


def _pairs(text: str) -> list[tuple[str, str]]:
    pairs, at = [], 0
    while text[at:].strip():
        found = _PAIR.match(text, at)
        if found is None:
            raise DsnError("the key=value pairs cannot be read: a value with blanks stands in '…'")
        value = found["plain"] if found["quoted"] is None else found["quoted"]
        pairs.append((found["key"], re.sub(r"\\(.)", r"\1", value)))
        at = found.end()
    return pairs


def _parts(hosts: str, components: Mapping[str, str], pairs: list[tuple[str, str]]) -> Parts:
    own = {**components, **{key: value for key, value in pairs if key in _COMPONENTS}}
    settings = tuple(pair for pair in pairs if pair[0] not in _COMPONENTS and _is_ours(pair[0]))
    for port in ",".join(value for key, value in settings if key == "port").split(","):
        _check_port(port)
    user, password, database = (own.get(name, "") for name in _COMPONENTS)
    return Parts(hosts=hosts, user=user, password=password, database=database, settings=settings)


def _is_ours(key: str) -> bool:
    return key not in _FOREIGN and not key.startswith("pool_")


def _port(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[2].removeprefix(":")
    return host.partition(":")[2]


def _check_port(port: str) -> None:
    if port and not (port.isascii() and port.isdecimal() and len(port) < 6 and int(port) in _PORTS):  # noqa: PLR2004
        raise DsnError(f"the port is no number from 1 to {MOST_PORT}; {_HINT}")


def _decode(text: str) -> str:
    return unquote(encode_stray_percents(text))


def encode_stray_percents(text: str) -> str:
    """Return *text* with every % that encodes nothing as %25."""
    return _STRAY_PERCENT.sub("%25", text)


def _check(template: str) -> None:
    if not all(_is_name(key) for key, _ in parse(template).settings):
        raise DsnError("the DSN has a parameter whose name cannot be read")


def _read(text: str, _folder: str) -> str:
    from faucet.dialects.postgresql.libpq import read  # noqa: PLC0415

    _check(text)
    return read(parse(text))


def _escape(template: str, value: str) -> str:
    if "://" in template:
        return quote(value, safe="")
    return re.sub(r"([\\'\s])", r"\\\1", value)


def _passwords(text: str) -> frozenset[str]:
    """Return what is secret in *text*; nothing where it is no DSN."""
    try:
        parts = parse(text)
    except DsnError:
        return frozenset()
    found = {value for key, value in parts.settings if key in SECRET}
    return frozenset({parts.password, *found} - {""})


def _holds_secret(template: str, placeholder: str) -> bool:
    return bool(_passwords(template) - {placeholder})


def _secrets(dsn: str) -> frozenset[str]:
    found = _passwords(dsn)
    return found | {quote(value, safe="") for value in found}


def _identity(dsn: str) -> str:
    from faucet.dialects.postgresql.libpq import identity  # noqa: PLC0415

    return identity(dsn)


def _hint(template: str) -> str:
    found = _PASSWORD.match(template)
    cut = found is not None and _CUTTING.search(found["password"])
    return f"{_HINT}, such as ${{env:NAME}}" if cut else ""


DSN: Final = DsnForms(
    example=_EXAMPLE,
    recognizes=_OWN_URL.match,
    check=_check,
    read=_read,
    escape=_escape,
    holds_secret=_holds_secret,
    secrets=_secrets,
    identity=_identity,
    hint=_hint,
)
