"""Values that a PostgreSQL column cannot hold whole are refused, and nothing is written."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from tests.databases import Database, scratch
from tests.plane import Plane, plane

pytestmark = [pytest.mark.anyio, pytest.mark.postgresql]

_TABLE = "/api/v1/shop/_table/v"
_COLUMNS: Final = {
    "bt": "bit(3)",
    "b1": "bit",
    "bta": "bit(3)[]",
    "vb": "varbit(4)",
    "vba": "varbit(4)[]",
    "vca": "varchar(2)[]",
    "cha": "char(3)[]",
    "da": "short[]",
    "n": "numeric(5,2)[]",
    "na": "name",
    "naa": "name[]",
    "ch": '"char"',
    "cca": '"char"[]',
    "tz": "timetz(2)",
    "tz6": "timetz",
    "tza": "timetz(2)[]",
    "ta": "time(1)[]",
    "tsa": "timestamp(1)[]",
    "iva": "interval(1)[]",
    "db": "three",
    "ip": "inet",
    "ipd": "host",
    "ipa": "inet[]",
    "net": "cidr",
    "iy": "interval year",
    "iym": "interval year to month",
    "idm": "interval day to minute",
    "ih": "interval hour",
    "ids": "interval day to second(1)",
    "iya": "interval year to month[]",
}
_REFUSED: Final[list[tuple[str, Any]]] = [
    ("bt", "1010"),
    ("bt", "10"),
    ("b1", "10"),
    ("bta", ["1"]),
    ("bta", [["101"], ["1011"]]),
    ("vb", "10101"),
    ("vba", ["1", "10101"]),
    ("vca", ["abc"]),
    ("vca", [["a"], ["abc"]]),
    ("cha", ["abcd"]),
    ("da", ["abc"]),
    ("n", ["1.005"]),
    ("n", ["1000"]),
    ("na", "é" * 32),
    ("naa", ["x" * 64]),
    ("ch", "ab"),
    ("ch", "é"),
    ("cca", ["a", "ab"]),
    ("tz", "10:00:00.123+00"),
    ("tz6", "10:00:00.1234567+00"),
    ("tza", ["10:00:00.123+00"]),
    ("ta", ["10:00:00.12"]),
    ("tsa", ["2024-01-01 10:00:00.12"]),
    ("iva", ["PT1.25S"]),
    ("db", "1010"),
    ("iy", "P1Y2M"),
    ("iym", "P1Y2M3D"),
    ("iym", "PT1S"),
    ("idm", "PT1M1S"),
    ("ih", "PT90M"),
    ("ids", "PT1.25S"),
    ("iya", ["P1Y", "P1D"]),
]
_ACCEPTED: Final[list[tuple[str, Any, Any]]] = [
    ("bt", "101", "101"),
    ("b1", "1", "1"),
    ("bta", ["101", None], ["101", None]),
    ("vb", "1010", "1010"),
    ("vca", ["ab", "a"], ["ab", "a"]),
    ("cha", ["ab"], ["ab "]),
    ("da", ["ab"], ["ab"]),
    ("n", [1.005], ["1.01"]),
    ("na", "x" * 63, "x" * 63),
    ("ch", "a", "a"),
    ("cca", ["a"], ["a"]),
    ("tz", "10:00:00.120+00", "10:00:00.12+00"),
    ("ta", ["10:00:00.1"], ["10:00:00.1"]),
    ("db", "101", "101"),
    ("ip", "192.0.2.1", "192.0.2.1"),
    ("ip", "192.0.2.1/32", "192.0.2.1"),
    ("ip", "192.0.2.1/24", "192.0.2.1/24"),
    ("ip", "2001:db8::1", "2001:db8::1"),
    ("ipd", "192.0.2.1", "192.0.2.1"),
    ("ipa", ["192.0.2.1", "192.0.2.0/24"], ["192.0.2.1", "192.0.2.0/24"]),
    ("net", "192.0.2.1/32", "192.0.2.1/32"),
    ("iy", "P2Y", "P2Y"),
    ("iym", "P1Y2M", "P1Y2M"),
    ("idm", "P1DT2M", "P1DT2M"),
    ("ih", "P1DT2H", "P1DT2H"),
    ("ids", "P1DT1.5S", "P1DT1.5S"),
    ("iya", ["P1Y2M"], ["P1Y2M"]),
]


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with scratch("postgres", request, tmp_path) as made:
        columns = ", ".join(f"{name} {of}" for name, of in _COLUMNS.items())
        made.script(
            "CREATE DOMAIN short AS varchar(2)",
            "CREATE DOMAIN three AS bit(3)",
            "CREATE DOMAIN host AS inet",
            f"CREATE TABLE v (id {{serial}}, {columns})",
            "INSERT INTO v DEFAULT VALUES",
        )
        yield made


def _manifest(database: Database) -> dict[str, Any]:
    return {
        "version": 1,
        "services": {"shop": database.service()},
        "roles": {"all": {"grants": [{"service": "shop", "tables": ["*"], "verbs": ["*"]}]}},
        "auth": {"anonymous": "all"},
    }


@pytest.fixture
async def shop(database: Database) -> AsyncIterator[Plane]:
    async with plane(_manifest(database)) as opened:
        yield opened


@pytest.mark.fault("values.truncated", "values.numeric_arrays")
async def test_nothing_is_cut_padded_or_rounded_on_the_way(database: Database, shop: Plane):
    for column, value in _REFUSED:
        for method, url in (("POST", _TABLE), ("PATCH", f"{_TABLE}/1")):
            answer = await shop.ask(method, url, {column: value})
            assert answer.status == 400, (column, value, method)
            assert answer.error == "out_of_range", (column, value, method)
    nothing = " AND ".join(f"{column} IS NULL" for column in _COLUMNS)
    assert database.rows(f"SELECT id, {nothing} FROM v") == [(1, True)]


async def test_an_interval_that_a_column_cannot_hold_is_compared_by_value(shop: Plane):
    await shop.ask("POST", _TABLE, {"iy": "P1Y"})

    for test, count in {"iy < 'P1Y1M'": 1, "iy = 'P1Y1M'": 0, "iy >= 'P11M'": 1}.items():
        assert len((await shop.get(_TABLE, filter=test)).rows) == count, test


@pytest.mark.fault("values.settings")
async def test_settings_of_the_database_change_no_value(database: Database):
    name = psycopg.conninfo.conninfo_to_dict(database.dsn)["dbname"]
    for setting in ("array_nulls = off", "quote_all_identifiers = on"):
        database.script(f'ALTER DATABASE "{name}" SET {setting}')

    async with plane(_manifest(database)) as shop:
        made = await shop.ask("POST", f"{_TABLE}?fields=vca,na", {"vca": ["a", None], "na": "x"})

    assert (made.status, made.rows) == (201, [{"vca": ["a", None], "na": "x"}])
    assert database.rows("SELECT vca[2] IS NULL FROM v WHERE na = 'x'") == [(True,)]


async def test_what_the_column_holds_is_written(shop: Plane):
    for column, value, shown in _ACCEPTED:
        made = await shop.ask("POST", f"{_TABLE}?fields={column}", {column: value})
        assert (made.status, made.rows) == (201, [{column: shown}]), column
