"""The types that a column of PostgreSQL can have, and texts of their values as it reads them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from hypothesis import strategies as st

SETUP: Final = (
    "CREATE SCHEMA other",
    *(
        f"CREATE EXTENSION {name} SCHEMA other"
        for name in ("citext", "hstore", "ltree", "cube", "seg", "isn")
    ),
    "CREATE TYPE other.mood AS ENUM ('sad', 'so so', 'it''s', '\"{,}')",
    "CREATE DOMAIN other.cents AS numeric(9,2)",
    "CREATE DOMAIN other.word AS text CHECK (VALUE <> 'forbidden')",
    "CREATE DOMAIN other.note AS other.word",
    "CREATE DOMAIN other.folded AS other.citext",
    "CREATE TYPE other.span AS RANGE (subtype = other.citext)",
    "CREATE TYPE other.plain AS (n int, t text)",
    (
        'CREATE TYPE other.parts AS ("a 100%" money, at timestamptz, "b""c" bytea, x other.plain,'
        " list int[], instants timestamptz[], many other.plain[], doc jsonb, o other.citext)"
    ),
    "CREATE DOMAIN other.some AS other.parts",
    "CREATE DOMAIN other.lists AS timestamptz[]",
)
"""What a database needs before it has the types."""

_TEXTS: Final = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12
) | st.sampled_from(
    ("", " ", "a ", "null", "NULL", "a,b", 'a"b', "it's", "\\", "{x}", "%_", "Ab", "aB")
)
_FOLDED: Final = st.sampled_from(("a", "A", "aB", "Ab", "", "ß", "SS"))


def _numbers(low: int, high: int) -> st.SearchStrategy[str]:
    return (st.sampled_from((low, high, 0, -1 if low else 1)) | st.integers(low, high)).map(str)


def _decimals(digits: int, places: int) -> st.SearchStrategy[str]:
    last = 10**digits - 1
    return st.integers(-last, last).map(lambda n: format(Decimal(n).scaleb(-places), "f"))


def _floats(width: int) -> st.SearchStrategy[str]:
    return st.floats(width=64 if width == 64 else 32).map(repr)


def _clocks(digits: int) -> st.SearchStrategy[str]:
    fractions = st.integers(0, 10**digits - 1).map(lambda n: f".{n:0{digits}}" if digits else "")
    seconds = st.integers(0, 86_399)
    return st.builds(
        lambda s, f: f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}{f}", seconds, fractions
    )


_DATES: Final = st.dates().map(str) | st.sampled_from(
    ("infinity", "-infinity", "0001-01-01", "0001-12-31 BC", "4713-01-01 BC", "12024-02-29")
)


def _moments(zone: str, digits: int = 6) -> st.SearchStrategy[str]:
    def joined(date: str, clock: str) -> str:
        if "infinity" in date:
            return date
        day, _, era = date.partition(" ")
        return f"{day} {clock}{zone} {era}"

    return st.builds(joined, _DATES, _clocks(digits))


_INTERVALS: Final = st.builds(
    "{} years {} mons {} days {} hours {} microseconds".format,
    *(st.integers(-bound, bound) for bound in (900, 20, 40, 30, 10**10)),
)
_OCTETS: Final = st.binary(max_size=6).map(lambda value: "\\x" + value.hex())
_BITS: Final = st.text("01", max_size=5)
_JSON: Final = st.recursive(
    st.sampled_from(("true", "1.5", "-7", '""', '"a\\n\\""', "12345678901234567890")),
    lambda part: (
        st.lists(part, max_size=2).map(lambda of: f"[{','.join(of)}]")
        | st.dictionaries(st.sampled_from(('"a"', '"b c"')), part, max_size=2).map(
            lambda of: "{" + ",".join(f"{name}:{value}" for name, value in of.items()) + "}"
        )
    ),
    max_leaves=3,
)
_ADDRESSES: Final = (
    st.ip_addresses().map(str)
    | st.ip_addresses(v=4).map(lambda of: f"{of}/16")
    | st.just("::1/128")
)
_NETWORKS: Final = st.sampled_from(("10.0.0.0/8", "10.1.2.3/32", "::/0", "2001:db8::/32"))
_POINT: Final = st.builds("({},{})".format, st.integers(-9, 9), st.sampled_from((0.1, 1e30, -2)))
_RANGES: Final = st.builds(
    lambda low, size, bounds: f"{bounds[0]}{low},{low + size}{bounds[1]}",
    st.integers(-5, 5),
    st.integers(0, 9),
    st.sampled_from(("[)", "[]", "(]", "()")),
) | st.sampled_from(("empty", "(,)", "[1,)"))

_PARTS: Final = st.sampled_from(
    (
        "(,,,,,,,,)",
        '(1,infinity,"\\\\x00","(1,""a,b"")","{1,NULL}",{2024-01-01},"{""(1,x)"",NULL}",[],Ab)',
        '(-2,0044-03-15 12:00+00 BC,,"(,)",{},{},{},[],"a b")',
    )
)

TYPES: Final[Mapping[str, st.SearchStrategy[str]]] = {
    "smallint": _numbers(-(2**15), 2**15 - 1),
    "integer": _numbers(-(2**31), 2**31 - 1),
    "bigint": _numbers(-(2**63), 2**63 - 1),
    "oid": _numbers(0, 2**32 - 1),
    "numeric": _decimals(30, 12) | st.sampled_from(("NaN", "Infinity", "-Infinity", "1.000")),
    "numeric(9,3)": _decimals(9, 3) | st.just("NaN"),
    "numeric(3,-2)": st.integers(-999, 999).map(lambda n: str(n * 100)),
    "money": _decimals(18, 2) | st.just("-92233720368547758.08"),
    "real": _floats(32),
    "double precision": _floats(64),
    "boolean": st.sampled_from(("t", "f")),
    "text": _TEXTS,
    "varchar(20)": _TEXTS,
    "char(14)": _TEXTS,
    "character": st.text("ab", max_size=1),
    "name": _TEXTS,
    "other.ltree": st.sampled_from(("a.b.c", "Top", "")),
    '"char"': st.sampled_from(("a", "", "\\", '"')),
    'text COLLATE "C"': _TEXTS,
    "other.citext": _FOLDED,
    "other.folded": _FOLDED,
    "other.mood": st.sampled_from(("sad", "so so", "it's", '"{,}')),
    "other.cents": _decimals(9, 2),
    "other.word": _TEXTS,
    "other.note": _TEXTS,
    "uuid": st.uuids().map(str),
    "bytea": _OCTETS,
    "date": _DATES,
    "time": _clocks(6) | st.just("24:00:00"),
    "time(2)": _clocks(2),
    "timetz": st.builds("{}{}".format, _clocks(6), st.sampled_from(("+00", "-03:30", "+15:59"))),
    "timestamp": _moments(""),
    "timestamp(3)": _moments("", 3),
    "timestamptz": _moments("+00") | _moments("-03:30"),
    "timestamptz(0)": _moments("+00", 0),
    "interval": _INTERVALS,
    "interval year to month": st.integers(-99, 99).map("{} mons".format),
    "json": _JSON,
    "jsonb": _JSON,
    "inet": _ADDRESSES,
    "cidr": _NETWORKS,
    "macaddr": st.sampled_from(("08:00:2b:01:02:03", "08002b010203")),
    "macaddr8": st.just("08:00:2b:01:02:03:04:05"),
    "bit(3)": st.text("01", min_size=3, max_size=3),
    "varbit(5)": _BITS,
    "point": _POINT,
    "box": st.builds("{},{}".format, _POINT, _POINT),
    "path": st.builds("[{},{}]".format, _POINT, _POINT),
    "circle": st.builds("<{},{}>".format, _POINT, st.integers(0, 3)),
    "int4range": _RANGES,
    "numrange": _RANGES,
    "tstzrange": st.sampled_from(("[2024-01-01,2024-01-02)", "empty", "(,infinity]")),
    "int4multirange": st.lists(_RANGES, max_size=2).map(lambda of: "{" + ",".join(of) + "}"),
    "other.span": st.sampled_from(("[a,b)", '["a,b","C d"]', "empty")),
    "tsvector": st.sampled_from(("'a':1A 'it''s':2", "")),
    "tsquery": st.sampled_from(("'a' & !'b c'", "")),
    "xml": st.sampled_from(("<a b='1'/>", "text", "")),
    "pg_lsn": st.just("16/B374D848"),
    "jsonpath": st.just('$."a"[*]'),
    "tid": st.just("(0,1)"),
    "xid8": st.just("18446744073709551615"),
    "regtype": st.sampled_from(("integer", "other.citext")),
    "other.hstore": st.sampled_from(('"a"=>"1, 2", "b"=>NULL', "", '"x"=>"\\""')),
    "other.cube": st.sampled_from(("(1, 2),(3, 4)", "(0.5)")),
    "other.seg": st.sampled_from(("1.50 .. 2", "~3")),
    "other.plain": st.sampled_from(("(1,x)", "(,)", '(-5,"a ""b"", (c)")', '(,"")')),
    "other.parts": _PARTS,
    "other.some": _PARTS,
    "other.lists": st.sampled_from(("{}", "{2024-01-01,NULL}")),
    "other.isbn": st.just("978-0-393-04002-9"),
}
"""The texts of each type; all but the built-in ones are outside the served schema."""

_EDGES: Final[Mapping[str, tuple[str, ...]]] = {
    "real": ("NaN", "-0"),
    "double precision": ("NaN", "-Infinity"),
    "numeric": ("NaN", "1.000"),
    "char(14)": ("ab", "a"),
    "other.citext": ("Ab", "aB"),
    "other.folded": ("Ab", "aB"),
    "date": ("0044-03-15 BC", "infinity"),
    "timestamp": ("0044-03-15 12:00 BC", "infinity"),
    "timestamptz": ("0044-03-15 12:00+00 BC", "-infinity"),
    "inet": ("10.0.0.1", "10.0.0.1/8"),
    "interval": ("1 mon", "30 days"),
}
EDGES: Final[Mapping[str, tuple[str, ...]]] = {of: _EDGES.get(of, ()) for of in TYPES}
"""Values that every test of a type has."""
FOLDED: Final = frozenset({"other.citext", "other.folded"})
"""Types that are equal in any case, except in rules."""
HOSTILE_SETTINGS: Final[Mapping[str, str]] = {
    "array_nulls": "off",
    "backslash_quote": "off",
    "bytea_output": "escape",
    "client_encoding": "LATIN1",
    "DateStyle": "German",
    "default_text_search_config": "pg_catalog.german",
    "default_transaction_deferrable": "on",
    "default_transaction_isolation": "serializable",
    "default_transaction_read_only": "on",
    "enable_indexscan": "off",
    "extra_float_digits": "-15",
    "gin_fuzzy_search_limit": "1",
    "IntervalStyle": "postgres_verbose",
    "plan_cache_mode": "force_generic_plan",
    "quote_all_identifiers": "on",
    "row_security": "off",
    "search_path": "evil",
    "standard_conforming_strings": "off",
    "synchronize_seqscans": "on",
    "TimeZone": "Asia/Kathmandu",
    "timezone_abbreviations": "India",
    "transform_null_equals": "on",
    "xmlbinary": "hex",
    "xmloption": "document",
}
"""Settings that a database or role may have; no value depends on them."""
