"""A composite of PostgreSQL is an object of its fields, in both directions, also in arrays."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from tests.databases import Database, scratch
from tests.plane import Plane, plane

pytestmark = [pytest.mark.anyio, pytest.mark.postgresql]

_T = "/api/v1/shop/_table/places"
_LARGE = 9007199254740993
_FULL: dict[str, Any] = {
    "street 1": 'a, "b" (c) \\',
    "price": "10.50",
    "seal": "AP8=",
    "seen": ["2024-01-02T03:04:05Z", None],
    "number": str(_LARGE),
    "at": {"x": 1, "y": None},
}
_EMPTY: dict[str, Any] = dict.fromkeys(_FULL)


@pytest.fixture(scope="module")
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    with scratch("postgres", request, tmp_path_factory.mktemp("composites")) as made:
        made.script(
            "CREATE TYPE point2 AS (x int, y int)",
            'CREATE TYPE address AS ("street 1" text, gone int, price numeric(5,2), seal bytea,'
            " seen timestamptz[], number bigint, at point2)",
            "ALTER TYPE address DROP ATTRIBUTE gone",
            "CREATE TABLE places (id {serial}, home address, others address[], spot point2)",
        )
        yield made


@pytest.fixture
async def shop(database: Database) -> AsyncIterator[Plane]:
    grant = {"service": "shop", "tables": ["*"], "verbs": ["*"]}
    manifest = {
        "version": 1,
        "services": {"shop": database.service(integers="string")},
        "roles": {"all": {"grants": [grant]}},
        "auth": {"anonymous": "all"},
    }
    async with plane(manifest) as opened:
        yield opened


@pytest.mark.fault("values.composites")
async def test_a_composite_is_returned_as_it_was_sent(shop: Plane):
    bodies: list[dict[str, Any]] = [
        {"home": _FULL, "others": [_FULL, None, _EMPTY], "spot": {"x": 1, "y": -2}},
        {"home": _EMPTY, "others": [[_FULL], [_EMPTY]], "spot": {"x": None, "y": None}},
        {"home": None, "others": [], "spot": None},
    ]
    for sent in bodies:
        made = await shop.ask("POST", _T, sent)
        assert made.status == 201, made.body
        (row,) = made.rows
        assert {name: row[name] for name in sent} == sent
        url = f"{_T}/{row['id']}"
        assert (await shop.get(url)).json == row
        assert (await shop.ask("PATCH", url, row)).json == row


@pytest.mark.fault("values.composites")
@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"spot": {"x": 1}}, "invalid_value"),
        ({"spot": {"x": 1, "y": 2, "z": 3}}, "invalid_value"),
        ({"spot": "(1,2)"}, "invalid_value"),
        ({"spot": [1, 2]}, "invalid_value"),
        ({"spot": {"x": 2**31, "y": 2}}, "out_of_range"),
        ({"home": {**_FULL, "price": "1.005"}}, "out_of_range"),
        ({"others": [{**_FULL, "seal": "no base64"}]}, "invalid_value"),
        ({"others": [{"x": 1, "y": 2}]}, "invalid_value"),
    ],
)
async def test_what_is_no_value_of_a_composite_is_refused(
    shop: Plane, sent: dict[str, Any], error: str
):
    answer = await shop.ask("POST", _T, sent)

    assert (answer.status, answer.error) == (400, error)


@pytest.mark.fault("values.composites")
async def test_openapi_describes_the_fields_of_a_composite(shop: Plane):
    document = (await shop.get("/api/v1/shop/_doc")).json

    schema = document["components"]["schemas"]["shop.places.row"]["properties"]["spot"]
    integer = {"type": ["integer", "null"], "format": "int32"}
    assert schema["properties"] == {"x": integer, "y": integer}
    assert schema["required"] == ["x", "y"]
