"""How values are converted between psycopg and PostgreSQL."""

from typing import Any, Final

from psycopg import BaseConnection
from psycopg.adapt import AdaptersMap, Loader
from psycopg.conninfo import make_conninfo
from psycopg.postgres import types as known_types
from psycopg.types.array import ListDumper
from psycopg.types.bool import BoolLoader
from psycopg.types.none import NoneDumper
from psycopg.types.numeric import FloatLoader, IntDumper, IntLoader
from psycopg.types.string import ByteaLoader, BytesDumper, StrDumperUnknown, TextLoader


def _text_adapters() -> AdaptersMap:
    """
    Return adapters that load numbers, booleans and bytes as Python values, all else as text.

    psycopg's own fail on what Python cannot represent: infinite dates, years BC or beyond 9999.
    """
    adapters = AdaptersMap(types=known_types)
    for python, dumper in (
        (str, StrDumperUnknown),
        (bytes, BytesDumper),
        (int, IntDumper),
        (list, ListDumper),
        (type(None), NoneDumper),
    ):
        adapters.register_dumper(python, dumper)
    loaders: tuple[tuple[str | int, type[Loader]], ...] = (
        (0, TextLoader),
        ("int2", IntLoader),
        ("int4", IntLoader),
        ("int8", IntLoader),
        ("oid", IntLoader),
        ("float4", FloatLoader),
        ("float8", FloatLoader),
        ("bool", BoolLoader),
        ("bytea", ByteaLoader),
    )
    for name, loader in loaders:
        adapters.register_loader(name, loader)
    return adapters


ADAPTERS: Final = _text_adapters()
_TEXTS: Final = (0, "text", "varchar", "bpchar", "name")


class _BytesLoader(Loader):
    """Reads text that may have other bytes than those of UTF-8, each of which is U+FFFD."""

    def load(self, data: Any) -> str:
        return bytes(data).decode("utf-8", "replace")


def lacks_encoding(connection: BaseConnection[Any]) -> bool:
    """
    Return whether the database has no encoding (SQL_ASCII).

    Then the server refuses to send bytes that are not valid in the client's, so this must have none
    either: see `without_encoding` and `read_any_bytes`.
    """
    return connection.info.parameter_status("server_encoding") == "SQL_ASCII"


def without_encoding(connection_string: str) -> str:
    """Return *connection_string* for a client without encoding."""
    return make_conninfo(connection_string, client_encoding="SQL_ASCII")


def read_any_bytes(connection: BaseConnection[Any]) -> None:
    """Let *connection*, of a client without encoding, read texts as UTF-8."""
    for name in _TEXTS:
        connection.adapters.register_loader(name, _BytesLoader)
