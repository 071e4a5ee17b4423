"""Rules compare exactly: no near twin of a tenant's value is taken for it."""

from typing import Any

import pytest

from tests.databases import Database
from tests.plane import plane
from tests.security.manifests import ask, grant, manifest

pytestmark = [pytest.mark.anyio, pytest.mark.promise("sec-08")]

_FORMS = (
    "v = {claims.x}",
    "NOT v != {claims.x}",
    "v IN ({claims.x})",
    "v IN {claims.many}",
    "NOT (v NOT IN {claims.many})",
)
_TEXTS = (
    "bob",
    "Bob",
    "BOB",
    "bob ",
    " bob",
    "böb",
    "bo\u0301b",
    "b\u00f3b",
    "\uff42\uff4f\uff42",
    "bob\u200b",
)


async def _seen(database: Database, rule: str, value: Any) -> tuple[list[int], list[int]]:
    """Return the ids that a role with *rule* reads, and those that it can change."""
    claims = {"x": value, "many": [value]}
    made = manifest(database, {"clerk": claims}, clerk=[grant("t", rows=rule)])
    async with plane(made) as opened:
        read = await ask(opened, "clerk", "GET", "t", fields="id", limit="0")
        written = await ask(opened, "clerk", "PATCH", "t", {"n": 1}, all="true", fields="id")
    assert (read.status, written.status) == (200, 200)
    return tuple(sorted(row["id"] for row in each.rows) for each in (read, written))  # type: ignore[return-value]


def _build(database: Database, of: str, *values: Any) -> None:
    database.script(f"CREATE TABLE t (id integer PRIMARY KEY, n integer, v {of})")
    database.fill("t", *((number, 0, value) for number, value in enumerate(values)))


@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize("value", _TEXTS)
async def test_text_is_compared_by_its_code_points(database: Database, form: str, value: str):
    _build(database, database.either(sqlite="text COLLATE NOCASE", postgres="text"), *_TEXTS)

    seen = await _seen(database, form, value)

    assert seen == ([_TEXTS.index(value)], [_TEXTS.index(value)])


@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize("of", ["citext", 'text COLLATE "near"', "varchar(9)"])
@pytest.mark.parametrize("value", ["bob", "Bob", "böb", "bo\u0301b", "bob "])
async def test_no_collation_of_postgresql_bends_a_rule(
    postgres: Database, of: str, form: str, value: str
):
    postgres.script(
        "CREATE EXTENSION IF NOT EXISTS citext",
        "CREATE COLLATION near (provider = icu, locale = 'und-u-ks-level1', deterministic = false)",
    )
    _build(postgres, of, *_TEXTS)

    seen = await _seen(postgres, form, value)

    assert seen == ([_TEXTS.index(value)], [_TEXTS.index(value)])


@pytest.mark.fault("attacks.padding")
@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize("value", ["bob", "bob ", "bob      ", "Bob"])
async def test_the_padding_of_a_column_is_no_part_of_its_value(
    postgres: Database, form: str, value: str
):
    _build(postgres, "char(9)", "bob", "Bob")

    seen = await _seen(postgres, form, value)

    expected = [{"bob": 0, "Bob": 1}[value]] if value in ("bob", "Bob") else []
    assert seen == (expected, expected)


@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize("value", [2**53 - 1, 2**53, 2**53 + 1])
async def test_big_integers_are_not_rounded(database: Database, form: str, value: int):
    values = [2**53 - 1, 2**53, 2**53 + 1, 2**53 + 2]
    _build(database, "bigint", *values)

    seen = await _seen(database, form, value)

    assert seen == ([values.index(value)], [values.index(value)])


@pytest.mark.parametrize("form", _FORMS)
async def test_what_only_begins_like_a_number_is_not_it(database: Database, form: str):
    if database.dialect == "sqlite":
        _build(database, "integer", 7, "7abc", "x7", 7.5, b"7", None)
    else:
        _build(database, "integer", 7, 70, -7, 0, 8, None)

    assert await _seen(database, form, 7) == ([0], [0])


@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize("of", ["timestamp", "timestamptz"])
async def test_instants_are_compared_to_their_last_digit(database: Database, form: str, of: str):
    zone = "" if of == "timestamp" else database.either(sqlite="", postgres="+00")
    texts = ("2024-01-02 00:00:00", "2024-01-02 00:00:00.000001", "2024-01-02 23:59:59")
    _build(database, of, *(text + zone for text in texts))

    assert await _seen(database, form, "2024-01-02 00:00:00.000001") == ([1], [1])
    assert await _seen(database, form, "2024-01-02") == ([0], [0])


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("form", _FORMS)
async def test_spellings_of_one_instant_are_one_on_sqlite(database: Database, form: str):
    spellings = ("2024-01-02 03:04:05", "2024-01-02T03:04:05Z", "2024-01-02 03:04:05.000")
    _build(database, "timestamp", *spellings, "2024-01-02 03:04:06", "soon", None)

    assert await _seen(database, form, "2024-01-02 03:04:05") == ([0, 1, 2], [0, 1, 2])
