"""DSNs as libpq parses them. Pure."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from psycopg import Error, conninfo, pq

from faucet.dialects.postgresql.dsn import Parts, encode_stray_percents
from faucet.model.dsn import DsnError

_KEYWORDS: Final = frozenset(option.keyword.decode() for option in pq.Conninfo.parse(b""))
# Settings of the pools and caches of Go's drivers; libpq has none of them, and Faucet has its own
# pool.
_FOREIGN: Final = frozenset(
    {
        "binary_parameters",
        "default_query_exec_mode",
        "description_cache_capacity",
        "disable_prepared_binary_result",
        "statement_cache_capacity",
    }
)
# libpq's messages begin with fixed words and then quote what it could not parse.
_WORDS: Final = re.compile(r"""(?:[!#-~ ]|"[=\]]")*""")


def read(parts: Parts) -> str:
    """Return *parts* as libpq's own ``key=value`` pairs, or raise `DsnError` with its message."""
    hosts = quote(encode_stray_percents(parts.hosts), safe=":,[]%")
    query = "&".join(f"{key}={quote(value, safe='')}" for key, value in _settings(parts))
    try:
        given = conninfo.conninfo_to_dict(f"postgresql://{hosts}/?{query}")
    except UnicodeError:
        raise DsnError("the DSN cannot be read: a part is not UTF-8") from None
    except Error as error:
        raise DsnError(f"libpq cannot read the DSN: {_words(error)}") from None
    return conninfo.make_conninfo("", **given)


def _words(error: Error) -> str:
    found = _WORDS.match(str(error))
    return found[0].rstrip(": ") if found else ""


def _settings(parts: Parts) -> Iterator[tuple[str, str]]:
    """Yield libpq's own parameters; other settings become start-up options, as in Go's drivers."""
    options = []
    for key, value in parts.settings:
        if key == "options":
            options.append(value)
        elif key in _KEYWORDS:
            yield key, value
        elif key not in _FOREIGN and not key.startswith("pool_"):
            options.append(f"-c {key}=" + re.sub(r"([\\\s])", r"\\\1", value))
    if options:
        yield "options", " ".join(options)
