"""The parameters of a PostgreSQL DSN: names and values that libpq or the server refuse. Pure."""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from faucet.model.dsn import DsnError

_TEXT: Final = """
application_name channel_binding client_encoding connect_timeout dbname fallback_application_name
gssdelegation gssencmode gsslib host hostaddr keepalives keepalives_count keepalives_idle
keepalives_interval krbsrvname load_balance_hosts max_protocol_version min_protocol_version
oauth_client_id oauth_client_secret oauth_issuer oauth_scope options passfile password port
replication require_auth requirepeer scram_client_key scram_server_key service
ssl_max_protocol_version ssl_min_protocol_version sslcert sslcertmode sslcompression sslcrl
sslcrldir sslkey sslkeylogfile sslmode sslnegotiation sslpassword sslrootcert sslsni
target_session_attrs tcp_user_timeout user
"""
KEYWORDS: Final = frozenset(_TEXT.split())
"""The parameters of libpq."""
_ONCE: Final = KEYWORDS - {"options"}
_ALIKE: Final = 0.85
# Settings of servers that resemble them.
_SETTINGS: Final = frozenset(
    {"tcp_keepalives_count", "tcp_keepalives_idle", "tcp_keepalives_interval"}
)
_SAFE_CHOICES: Final = ("disable", "prefer", "require")
_CHOICES: Final = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "sslnegotiation": ("postgres", "direct"),
    "sslcertmode": ("disable", "allow", "require"),
    "channel_binding": _SAFE_CHOICES,
    "gssencmode": _SAFE_CHOICES,
    "load_balance_hosts": ("disable", "random"),
    "target_session_attrs": (
        *("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),
    ),
}
_INTEGERS: Final = frozenset(
    {"connect_timeout", "keepalives", "keepalives_count", "keepalives_idle"}
    | {"keepalives_interval", "tcp_user_timeout"}
)
_is_integer: Final = re.compile(r"-?[0-9]{1,9}", re.ASCII).fullmatch
_PAIRS: Final = "host=HOST port=5432 dbname=DATABASE user=USER password=PASSWORD"
# What other drivers and tools call them, in lower case.
_MEANT: Final = {
    "ssl": "there is no parameter ssl: write sslmode=require",
    "tls": "there is no parameter tls: write sslmode=require",
    "schema": "the schema is the key `schema` of the service, not a parameter of the DSN",
    "currentschema": "the schema is the key `schema` of the service, not a parameter of the DSN",
    **dict.fromkeys(
        ("server", "data source", "database", "uid", "pwd", "username", "db", "id", "passwd"),
        f"the DSN has parameters of another driver: write {_PAIRS}",
    ),
    **dict.fromkeys(
        ("pgbouncer", "connection_limit", "sslaccept", "pool_timeout", "minimum_pool_size"),
        "the DSN has a parameter of another product: remove it; the pool is the key `pool` of the "
        "service",
    ),
}

Settings = Sequence[tuple[str, str]]


def check_parameters(settings: Settings, stand_in: str) -> None:
    """
    Raise `DsnError` for names and values in *settings* that no server accepts.

    *stand_in* replaces references, and is accepted as any value.
    """
    _check_repeated(key for key, _ in settings)
    for key, value in settings:
        _check_name(key)
        if value != stand_in:
            _check_value(key, value)


def _check_repeated(keys: Iterable[str]) -> None:
    repeated = {key for key, times in Counter(keys).items() if times > 1} & _ONCE
    if repeated:
        raise DsnError(f"{min(repeated)} is set twice: keep one of them")


def _check_name(key: str) -> None:
    if key in KEYWORDS:
        return
    if fault := _MEANT.get(key.lower()):
        raise DsnError(fault)
    if key.lower() in _SETTINGS or "." in key:
        return
    # The comparison is quadratic in the length of the name.
    meant = difflib.get_close_matches(key.lower()[:64], KEYWORDS, n=1, cutoff=_ALIKE)
    if meant:
        raise DsnError(f"the DSN has an unknown parameter: did you mean {meant[0]}?")


def _check_value(key: str, value: str) -> None:
    if key in _CHOICES and value not in _CHOICES[key]:
        raise DsnError(f"{key} must be one of {', '.join(_CHOICES[key])}, and is separated by &")
    if key in _INTEGERS and not _is_integer(value):
        raise DsnError(f"{key} must be a number without a unit")
