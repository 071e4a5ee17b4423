"""On SQLite a column can hold anything: a cell is compared as the value that is returned of it."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.databases import Database, key, scratch
from tests.plane import Plane, plane
from tests.security.manifests import TABLE, grant, manifest

pytestmark = pytest.mark.anyio

_UUID = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
_MIXED = "A0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
_CELLS: tuple[Any, ...] = (
    *(None, 0, 1, 7, -3, 2024, 1704164645, 2**53 + 1, 2**63 - 1, 10**17),
    *(0.5, 1.5, 7.0, 1.239, 0.1 + 0.2, 1e300, 1.8446744073709552e19, float("inf"), -float("inf")),
    *("", "n/a", "abcdef", "Ünï", "true", "FALSE", "t", "no", "7abc", " 7 ", "1.239", "Infinity"),
    *("NaN", "it's", "100%", "AP8=", "bobs", "soon", "0000-01-01 00:00:00"),
    *(b"", b"\x00\xff", b"abc", b"7", b"2024-01-02"),
    *(_UUID, _UUID.upper(), _UUID.replace("-", ""), _UUID.replace("-", "").upper(), _MIXED),
    bytes.fromhex(_UUID.replace("-", "")),
    *("2024-01-02", "2024-01-02T00:00:00Z", "2024-01-02 00:00", "2024-02-31", "2024-01-02 03:04"),
    *("2024-01-02 03:04:05", "2024-01-02T03:04:05Z", "2024-01-02T03:04:05.000Z"),
    *("2024-01-02 03:04:05.5", "2024-01-02 03:04:05.1234567", "2024-01-02 03:04:05+02:00"),
    *("2024-01-02t03:04:05", "2024-01-02 03:04:05.500000", "03:04", "03:04:05", "03:04:05.600"),
)
_TYPES = (
    *("INTEGER", "int", "BIGINT UNSIGNED", "SERIAL", "REAL", "double precision", "NUMERIC"),
    *("DECIMAL(6,2)", "decimal(20,0)", "MONEY", "BOOLEAN", "TEXT", "varchar(3)", "char(3)"),
    *("TEXT COLLATE NOCASE", "BLOB", "binary(2)", "VARBINARY", "UUID", "uniqueidentifier"),
    *("DATE", "TIME", "TIMESTAMP", "DATETIME", "TIMESTAMPTZ"),
)
_OPAQUE = ("", "ANY", "geometry")
_FORMS = [(of, "text") for of in (*_TYPES, *_OPAQUE)] + [
    (of, "unix") for of in ("TIMESTAMP", "TIMESTAMPTZ")
]

# As literals these are also another spelling of a value.
_AMBIGUOUS = ("t", _MIXED, "2024-01-02t03:04:05")


@pytest.fixture(params=_FORMS, ids="-".join)
def filled(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Database, str, str]]:
    of, form = request.param
    with scratch("sqlite", request, tmp_path) as database:
        database.script(f"CREATE TABLE t (id integer PRIMARY KEY, v {of})")
        database.fill("t", *enumerate(_CELLS))
        yield database, of, form


@asynccontextmanager
async def _opened(database: Database, form: str, rule: str = "all") -> AsyncIterator[Plane]:
    made = manifest(database, r=[grant("*", rows=rule, aggregate=True)])
    made["services"]["shop"]["timestamps"] = form
    async with plane(made) as opened:
        yield opened


async def _ask(opened: Plane, method: str, rest: str, body: Any = None, **query: Any) -> Any:
    answer = await opened.ask(method, TABLE + rest, body, key=key("r"), **query)
    assert answer.reported == ()
    return answer


async def _values(opened: Plane, **query: Any) -> dict[int, Any]:
    """Return the returned values by id; numbers as a tuple of their text, to be no strings."""
    answer = await _ask(opened, "GET", "t", limit="0", **query)
    assert answer.status == 200, answer.body
    rows = json.loads(answer.body, parse_int=_Number, parse_float=_Number)["resource"]
    return {int(row["id"]): row["v"] for row in rows}


class _Number(str):
    """A number as it was spelled; equal to no string."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Number) and str.__eq__(self, other)

    __hash__ = str.__hash__


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, _Number) else "'" + str(value).replace("'", "''") + "'"


def _folded(value: Any, of: str) -> Any:
    return value.casefold() if "NOCASE" in of and value.isascii() else value


