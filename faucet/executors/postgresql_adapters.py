"""How values are converted between psycopg and PostgreSQL."""

from typing import Final

from psycopg.adapt import AdaptersMap, Loader
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
