"""Numbers of PostgreSQL's own types are compared, summed and averaged by value."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.databases import Database, scratch
from tests.plane import Plane, plane

pytestmark = [pytest.mark.anyio, pytest.mark.postgresql]

_T = "/api/v1/shop/_table"
_LARGE = 4_000_000_000


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with scratch("postgres", request, tmp_path) as made:
        made.script(
            "CREATE TABLE sums (id {serial}, price numeric(9,2), large bigint, amount money)",
            "INSERT INTO sums (price, large, amount) VALUES (145.97, 9007199254740993, 1),"
            " (145.99, 9007199254740993, 2), (146.01, 9007199254740993, -92233720368547758.08)",
            "CREATE TABLE far (n numeric PRIMARY KEY, at timestamptz)",
            "INSERT INTO far VALUES ('NaN', '0044-03-15 12:00:00.5+00 BC'),"
            " (1, '0001-01-01 00:00:00+00'), (2, 'infinity'), (3, '-infinity')",
            "CREATE TABLE objects (o oid PRIMARY KEY, v int)",
            f"INSERT INTO objects VALUES (1, 1), ({_LARGE}, 2)",
        )
        yield made


@pytest.fixture(params=["number", "string"])
async def shop(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[Plane]:
    grant = {"service": "shop", "tables": ["*"], "verbs": ["*"], "aggregate": True}
    manifest = {
        "version": 1,
        "services": {"shop": database.service(integers=request.param)},
        "roles": {"all": {"grants": [grant]}},
        "auth": {"anonymous": "all"},
    }
    async with plane(manifest) as opened:
        yield opened


@pytest.mark.fault("values.averages")
async def test_averages_are_exact_until_they_are_rounded_to_a_float(shop: Plane):
    answer = await shop.get(f"{_T}/sums?fields=AVG(price)+AS+p,AVG(large)+AS+l&filter=id+>+0")

    assert answer.rows == [{"p": 145.99, "l": float(9007199254740993)}]


@pytest.mark.fault("values.money")
@pytest.mark.parametrize(
    ("test", "ids"),
    [
        ("amount < 1e30", [1, 2, 3]),
        ("amount > 1e30", []),
        ("amount > -1e30", [1, 2, 3]),
        ("amount = 1e30", []),
        ("amount IN (1, 1e30)", [1]),
        ("amount <= -92233720368547758.08", [3]),
        ("amount < 93000000000000000", [1, 2, 3]),
        ("amount > 1.005", [2]),
    ],
)
async def test_money_is_compared_by_value(shop: Plane, test: str, ids: list[int]):
    answer = await shop.get(f"{_T}/sums", filter=test, fields="id", order="id")

    assert answer.rows == [{"id": one} for one in ids]


@pytest.mark.fault("values.oids")
async def test_an_oid_is_a_value_over_its_whole_range(shop: Plane):
    async def found(test: str) -> Any:
        return (await shop.get(f"{_T}/objects", filter=test, fields="v", order="v")).rows

    assert (await shop.get(f"{_T}/objects")).rows == [{"o": 1, "v": 1}, {"o": _LARGE, "v": 2}]
    assert await found(f"o = {_LARGE}") == [{"v": 2}]
    assert await found(f"o IN ({_LARGE}, 1)") == [{"v": 1}, {"v": 2}]
    assert await found(f"o < {_LARGE}") == await found("o < 3000000000") == [{"v": 1}]
    assert await found("o > -1") == await found("o < 5000000000") == [{"v": 1}, {"v": 2}]
    assert (await shop.get(f"{_T}/objects/{_LARGE}")).json == {"o": _LARGE, "v": 2}
    kept = await shop.ask("PATCH", f"{_T}/objects/{_LARGE}", {"o": _LARGE, "v": 3})
    assert kept.status == 200
    assert (await shop.ask("POST", f"{_T}/objects", {"o": 2**31})).status == 201
    assert (await shop.ask("POST", f"{_T}/objects", {"o": 2**32})).error == "out_of_range"


@pytest.mark.fault("values.special_numbers")
async def test_nan_is_a_decimal_as_it_is_read(shop: Plane):
    (first, *_) = (await shop.get(f"{_T}/far?order=n+DESC")).rows
    url = f"{_T}/far/{first['n']}"

    assert first["n"] == "NaN"
    assert (await shop.get(url)).json == first
    assert (await shop.ask("PATCH", url, first)).status == 200
    assert (await shop.get(url)).json == first
    for test, count in {
        "n = 'NaN'": 1,
        "n IN ('NaN', 1)": 2,
        "n < 'NaN'": 3,
        "n > 'NaN'": 0,
        "n BETWEEN 2 AND 'nan'": 3,
        "n != 'NaN'": 3,
    }.items():
        assert len((await shop.get(f"{_T}/far", filter=test)).rows) == count, test
    answer = await shop.ask("POST", f"{_T}/sums", {"price": "Infinity"})
    assert (answer.status, answer.error) == (400, "out_of_range")


@pytest.mark.fault("values.special_numbers")
async def test_an_infinite_decimal_is_refused_or_kept_by_the_database(
    database: Database, shop: Plane
):
    made = await shop.ask("POST", f"{_T}/far", {"n": "-Infinity"})

    with database.connected() as connection:
        infinite = connection.info.server_version >= 140000
    assert made.status == (201 if infinite else 400)
    if infinite:
        found = await shop.get(f"{_T}/far", filter="n < -1e300", fields="n")
        assert found.rows == [{"n": "-Infinity"}]


@pytest.mark.fault("values.years_bc")
async def test_instants_before_christ_are_accepted_as_they_are_read(shop: Plane):
    rows = (await shop.get(f"{_T}/far?order=at")).rows

    assert [row["at"] for row in rows] == [
        "-infinity",
        "0044-03-15T12:00:00.5Z BC",
        "0001-01-01T00:00:00Z",
        "infinity",
    ]
    for row in rows:
        same = await shop.get(f"{_T}/far", filter=f"at = '{row['at']}'")
        kept = await shop.ask("PATCH", f"{_T}/far/{row['n']}", {"at": row["at"]})
        assert (same.rows, kept.status) == ([row], 200)
    assert (await shop.get(f"{_T}/far?order=at")).rows == rows