@pytest.mark.fault("values.round_trip", "compare.lengths")
async def test_a_returned_value_finds_the_rows_that_have_it(filled: tuple[Database, str, str]):
    database, of, form = filled
    async with _opened(database, form) as opened:
        values = await _values(opened)
        for value in values.values():
            if value is None or of in _OPAQUE:
                continue
            same = {n for n, each in values.items() if each is not None and _is(each, value, of)}
            for text in (f"v = {_literal(value)}", f"v IN ({_literal(value)}, {_literal(value)})"):
                found = set(await _values(opened, filter=text))
                assert found == same or (value in _AMBIGUOUS and found > same), (text, found, same)
                rest = {n for n, each in values.items() if each is not None} - found
                assert set(await _values(opened, filter=f"NOT {text}")) == rest, (text, value)


def _is(one: Any, other: Any, of: str) -> bool:
    return type(one) is type(other) and _folded(one, of) == _folded(other, of)


@pytest.mark.fault("values.round_trip")
async def test_a_returned_value_can_be_written_back(filled: tuple[Database, str, str]):
    database, _of, form = filled
    before = database.rows("SELECT id, typeof(v), quote(v) FROM t ORDER BY id")
    async with _opened(database, form) as opened:
        raw = await _ask(opened, "GET", "t")
        for row in json.loads(raw.body, parse_float=_Spelled)["resource"]:
            for method in ("PATCH", "PUT"):
                body = _spelled_json({"v": row["v"]})
                answer = await _ask(opened, method, f"t/{row['id']}", body)
                assert answer.status == 200, (method, row, answer.body)
        listed = _spelled_json(json.loads(raw.body, parse_float=_Spelled)["resource"])
        assert (await _ask(opened, "PATCH", "t", listed)).status == 200

    assert database.rows("SELECT id, typeof(v), quote(v) FROM t ORDER BY id") == before


