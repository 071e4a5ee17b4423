"""What SQLite files hold in practice, and what requests find, count and write of it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import pytest

from tests.databases import Database, key, key_of
from tests.plane import Plane, plane

pytestmark = pytest.mark.anyio

_TABLE = "/api/v1/shop/_table/"
_UUID = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
_SPELLED = (
    *(_UUID, _UUID.upper(), _UUID.replace("-", ""), _UUID.replace("-", "").upper()),
    bytes.fromhex(_UUID.replace("-", "")),
)
_INSTANTS = ("2024-01-02 03:04:05", "2024-01-02T03:04:05Z", "2024-01-02T03:04:05.000Z")


@pytest.fixture
def database(sqlite_database: Any) -> Database:
    return Database(dialect="sqlite", dsn=str(sqlite_database))


@asynccontextmanager
async def _opened(database: Database, **rest: Any) -> AsyncIterator[Plane]:
    service = {name: rest.pop(name) for name in ("timestamps", "resources") if name in rest}
    grant = {"service": "shop", "tables": ["*"], "verbs": ["*"], "aggregate": True} | rest
    made = {
        "version": 1,
        "services": {"shop": database.service(**service)},
        "roles": {"r": {"grants": [grant]}},
        "keys": {"k": key_of("r")},
    }
    async with plane(made) as opened:
        yield opened


async def _ask(opened: Plane, method: str, rest: str, body: Any = None, **query: Any) -> Any:
    answer = await opened.ask(method, _TABLE + rest, body, key=key("r"), **query)
    assert answer.reported == ()
    return answer


async def _ids(opened: Plane, table: str, text: str) -> list[int]:
    answer = await _ask(opened, "GET", table, filter=text, fields="n")
    assert answer.status == 200, answer.body
    return [row["n"] for row in answer.rows]


def _build(database: Database, of: str, cells: Sequence[object]) -> None:
    database.script(f"CREATE TABLE t (n integer PRIMARY KEY, v {of})")
    database.fill("t", *enumerate(cells))


@pytest.mark.fault("compare.uuids")
@pytest.mark.parametrize("stored", _SPELLED)
@pytest.mark.parametrize("sent", [_UUID, _UUID.upper()])
@pytest.mark.parametrize("where", ["key", "unique"])
async def test_a_uuid_is_one_key_however_it_is_spelled(
    database: Database, stored: object, sent: str, where: str
):
    keys = {"key": "v uuid PRIMARY KEY, n integer", "unique": "v uuid UNIQUE, n integer UNIQUE"}
    database.script(f"CREATE TABLE t ({keys[where]})")
    database.fill("t", (stored, 1), ("b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", 2))
    before = database.rows("SELECT * FROM t ORDER BY n")

    async with _opened(database) as opened:
        found = await _ids(opened, "t", f"v = '{sent}'")
        posted = await _ask(opened, "POST", "t", {"v": sent, "n": 3})
        listed = await _ask(opened, "POST", "t", [{"v": None, "n": 7}, {"v": sent, "n": 3}])
        moved = await _ask(opened, "PATCH", "t?filter=n=2", {"v": sent})
        kept = await _ask(opened, "PATCH", "t?filter=n=1", {"v": sent, "n": 1})
        if where == "key":
            assert (await _ask(opened, "GET", f"t/{sent}")).json == {"v": _UUID, "n": 1}
            assert (await _ask(opened, "PATCH", f"t/{sent}", {"n": 1})).status == 200

    assert found == [1]
    assert [(each.status, each.error) for each in (posted, listed, moved)] == [
        (409, "unique_violation")
    ] * 3
    assert (kept.status, kept.rows[0]["v"]) == (200, _UUID)
    assert database.rows("SELECT * FROM t ORDER BY n") == before


@pytest.mark.fault("compare.timestamps")
async def test_an_instant_is_one_key_however_it_is_spelled(database: Database):
    database.script("CREATE TABLE t (v datetime PRIMARY KEY, n integer)")
    database.fill("t", (_INSTANTS[1], 1))

    async with _opened(database) as opened:
        found = await _ask(opened, "GET", f"t/{quote(_INSTANTS[0])}")
        posted = await _ask(opened, "POST", "t", {"v": _INSTANTS[0], "n": 2})

    assert (found.status, found.json["n"]) == (200, 1)
    assert (posted.status, posted.error) == (409, "unique_violation")


@pytest.mark.fault("compare.timestamps")
async def test_instants_are_ordered_grouped_and_compared_by_time(database: Database):
    late, early = "2024-01-02T09:00:00Z", "2024-01-02 10:00:00"
    _build(database, "datetime", (late, early, *_INSTANTS, 1704164645, "soon"))

    async with _opened(database) as opened:
        assert await _ids(opened, "t", "v = '2024-01-02T03:04:05'") == [2, 3, 4]
        assert await _ids(opened, "t", "v IN ('2024-01-02T03:04:05.000Z')") == [2, 3, 4]
        assert await _ids(opened, "t", "v < '2024-01-02T09:30:00'") == [0, 2, 3, 4]
        assert await _ids(opened, "t", "v >= '2024-01-02 09:30'") == [1]
        between = "v BETWEEN '2024-01-02T03:04:05' AND '2024-01-02T09:00:00'"
        assert await _ids(opened, "t", between) == [0, 2, 3, 4]
        order = await _ask(opened, "GET", "t", order="v,n", fields="n", filter="v < '2025-01-01'")
        group = await _ask(
            opened, "GET", "t", group="v", fields="v,COUNT(*) AS c", order="-c", count="true"
        )
        ends = await _ask(opened, "GET", "t", fields="MIN(v) AS low,MAX(v) AS high")

    assert [row["n"] for row in order.rows] == [2, 3, 4, 0, 1]
    assert group.rows[0] == {"v": "2024-01-02T03:04:05", "c": 3}
    assert group.json["meta"]["total"] == 5
    assert ends.rows == [{"low": "2024-01-02T03:04:05", "high": "2024-01-02T10:00:00"}]


@pytest.mark.fault("compare.numbers")
async def test_numbers_are_compared_whatever_the_declared_scale(database: Database):
    database.script(
        "CREATE TABLE t (n integer PRIMARY KEY, d decimal(6,2), i integer)",
        "INSERT INTO t VALUES (1, 1.239, 1.5), (2, 1, 1)",
    )

    async with _opened(database) as opened:
        for text in ("d > 1.235", "d = 1.239", "i > 1.2", "i = 1.5", "i >= 1.5", "i > 1.49999"):
            assert await _ids(opened, "t", text) == [1], text
        for text in ("i < 1.5", "i <= 1.2", "d < 1.2389", "i IN (1, 7.25)", "NOT i > 1.2"):
            assert await _ids(opened, "t", text) == [2], text
        answer = await _ask(opened, "GET", "t")
        total = await _ask(opened, "GET", "t", fields="SUM(i) AS i,SUM(d) AS d,MAX(i) AS m")

    assert [(row["d"], row["i"]) for row in answer.rows] == [("1.239", 1.5), ("1.00", 1)]
    assert total.rows == [{"i": 2.5, "d": "2.239", "m": 1.5}]


@pytest.mark.fault("compare.sums")
@pytest.mark.parametrize(
    ("cells", "result"),
    [
        ((2**64 - 1, "", -1), None),
        ((1.5, 1.5, "n/a"), 3),
        (("", "n/a", b"7"), "null"),
        ((2**63 - 1, 1.0), None),
        ((2**63 - 1, -0.5), 2**63 - 1.5),
        ((float("inf"), 1), None),
        ((7, "8", b"9"), 15),
    ],
)
async def test_a_sum_is_of_the_numbers_in_the_column(
    database: Database, cells: tuple[object, ...], result: object
):
    _build(database, "unsigned big int", ())
    with database.connected() as connection:
        for number, cell in enumerate(cells):
            large = isinstance(cell, int) and cell >= 2**63
            connection.execute(
                f"INSERT INTO t VALUES ({number}, {cell if large else '?'})",
                () if large else (cell,),
            )
        connection.commit()

    async with _opened(database) as opened:
        answer = await _ask(opened, "GET", "t", fields="SUM(v) AS s")
        ordered = await _ask(opened, "GET", "t", fields="n,SUM(v) AS s", group="n", order="s")

    if result is None:
        assert (answer.status, answer.error) == (400, "out_of_range")
    else:
        assert answer.rows == [{"s": None if result == "null" else result}]
        assert ordered.status == 200


@pytest.mark.fault("compare.booleans")
async def test_a_boolean_is_a_number_or_a_word(database: Database):
    _build(database, "boolean", (1, 0, "false", "no", "TRUE", "true ", 2.5, b"true", None))

    async with _opened(database) as opened:
        answer = await _ask(opened, "GET", "t")
        assert await _ids(opened, "t", "v = true") == [0, 4, 6]
        assert await _ids(opened, "t", "NOT v = true") == [1, 2, 3, 5, 7]
        assert await _ids(opened, "t", "v = 'no'") == [3]
        group = await _ask(opened, "GET", "t", group="v", fields="v,COUNT(*) AS c", order="-c")

    values = [row["v"] for row in answer.rows]
    assert values == [True, False, False, "no", True, "true ", True, "dHJ1ZQ==", None]
    assert group.rows[:2] == [{"v": True, "c": 3}, {"v": False, "c": 2}]


@pytest.mark.fault("compare.untyped")
@pytest.mark.parametrize(("of", "strict"), [("", ""), ("ANY", " STRICT")])
async def test_a_column_without_a_type_keeps_the_storage_class_of_what_it_is_given(
    database: Database, of: str, strict: str
):
    database.script(f"CREATE TABLE t (n integer PRIMARY KEY, v {of}){strict}")
    cells = (7, b"\x00\xff", "AP8=", 7.0, 1.5, "7", 2**62)
    database.fill("t", *enumerate(cells))

    async with _opened(database) as opened:
        read = await _ask(opened, "GET", "t")
        for row in read.rows:
            assert (await _ask(opened, "PATCH", f"t/{row['n']}", {"v": row["v"]})).status == 200
        assert (await _ask(opened, "PATCH", "t", read.rows)).status == 200
        posted = await _ask(opened, "POST", "t", [{"n": 20, "v": 5}, {"n": 21, "v": 2.5}])
        changed = await _ask(opened, "PATCH", "t/1", {"v": "AP9="})

    assert (posted.status, changed.status) == (201, 200)
    rows = database.rows("SELECT typeof(v) FROM t ORDER BY n")
    found = [name for (name,) in rows]
    assert found == [
        "integer",
        "text",
        "text",
        "real",
        "real",
        "text",
        "integer",
        "integer",
        "real",
    ]


async def test_what_does_not_fit_is_only_taken_back_where_it_is(database: Database):
    _build(database, "boolean", ("no", 1, None))

    async with _opened(database) as opened:
        kept = await _ask(opened, "PATCH", "t/0", {"v": "no"})
        others = [
            await _ask(opened, "PATCH", "t/1", {"v": "no"}),
            await _ask(opened, "PATCH", "t/2", {"v": "no"}),
            await _ask(opened, "PATCH", "t", {"v": "no"}, all="true"),
            await _ask(opened, "PUT", "t/1", {"v": "no"}),
            await _ask(opened, "POST", "t", {"v": "no"}),
        ]
        apart = await _ask(
            opened, "PATCH", "t", [{"n": 0, "v": "no"}, {"n": 1, "v": "no"}], continue_="true"
        )

    assert kept.status == 200
    assert [(each.status, each.error) for each in others] == [(400, "invalid_value")] * 5
    assert apart.json["meta"]["errors"] == [1]
    assert database.rows("SELECT v FROM t") == [("no",), (1,), (None,)]


async def test_a_column_that_a_role_cannot_read_is_no_oracle(database: Database):
    _build(database, "boolean", ("no",))

    async with _opened(database, fields=["n"], write=["v"]) as opened:
        answers = [await _ask(opened, "PATCH", "t/0", {"v": word}) for word in ("no", "yes")]

    assert [(each.status, each.error) for each in answers] == [(400, "invalid_value")] * 2


async def test_iso_takes_the_author_at_their_word(database: Database):
    _build(database, "datetime", ("2024-01-02 03:04:05", 5, b"x", "2024-01-02 03:04:05.5"))

    async with _opened(database, timestamps="iso") as opened:
        assert await _ids(opened, "t", "v = '2024-01-02T03:04:05'") == [0]
        assert await _ids(opened, "t", "v >= '2024-01-02T03:04:05'") == [0, 3]
        assert await _ids(opened, "t", "v <= '2024-01-02T03:04:05'") == [0]
