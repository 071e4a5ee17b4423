"""Dates and floats at their ends: what SQLite cannot hold is refused, all else is alike."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.databases import DIALECTS, Database, scratch
from tests.plane import Plane, plane

pytestmark = pytest.mark.anyio

_TABLE = "/api/v1/shop/_table/people"


def _manifest(database: Database, **service: Any) -> dict[str, Any]:
    grant = {"service": "shop", "tables": ["*"], "verbs": ["*"], "aggregate": True}
    return {
        "version": 1,
        "services": {"shop": database.service(**service)},
        "roles": {"all": {"grants": [grant]}},
        "auth": {"anonymous": "all"},
        "server": {"host": "127.0.0.1"},
    }


def _fill(database: Database) -> None:
    double = database.either(sqlite="REAL", postgres="float8")
    zone = database.either(sqlite="", postgres="+00")
    database.script(
        f"CREATE TABLE people (id {{serial}}, born date, seen timestamp, met timestamptz,"
        f" team text, score {double})",
        "INSERT INTO people (born, seen, met) VALUES"
        f" ('0001-01-01', '0001-01-01 00:00:00', '0001-01-01 00:00:00{zone}'),"
        f" ('9999-12-31', '9999-12-31 23:59:59.999999', '9999-12-31 23:59:59.999999{zone}'),"
        " (NULL, NULL, NULL)",
    )


@pytest.fixture(params=DIALECTS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    with scratch(request.param, request, tmp_path) as made:
        _fill(made)
        yield made


@pytest.fixture
async def shop(database: Database) -> AsyncIterator[Plane]:
    async with plane(_manifest(database)) as opened:
        yield opened


_ENDS = ("10000-01-01", "infinity", "0044-03-15 BC", "-infinity")


@pytest.mark.parametrize("column", ["born", "seen", "met"])
@pytest.mark.parametrize("text", _ENDS)
async def test_a_date_beyond_four_digit_years_is_refused_where_dates_are_texts(
    database: Database, shop: Plane, column: str, text: str
):
    made = await shop.ask("POST", _TABLE, {column: text})

    if database.dialect == "sqlite":
        assert (made.status, made.error) == (400, "out_of_range")
    else:
        assert made.status == 201


@pytest.mark.parametrize("column", ["born", "seen", "met"])
@pytest.mark.parametrize("text", _ENDS)
async def test_a_date_beyond_four_digit_years_orders_as_what_it_is(
    shop: Plane, column: str, text: str
):
    late = text in {"10000-01-01", "infinity"}

    for operator in ("=", "!=", "<", "<=", ">", ">="):
        answer = await shop.get(_TABLE, filter=f"{column} {operator} '{text}'", fields="id")

        everyone = operator == "!=" or operator[0] == ("<" if late else ">")
        assert answer.rows == ([{"id": 1}, {"id": 2}] if everyone else []), answer.body


async def test_instants_in_seconds_end_with_year_9999(
    request: pytest.FixtureRequest, tmp_path: Path
):
    with scratch("sqlite", request, tmp_path) as database:
        database.script("CREATE TABLE people (id {serial}, seen timestamp)")
        async with plane(_manifest(database, timestamps="unix")) as shop:
            refused = await shop.ask("POST", _TABLE, {"seen": "infinity"})
            last = await shop.ask("POST", _TABLE, {"seen": "9999-12-31T23:59:59.999999"})
            found = await shop.get(_TABLE, filter="seen < '10000-01-01'", fields="id")

    assert (refused.status, refused.error) == (400, "out_of_range")
    assert last.rows[0]["seen"].startswith("9999-12-31T23:59:59.9999")
    assert found.rows == [{"id": 1}]


_MAX = 1.7976931348623157e308
_TEAMS: dict[str, list[Any]] = {
    "both": ["Infinity", "-Infinity"],
    "down": ["-Infinity", 1],
    "mixed": ["NaN", 1, None],
    "nan": ["NaN", "NaN"],
    "none": [None],
    "plain": [1, 2.5, None],
    "up": ["Infinity", _MAX, -1],
    "up and nan": ["Infinity", "NaN"],
}


async def test_functions_take_nan_and_infinities_as_postgresql_does(shop: Plane):
    rows = [{"team": team, "score": score} for team, many in _TEAMS.items() for score in many]
    await shop.ask("POST", _TABLE, rows)

    answer = await shop.get(
        _TABLE,
        filter="team IS NOT NULL",
        fields="team,SUM(score) AS s,AVG(score) AS a,MIN(score) AS low,MAX(score) AS high",
        group="team",
    )

    assert {row.pop("team"): tuple(row.values()) for row in answer.rows} == {
        "both": ("NaN", "NaN", "-Infinity", "Infinity"),
        "down": ("-Infinity", "-Infinity", "-Infinity", 1),
        "mixed": ("NaN", "NaN", 1, "NaN"),
        "nan": ("NaN", "NaN", "NaN", "NaN"),
        "none": (None, None, None, None),
        "plain": (3.5, 1.75, 1, 2.5),
        "up": ("Infinity", "Infinity", -1, "Infinity"),
        "up and nan": ("NaN", "NaN", "Infinity", "NaN"),
    }


async def test_sums_order_with_nan_last_of_numbers(shop: Plane):
    teams = ("plain", "nan", "up", "down", "none")
    rows = [{"team": team, "score": score} for team in teams for score in _TEAMS[team]]
    await shop.ask("POST", _TABLE, rows)

    answer = await shop.get(
        _TABLE,
        filter="team IS NOT NULL",
        fields="team,SUM(score) AS s",
        group="team",
        order="s",
    )

    assert [row["team"] for row in answer.rows] == ["down", "plain", "up", "nan", "none"]


@pytest.mark.parametrize("function", ["SUM", "AVG"])
@pytest.mark.parametrize("score", [_MAX, -_MAX])
async def test_a_float_sum_beyond_double_is_out_of_range(shop: Plane, function: str, score: float):
    await shop.ask("POST", _TABLE, [{"score": score}, {"score": score}])

    answer = await shop.get(_TABLE, fields=f"{function}(score)")

    assert (answer.status, answer.error) == (400, "out_of_range")