class _Spelled(float):
    """A number that is written as it was read."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _spelled_json(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.fault("values.round_trip")
@pytest.mark.parametrize("of", _TYPES[1:])  # an INTEGER key holds integers
async def test_a_returned_key_selects_its_row(
    request: pytest.FixtureRequest, tmp_path: Path, of: str
):
    with scratch("sqlite", request, tmp_path) as database:
        database.script(f"CREATE TABLE t (v {of} PRIMARY KEY, id integer)")
        with database.connected() as connection:
            for number, cell in enumerate(_CELLS):
                connection.execute("INSERT OR IGNORE INTO t VALUES (?, ?)", (cell, number))
            connection.commit()
        async with _opened(database, "text") as opened:
            values = await _values(opened)
            for number, value in values.items():
                misplaced = isinstance(value, _Number) and of == "BLOB"
                if value in (None, "", ".", "..") or misplaced:
                    continue
                same = {n for n, each in values.items() if _text(each) == _text(value)}
                text = _text(value)
                answer = await _ask(opened, "GET", f"t/{quote(text, safe='')}")
                assert answer.status == 200, (value, number)
                assert answer.json["id"] in same or "NOCASE" in of or text in _AMBIGUOUS


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


_RULES: dict[str, tuple[str, ...]] = {
    "INTEGER": ("v = 7", "v != 7", "v >= 3", "v < 3", "v IN (1, 7)", "v BETWEEN 1 AND 8"),
    "int": ("v >= 3", "NOT v >= 3", "NOT v < 3", "v NOT BETWEEN 1 AND 8"),
    "REAL": ("v = 1.5", "v > 1.2", "NOT v > 1.2", "v <= 1.239", "v != 1.239"),
    "NUMERIC": ("v = 1.239", "v >= 1.239", "v < 0.3", "v <= 0.3", "v = 0.3", "NOT v = 0.3"),
    "DECIMAL(6,2)": ("v > 1.23", "v = 0.30", "v > 0.30", "v NOT IN (0.30, 7)", "NOT v < 1.5"),
    "BOOLEAN": ("v = true", "v = false", "v != true", "NOT v = false", "v IN (true)"),
    "TEXT": ("v = 'n/a'", "v = 'bobs'", "v != 'bobs'", "v >= 'bobs'", "NOT v >= 'bobs'"),
    "DATE": ("v = '2024-01-02'", "v <= '2024-01-02'", "v > '2024-01-01'", "v <= now()"),
    "TIME": ("v = '03:04:05'", "v > '03:04'", "NOT v > '03:04:05'", "v IN ('03:04', '03:04:05.6')"),
    "TIMESTAMP": (
        *("v = '2024-01-02T03:04:05'", "v != '2024-01-02T03:04:05'", "v <= now()", "NOT v > now()"),
        *("v BETWEEN '2024-01-02' AND '2024-01-02T03:04'", "v >= '2024-01-02T03:04:05'"),
    ),
    "TIMESTAMPTZ": ("v = '2024-01-02T01:04:05Z'", "v < '2024-01-02T03:00:00Z'", "v <= now()"),
    "UUID": (f"v = '{_UUID}'", f"v != '{_UUID}'", f"v NOT IN ('{_UUID}')"),
    "BLOB": ("v = 'AP8='", "v != 'AP8='"),
}


@pytest.mark.fault("values.round_trip", "compare.booleans")
@pytest.mark.parametrize(
    ("of", "rule", "form"),
    [
        (of, rule, form)
        for of, rules in _RULES.items()
        for rule in rules
        for form in (("text", "unix") if of.startswith("TIMESTAMP") else ("text",))
    ],
)
@pytest.mark.promise("sec-08")
async def test_a_rule_decides_by_the_returned_values(
    request: pytest.FixtureRequest, tmp_path: Path, of: str, rule: str, form: str
):
    with scratch("sqlite", request, tmp_path) as database:
        database.script(f"CREATE TABLE t (id integer PRIMARY KEY, v {of})")
        database.fill("t", *enumerate(_CELLS))
        classes = dict(database.rows("SELECT id, typeof(v) FROM t"))
        async with _opened(database, form) as opened:
            values = await _values(opened)
        async with _opened(database, form, rule) as opened:
            seen = set(await _values(opened))

    assert seen == {n for n, value in values.items() if _holds(rule, value, of, classes[n])}


def _holds(rule: str, value: Any, of: str, stored: str) -> bool:
    """Evaluate *rule* on a returned value; what does not fit its type has no place in an order."""
    if value is None:
        return False
    words = rule.replace(",", " ").replace("(", " ").replace(")", " ").split()
    negated = "NOT" in words
    words = [word for word in words if word not in ("v", "NOT", "AND")]
    operator, operands = words[0], [_read(word.strip("'"), of) for word in words[1:]]
    if operator == "IN" or operator in ("=", "!="):
        return (_read_value(value, of) in operands) != (negated != (operator == "!="))
    mine = _read_value(value, of)
    if (of, mine) == ("REAL", "NaN"):
        mine = Decimal("Infinity")  # it sorts after all numbers
    elif stored == ("text" if isinstance(operands[0], Decimal) else "blob"):
        return False  # it is returned like a value that fits, but is none
    if not _fits(value, mine, operands[0], of):
        return False
    if operator == "BETWEEN":
        return (operands[0] <= mine <= operands[1]) != negated
    other = operands[0]
    answer = {"<": mine < other, "<=": mine <= other, ">": mine > other, ">=": mine >= other}
    return answer[operator] != negated


def _read(text: str, of: str) -> Any:
    if of in ("INTEGER", "int", "REAL", "NUMERIC", "DECIMAL(6,2)"):
        return Decimal(text)
    if of == "BOOLEAN":
        return text == "true"
    if text == "now":
        text = "2999-01-01"
    if of.startswith("TIMESTAMP"):
        day, _, clock = text.replace("Z", "").replace("T", " ").partition(" ")
        return f"{day} {clock or '00:00'}{'' if clock.count(':') == 2 else ':00'}"
    return f"{text}:00" if of == "TIME" and text.count(":") == 1 else text


def _read_value(value: Any, of: str) -> Any:
    if isinstance(value, _Number) or (of in ("NUMERIC", "DECIMAL(6,2)") and _is_number(value)):
        return Decimal(value)
    if of.startswith("TIMESTAMP") and isinstance(value, str) and "T" in value:
        return value.replace("Z", "").replace("T", " ")
    if isinstance(value, str) and of in ("INTEGER", "int", "REAL", "NUMERIC", "DECIMAL(6,2)"):
        infinite = {"Infinity": Decimal("inf"), "-Infinity": Decimal("-inf")}
        return infinite.get(value, value)
    return value


def _is_number(text: Any) -> bool:
    return isinstance(text, str) and text[:1] != "I" and text.replace(".", "").lstrip("-").isdigit()


def _fits(value: Any, mine: Any, like: Any, of: str) -> bool:
    forms = {"DATE": "0000-00-00", "TIME": "00:00:00"}
    if of.startswith("TIMESTAMP") or of in forms:
        shape = "".join("0" if each.isdigit() else each for each in str(value))
        form = forms.get(of, "0000-00-00T00:00:00")
        whole = shape if of == "DATE" else shape[: len(form)]
        return not isinstance(value, _Number) and whole == form
    return type(mine) is type(like)
