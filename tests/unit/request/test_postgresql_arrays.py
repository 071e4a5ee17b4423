"""Each element of an array of PostgreSQL has the form of its scalar, in both directions."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.databases import Database, scratch
from tests.plane import Plane, plane

pytestmark = [pytest.mark.anyio, pytest.mark.postgresql]

_T = "/api/v1/shop/_table"
_LARGE = 9007199254740993
_ELEMENTS: dict[str, list[Any]] = {
    "money": ["10.50", "-92233720368547758.08"],
    "numeric": ["1.50", "NaN", "0.00000001"],
    "numeric(5,2)": ["1.50", "-999.99"],
    "bytea": ["AP8=", ""],
    "timestamptz": ["2024-01-02T03:04:05.5Z", "0044-03-15T00:00:00Z BC", "infinity"],
    "timestamp": ["2024-01-02T03:04:05.5", "0044-03-15T00:00:00 BC", "-infinity"],
    "inet": ["10.0.0.1", "10.0.0.0/8", "::1"],
    "cidr": ["10.0.0.0/8", "10.0.0.1/32"],
    "oid": [1, 4_000_000_000],
    "bigint": [1, -9007199254740991],
    "float4": [0.1, "NaN"],
    "boolean": [True, False],
    "text": ["", "NULL", "a,b", 'a"b\\', "{x}", " "],
    "interval": ["P1DT2H", "P-1Y"],
    "uuid": ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
    "box": ["(2,2),(1,1)", "(4,4),(3,3)"],
    "jsonb": [{"a": [1, "x"]}, [1, 2], "text", 1],
    "int4range": ["[1,5)", "empty"],
    "bit(3)": ["101", "000"],
    "hstore": ['"a"=>"1, 2"', ""],
    "cents": ["1.50"],
}


_NUMBERS: list[tuple[str, list[Any], list[Any] | None]] = [
    ("numeric(5,2)", ["1.005"], None),
    ("numeric(5,2)", [1.005], ["1.01"]),
    ("numeric(5,2)", [[1.005], ["1.005"]], None),
    ("numeric(5,2)", [1000], None),
    ("numeric(5,2)", ["NaN", 1], ["NaN", "1.00"]),
    ("money", ["1.005"], None),
    ("money", [1.005], ["1.01"]),
    ("oid", [-1], None),
    ("oid", [2**32], None),
    ("float4", [1e39], None),
    ("bigint", [2**63], None),
    ("bit(3)", ["1"], None),
]


@pytest.fixture(scope="module")
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    with scratch("postgres", request, tmp_path_factory.mktemp("arrays")) as made:
        types = ((of, f"other.{of}" if of == "hstore" else of) for of in _ELEMENTS)
        columns = ", ".join(f'"{of}" {spelled}[]' for of, spelled in types)
        made.script(
            "CREATE SCHEMA other",
            "CREATE EXTENSION hstore SCHEMA other",
            "CREATE DOMAIN cents AS money CHECK (VALUE > 0::money)",
            f"CREATE TABLE lists (id {{serial}}, {columns})",
            "CREATE TABLE vectors (id {serial}, small int2vector, objects oidvector)",
            "INSERT INTO vectors (small, objects) VALUES ('1 2', '3 4000000000')",
        )
        yield made


@asynccontextmanager
async def _opened(database: Database, **options: Any) -> AsyncIterator[Plane]:
    grant = {"service": "shop", "tables": ["*"], "verbs": ["*"]}
    manifest = {
        "version": 1,
        "services": {"shop": database.service(**options)},
        "roles": {"all": {"grants": [grant]}},
        "auth": {"anonymous": "all"},
    }
    async with plane(manifest) as opened:
        yield opened


@pytest.fixture
async def shop(database: Database) -> AsyncIterator[Plane]:
    async with _opened(database) as opened:
        yield opened


@pytest.fixture
async def strings(database: Database) -> AsyncIterator[Plane]:
    async with _opened(database, integers="string", decimals="number") as opened:
        yield opened


def _arrays(of: str) -> Iterator[list[Any]]:
    items = _ELEMENTS[of]
    yield from (items, [None, items[0], None], [])
    if of != "jsonb":  # an array inside is a document
        yield [items, [None] * len(items)]
        yield [[items[:1], items[:1]], [[None], items[:1]], [items[:1], items[:1]]]


@pytest.mark.fault("values.arrays", "values.round_trip")
async def test_an_array_is_returned_as_it_was_sent(shop: Plane):
    for of in _ELEMENTS:
        for sent in _arrays(of):
            made = await shop.ask("POST", f"{_T}/lists", {of: sent})
            assert made.status == 201, (of, sent, made.body)
            assert made.rows[0][of] == sent, of
            url = f"{_T}/lists/{made.rows[0]['id']}"
            assert (await shop.get(url, fields=f'"{of}"')).json == {of: sent}
            kept = await shop.ask("PATCH", url, {of: sent})
            assert (kept.status, kept.json[of]) == (200, sent)


@pytest.mark.fault("values.arrays")
async def test_large_integers_of_an_array_are_strings_as_the_scalar_is(strings: Plane):
    for sent in (
        [_LARGE, -_LARGE, 1, None],
        [[2**53, 2**53 + 1], [-(2**53), -(2**53) - 1]],
    ):
        made = await strings.ask("POST", f"{_T}/lists", {"bigint": sent})

        got = made.rows[0]["bigint"]
        assert got == _texts(sent)
        again = await strings.ask("PATCH", f"{_T}/lists/{made.rows[0]['id']}", {"bigint": got})
        assert again.json["bigint"] == got


def _texts(item: Any) -> Any:
    if isinstance(item, list):
        return [_texts(each) for each in item]
    return str(item) if item is not None and abs(item) > 2**53 else item


@pytest.mark.fault("values.arrays")
async def test_decimals_of_an_array_are_numbers_as_the_scalar_is(strings: Plane):
    made = await strings.ask("POST", f"{_T}/lists", {"numeric": ["1.50", "NaN"], "money": [[2.5]]})

    assert b'"numeric":[1.50,"NaN"]' in made.body
    assert b'"money":[[2.50]]' in made.body


@pytest.mark.fault("values.numeric_arrays")
async def test_a_number_in_an_array_is_rounded_or_refused_as_the_scalar_is(shop: Plane):
    for of, sent, got in _NUMBERS:
        answer = await shop.ask("POST", f"{_T}/lists", {of: sent})

        if got is None:
            assert (answer.status, answer.error) == (400, "out_of_range"), (of, sent)
        else:
            assert answer.rows[0][of] == got, (of, sent)


@pytest.mark.fault("values.arrays")
async def test_a_vector_of_the_catalog_is_its_text(shop: Plane):
    (row,) = (await shop.get(f"{_T}/vectors")).rows

    assert row == {"id": 1, "small": "1 2", "objects": "3 4000000000"}
    assert (await shop.ask("PATCH", f"{_T}/vectors/1", row)).json == row
