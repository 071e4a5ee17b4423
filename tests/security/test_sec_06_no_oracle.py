"""Rows that a role may not see can make no request fail: asked of them and of nothing, the same."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.databases import DIALECTS, Database, scratch
from tests.plane import Plane, plane
from tests.security.manifests import ask, grant, manifest, told

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.promise("sec-06")]

_POSTGRES = {
    "smallint": "32767",
    "integer": "2147483647",
    "bigint": "9223372036854775807",
    "numeric": "1e300",
    "numeric(4,2)": "99.99",
    "real": "3e38",
    "double precision": "1.7e308",
    "money": "92233720368547758.07",
    "boolean": "true",
    "text": "\\",
    "varchar(3)": "a\\%",
    "char(3)": "\\",
    "citext": "Bob\\",
    'text COLLATE "near"': "bob",
    "mood": "happy",
    "uuid": "00000000-0000-0000-0000-000000000001",
    "bytea": "\\xff00",
    "date": "infinity",
    "time": "24:00:00",
    "timetz": "24:00:00-12",
    "timestamp": "294276-12-31 23:59:59",
    "timestamptz": "-infinity",
    "interval": "178000000 years",
    "json": '{"a": 1, "a": 2}',
    "jsonb": '"\\\\"',
    "xml": "<a/>",
    "integer[]": "{1,NULL}",
    "text[]": "{a,b}",
    "inet": "::1/64",
    "point": "(1,NaN)",
    "tsvector": "a b",
    "bit(3)": "101",
    "int4range": "[1,)",
    "positive": "5",
    "name": "pg",
    "oid": "4294967295",
}
_SQLITE = {
    "integer": "'7abc'",
    "bigint": "x'ff'",
    "numeric(4,2)": "'1e400'",
    "real": "9e999",
    "boolean": "'perhaps'",
    "text": "x'c328'",
    "varchar(3)": "'a\\'",
    "date": "'0000-99-99'",
    "time": "x''",
    "timestamp": "'294276-12-31 23:59:59'",
    "timestamptz": "1e300",
    "blob": "'\\'",
    "json": "'{'",
    "uuid": "'no uuid'",
    "text COLLATE NOCASE": "char(0)",
}
_LITERALS = (
    *("''", "'\\\\'", "'%\\\\%'", "'a'", "'1'", "'-1'", "'7abc'", "'infinity'", "'NaN'", "'{}'"),
    *("'2024-01-02'", "'24:00:00'", "'2024-01-02T03:04:05+14:00'", "'[1'", "'(1,2)'", "'true'"),
    *("'00000000-0000-0000-0000-000000000001'", "'99999999999999999999'", "'1e300'", "'P1D'"),
    *("0", "1", "-1", "0.1", "1e300", "99999999999999999999", "1e-300", "true", "'4713-01-01 BC'"),
)
_FORMS = (
    *(f"c {operator} {{}}" for operator in ("=", "!=", "<", "<=", ">", ">=")),
    *(f"c {word} {{}}" for word in ("LIKE", "ILIKE", "CONTAINS", "STARTS WITH", "ENDS WITH")),
    *("c IN ({0}, {0})", "c NOT IN ({})", "c BETWEEN {0} AND {0}", "NOT c = {}", "c NOT LIKE {}"),
)
_SHAPES: list[dict[str, str]] = [
    {},
    {"order": "c"},
    {"order": "-c"},
    {"group": "c"},
    {"group": "c", "fields": "c,COUNT(*)", "count": "true", "order": "-c"},
    *(
        {"fields": f"{function}(c)"} | more
        for function in ("COUNT", "SUM", "AVG", "MIN", "MAX")
        for more in ({}, {"group": "tenant"}, {"order": f"{function.lower()}_c"})
    ),
    {"filter": "c IS NULL"},
    {"filter": "NOT c IS NOT NULL", "count": "true"},
]


@pytest.fixture(scope="module", params=DIALECTS)
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    with scratch(request.param, request, tmp_path_factory.mktemp("oracle")) as made:
        if request.param == "postgres":
            made.script(
                "CREATE EXTENSION citext",
                "CREATE TYPE mood AS ENUM ('sad', 'happy')",
                "CREATE DOMAIN positive AS integer CHECK (value > 0)",
                "CREATE COLLATION near"
                " (provider = icu, locale = 'und-u-ks-level1', deterministic = false)",
            )
        for number, (of, value) in enumerate(_columns(made).items()):
            cell = value if request.param == "sqlite" else "'" + value.replace("'", "''") + "'"
            made.script(
                f"CREATE TABLE full{number} (id {{serial}}, tenant integer, c {of})",
                f"CREATE TABLE none{number} (id {{serial}}, tenant integer, c {of})",
                *[f"INSERT INTO full{number} (tenant, c) VALUES (8, {cell})"] * 3,
                f"INSERT INTO full{number} (tenant, c) VALUES (8, NULL)",
            )
        yield made


def _columns(database: Database) -> dict[str, str]:
    return _POSTGRES if database.dialect == "postgres" else _SQLITE


@pytest.fixture(scope="module")
async def opened(shop: Database) -> AsyncIterator[Plane]:
    roles = manifest(shop, clerk=[grant("*", rows="tenant = 7", check="all", aggregate=True)])
    async with plane(roles) as made:
        yield made


async def _assert_equal(opened: Plane, number: int, method: str, body: object, **query: str):
    full, none = [
        told(await ask(opened, "clerk", method, f"{table}{number}", body, **query))
        for table in ("full", "none")
    ]
    swapped = full[2].replace(f'"full{number}"'.encode(), f'"none{number}"'.encode())
    assert (full[0], swapped) == (none[0], none[2]), query
    assert full[0] in (200, 400), (query, full)


@pytest.mark.parametrize("form", _FORMS)
async def test_no_filter_of_any_type_fails_on_hidden_rows(opened: Plane, shop: Database, form: str):
    for number in range(len(_columns(shop))):
        for literal in _LITERALS:
            query = {"filter": form.format(literal), "fields": "id"}
            await _assert_equal(opened, number, "GET", None, **query)


async def test_no_shape_of_any_type_fails_on_hidden_rows(opened: Plane, shop: Database):
    for number in range(len(_columns(shop))):
        for shape in _SHAPES:
            await _assert_equal(opened, number, "GET", None, **shape)


async def test_no_write_by_filter_of_any_type_fails_on_hidden_rows(opened: Plane, shop: Database):
    before = [shop.rows(f"SELECT * FROM full{n} ORDER BY id") for n in range(3)]

    for number in range(len(_columns(shop))):
        for literal in _LITERALS:
            query = {"filter": f"c = {literal} OR NOT c = {literal}"}
            await _assert_equal(opened, number, "PATCH", {"tenant": 1}, **query)
            await _assert_equal(opened, number, "DELETE", None, **query)

    assert [shop.rows(f"SELECT * FROM full{n} ORDER BY id") for n in range(3)] == before
