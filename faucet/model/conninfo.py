"""PostgreSQL DSNs to libpq URIs. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import parse_qsl, quote, unquote

import msgspec

from faucet.model.bounds import MOST_PORT
from faucet.model.dsn_error import DsnError

_URL: Final = re.compile(r"(?P<scheme>[A-Za-z][\w+.-]*)://(?P<rest>.*)", re.ASCII)
_PAIR: Final = re.compile(
    r"\s*(?P<key>\w+)\s*="
    r"\s*('(?P<quoted>(?:[^'\\]|\\.)*)'|(?P<plain>(?:[^\s'\\]|\\.)*))(?=\s|$)"
)
# Whatever the URL means by it, from the first colon to the last @ is what a writer means.
_PASSWORD: Final = re.compile(r"[A-Za-z][\w+.-]*://[^:/?#@]*:(?P<password>.*)@", re.ASCII)
_CUTTING: Final = re.compile(r"[@:/?#]|%(?![0-9A-Fa-f]{2})")
_STRAY_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SETTING: Final = re.compile(r"[A-Za-z_][\w.]*", re.ASCII).fullmatch
_PORTS: Final = range(1, MOST_PORT + 1)
_COMPONENTS: Final = frozenset({"user", "password", "dbname"})
HINT: Final = "a password with @, /, #, % or : is percent-encoded, or a reference"

_LIBPQ: Final = frozenset(
    {
        "application_name",
        "channel_binding",
        "client_encoding",
        "connect_timeout",
        "fallback_application_name",
        "gssdelegation",
        "gssencmode",
        "gsslib",
        "host",
        "hostaddr",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "krbsrvname",
        "load_balance_hosts",
        "max_protocol_version",
        "min_protocol_version",
        "passfile",
        "port",
        "replication",
        "require_auth",
        "requirepeer",
        "requiressl",
        "service",
        "sslcert",
        "sslcertmode",
        "sslcompression",
        "sslcrl",
        "sslcrldir",
        "sslkey",
        "ssl_max_protocol_version",
        "ssl_min_protocol_version",
        "sslmode",
        "sslnegotiation",
        "sslpassword",
        "sslrootcert",
        "sslsni",
        "target_session_attrs",
        "tcp_user_timeout",
    }
)
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


class _Parts(msgspec.Struct, frozen=True, kw_only=True):
    """A DSN taken apart, everything decoded; *hosts* are ``(host, port)``, "" where not said."""

    user: str
    password: str
    hosts: tuple[tuple[str, str], ...]
    database: str
    parameters: tuple[tuple[str, str], ...]


def normalize(text: str) -> str:
    """Return a libpq URI of a URL or of ``key=value`` pairs."""
    return _uri(_parse(text))


def escape(template: str, value: str) -> str:
    """Return *value* for the place of a reference in *template*."""
    if "://" in template:
        return quote(value, safe="")
    return re.sub(r"([\\'\s])", r"\\\1", value)


def holds_literal_password(template: str, placeholder: str) -> bool:
    """Return whether *template*, whose references read *placeholder*, holds a password."""
    try:
        parts = _parse(template)
    except DsnError:
        return False
    return any(value != placeholder for value in _passwords(parts))


def secrets(text: str) -> frozenset[str]:
    """Return what is secret in a DSN, as it reads and as URLs spell it; none where it is no DSN."""
    try:
        found = _passwords(_parse(text))
    except DsnError:
        return frozenset()
    return frozenset({*found, *(quote(value, safe="") for value in found)})


def _passwords(parts: _Parts) -> tuple[str, ...]:
    of_keys = (value for key, value in parts.parameters if key == "sslpassword")
    return tuple(value for value in (parts.password, *of_keys) if value)


def holds_raw_password(template: str) -> bool:
    """Return whether a password in *template* has a character that may have cut it in two."""
    found = _PASSWORD.match(template)
    if found is None:
        return False
    return _CUTTING.search(found["password"]) is not None


def _parse(text: str) -> _Parts:
    if found := _URL.fullmatch(text):
        if found["scheme"].lower().partition("+")[0] not in {"postgres", "postgresql"}:
            raise DsnError("a URL of PostgreSQL starts with postgresql://")
        return _from_url(found["rest"])
    if "=" not in text:
        raise DsnError("a DSN of PostgreSQL is postgresql://user:password@host:5432/database")
    return _from_pairs(text)


def _from_url(rest: str) -> _Parts:
    address, mark, query = rest.partition("?")
    authority, _, database = address.partition("/")
    credentials, at, hosts = authority.rpartition("@")
    if mark and "@" in query and not at:
        raise DsnError(f"the URL cannot be read: {HINT}")
    if "@" in database:
        raise DsnError(f"the URL cannot be read: {HINT}")
    user, _, password = credentials.partition(":")
    said = {"user": _decode(user), "password": _decode(password), "dbname": _decode(database)}
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100)
    return _parts(said, tuple(_host(host) for host in hosts.split(",")) if hosts else (), pairs)


def _from_pairs(text: str) -> _Parts:
    pairs, at = [], 0
    while text[at:].strip():
        found = _PAIR.match(text, at)
        if found is None:
            raise DsnError("the key=value pairs cannot be read: a value with blanks stands in '…'")
        value = found["plain"] if found["quoted"] is None else found["quoted"]
        pairs.append((found["key"], re.sub(r"\\(.)", r"\1", value)))
        at = found.end()
    return _parts({}, (), pairs)


def _parts(
    said: Mapping[str, str], hosts: tuple[tuple[str, str], ...], pairs: list[tuple[str, str]]
) -> _Parts:
    own = {**said, **{key: value for key, value in pairs if key in _COMPONENTS}}
    return _Parts(
        user=own.get("user", ""),
        password=own.get("password", ""),
        hosts=hosts,
        database=own.get("dbname", ""),
        parameters=tuple(pair for pair in pairs if pair[0] not in _COMPONENTS),
    )


def _host(text: str) -> tuple[str, str]:
    if text.startswith("["):
        host, closed, port = text.partition("]")
        host, port = host + closed, port.removeprefix(":")
    else:
        host, _, port = text.partition(":")
    port = _decode(port)
    _check_port(port)
    return host if host.startswith("[") else _decode(host), port


def _check_port(port: str) -> None:
    if port and not (port.isascii() and port.isdecimal() and len(port) < 6 and int(port) in _PORTS):  # noqa: PLR2004
        raise DsnError(f"the port is no number from 1 to {MOST_PORT}; {HINT}")


def _decode(text: str) -> str:
    return unquote(_STRAY_PERCENT.sub("%25", text))


def _uri(parts: _Parts) -> str:
    credentials = quote(parts.user, safe="")
    if parts.password:
        credentials += f":{quote(parts.password, safe='')}"
    hosts = ",".join(_authority(host, port) for host, port in parts.hosts)
    query = "&".join(f"{key}={quote(value, safe='')}" for key, value in _libpq(parts.parameters))
    return "".join(
        (
            "postgresql://",
            f"{credentials}@" if credentials else "",
            hosts,
            f"/{quote(parts.database, safe='')}",
            f"?{query}" if query else "",
        )
    )


def _authority(host: str, port: str) -> str:
    name = host if host.startswith("[") else quote(host, safe="")
    return f"{name}:{port}" if port else name


def _libpq(parameters: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str]]:
    """Yield libpq's own parameters; other settings become start-up options, as in Go's drivers."""
    options = []
    for key, value in parameters:
        if key == "port":
            for port in value.split(","):
                _check_port(port)
        if key in _LIBPQ:
            yield key, value
        elif key not in _FOREIGN and not key.startswith("pool_"):
            options.append(value if key == "options" else _option(key, value))
    if options:
        yield "options", " ".join(options)


def _option(key: str, value: str) -> str:
    if not _SETTING(key):
        raise DsnError("the DSN has a parameter whose name cannot be read")
    return f"-c {key}=" + re.sub(r"([\\\s])", r"\\\1", value)
