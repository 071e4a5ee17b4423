"""Many records at once are answered, and written, as they would be one by one."""

from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from faucet.extension.executor import Executor, Fetched, Script
from faucet.request.execute.write import write
from tests.databases import DIALECTS, Database, key_of, scratch
from tests.plane import Plane, plane
from tests.security.manifests import ask, told

pytestmark = pytest.mark.anyio


def _grant(tables: str, **rest: Any) -> dict[str, Any]:
    return {"service": "shop", "tables": tables.split(), "verbs": ["*"], **rest}


def _manifest(database: Database) -> dict[str, Any]:
    own = "tenant = {claims.tenant}"
    roles = {
        "all": [_grant("*", rows="all")],
        "own": [
            _grant("things", rows=own, check=own),
            _grant("parents", rows="id < 10"),
            _grant("tree", rows="id < 100"),
        ],
    }
    return {
        "version": 1,
        "services": {"shop": database.service()},
        "roles": {name: {"grants": grants} for name, grants in roles.items()},
        "keys": {name: key_of(name, tenant=7) for name in roles},
    }


def _schema(database: Database) -> tuple[str, ...]:
    return (
        "CREATE TABLE parents (id integer PRIMARY KEY)",
        "INSERT INTO parents VALUES (1), (2), (99)",
        """CREATE TABLE things (
            id {serial}, tenant integer NOT NULL DEFAULT 7, code varchar(4) UNIQUE,
            n integer CHECK (n < 100), parent integer REFERENCES parents
        )""",
        """INSERT INTO things (id, tenant, code, n)
            VALUES (1, 7, 'a', 1), (2, 7, 'b', 2), (3, 8, 'c', 3), (4, 7, 'd', 4)""",
        "CREATE TABLE tree (id integer PRIMARY KEY, up integer REFERENCES tree)",
        "INSERT INTO tree VALUES (1, NULL), (500, NULL)",
        "CREATE TABLE loose (word text, n integer)",
    )


@pytest.fixture(params=DIALECTS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with scratch(request.param, request, tmp_path) as made:
        made.script(*_schema(made))
        yield made


@pytest.fixture
async def shop(database: Database) -> AsyncIterator[Plane]:
    async with plane(_manifest(database)) as opened:
        yield opened


def _reset(database: Database) -> None:
    database.script(
        *(f"DROP TABLE {name}" for name in ("things", "parents", "tree", "loose")),
        *_schema(database),
    )


_P, _T = "POST", "things"
_CASES: dict[str, tuple[str, str, list[dict[str, Any]]]] = {
    "good": (_P, _T, [{"code": "x", "n": 1}, {"code": "y", "n": 2}, {"code": "z", "n": 3}]),
    "shapes": (_P, _T, [{"code": "x"}, {"n": 2}, {}, {"n": 3, "code": "w", "tenant": 7}]),
    "order": (_P, _T, [{"id": n, "n": n} for n in (30, 10, 20, 40, 15)]),
    "conflict": (_P, _T, [{"code": "x"}, {"code": "a"}, {"code": "b"}]),
    "conflict within": (_P, _T, [{"code": "x"}, {"code": "y"}, {"code": "x"}, {"n": 500}]),
    "invisible conflict": (_P, _T, [{"code": "x", "tenant": 7}, {"code": "c", "tenant": 7}]),
    "foreign conflict": (_P, _T, [{"code": "x", "tenant": 7}, {"code": "a", "tenant": 8}]),
    "foreign": (_P, _T, [{"tenant": 7}, {"tenant": 8}, {"tenant": 9, "n": 500}]),
    "foreign after error": (_P, _T, [{"tenant": 7, "n": 500}, {"tenant": 8}]),
    "constraint": (_P, _T, [{"n": 1}, {"n": 100}, {"n": 2}]),
    "null": (_P, _T, [{"n": 1}, {"tenant": None}]),
    "too long": (_P, _T, [{"code": "x"}, {"code": "abcdefgh"}]),
    "no parent": (_P, _T, [{"parent": 1}, {"parent": 77}, {"code": "a"}]),
    "hidden parent": (_P, _T, [{"parent": 1}, {"parent": 99}, {"code": "a"}]),
    "child first": (_P, "tree", [{"id": 3, "up": 2}, {"id": 2, "up": 1}]),
    "parent first": (_P, "tree", [{"id": 2, "up": 1}, {"id": 3, "up": 2}]),
    "hidden ancestor": (_P, "tree", [{"id": 2, "up": 1}, {"id": 3, "up": 500}, {"id": 2}]),
    "patched": ("PATCH", _T, [{"id": 2, "n": 8}, {"id": 1, "n": 9}]),
    "patched twice": ("PATCH", _T, [{"id": 2, "n": 8}, {"id": 2, "n": 9}, {"id": 1}]),
    "patched in turns": ("PATCH", _T, [{"id": 2, "code": "q"}, {"id": 1, "code": "b"}]),
    "patched swap": ("PATCH", _T, [{"id": 1, "code": "b"}, {"id": 2, "code": "a"}]),
    "patched missing": ("PATCH", _T, [{"id": 1, "n": 5}, {"id": 77, "n": 1}, {"id": 2, "n": 500}]),
    "patched invisible": ("PATCH", _T, [{"id": 1, "n": 5}, {"id": 3, "n": 5}]),
    "patched away": ("PATCH", _T, [{"id": 1, "n": 5}, {"id": 2, "tenant": 8, "code": "a"}]),
    "patched late": ("PATCH", _T, [{"id": 1, "n": 500}, {"id": 77, "n": 1}]),
    "put": ("PUT", _T, [{"id": 2, "n": 8}, {"id": 1, "code": "k", "tenant": 7}]),
    "put missing": ("PUT", _T, [{"id": 2, "n": 8}, {"id": 77, "n": 1}, {"id": 1, "n": 500}]),
    "deleted": ("DELETE", _T, [{"id": 2}, {"id": 1}]),
    "deleted missing": ("DELETE", _T, [{"id": 2}, {"id": 77}]),
    "deleted twice": ("DELETE", _T, [{"id": 2}, {"id": 2}]),
    "deleted parent": ("DELETE", "parents", [{"id": 2}, {"id": 1}]),
    "loose": (_P, "loose", [{"word": "b", "n": 2}, {"word": "a"}, {"word": "b", "n": 2}]),
}


async def _answers(shop: Plane, database: Database, name: str, role: str) -> list[object]:
    method, table, records = _CASES[name]
    answers: list[object] = []
    for parameters in ({}, {"fields": "*"}, {"continue": "true"}):
        _reset(database)
        answer = await ask(shop, role, method, table, {"resource": records}, **parameters)
        left = database.rows(f"SELECT * FROM {table}")
        answers += [told(answer), sorted(left, key=repr)]
    return answers


def _decline(_writer: object) -> Iterator[object]:
    """Stand for a batch that is to be applied one by one."""
    yield from ()


@pytest.mark.parametrize("role", ["all", "own"])
@pytest.mark.parametrize("name", _CASES)
async def test_a_batch_is_answered_as_its_records_one_by_one(
    shop: Plane, database: Database, monkeypatch: pytest.MonkeyPatch, name: str, role: str
):
    together = await _answers(shop, database, name, role)
    monkeypatch.setattr(import_module(write.__module__), "_apply_batch", _decline)
    apart = await _answers(shop, database, name, role)

    assert together == apart


class _Counting:
    """An executor that counts the steps of its scripts."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self.steps = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._executor, name)

    async def transact(self, script: Script[Any], *limits: Any, **options: Any) -> Any:
        return await self._executor.transact(self._counted(script), *limits, **options)

    def _counted(self, script: Script[Any]) -> Script[Any]:
        outcome: Fetched | None = None
        try:
            while True:
                step = next(script) if outcome is None else script.send(outcome)
                self.steps += 1
                outcome = yield step
        except StopIteration as end:
            return end.value


@pytest.mark.parametrize(
    ("method", "records"),
    [
        ("POST", [{"n": n % 100, "parent": 1 + n % 2, "tenant": 7} for n in range(600)]),
        ("PATCH", [{"id": n, "n": n % 100, "parent": 1} for n in range(1, 601)]),
        ("PUT", [{"id": n, "n": n % 100, "tenant": 7} for n in range(1, 601)]),
        ("DELETE", [{"id": n} for n in range(1, 601)]),
    ],
)
async def test_a_batch_takes_few_steps_whatever_its_size(
    shop: Plane, database: Database, method: str, records: list[dict[str, Any]]
):
    database.script("DELETE FROM things")
    if method != "POST":
        database.fill("things", *((n, 7, None, 0, None) for n in range(1, 601)))
    counting = _Counting(shop.generation.executors["shop"])
    generation = msgspec.structs.replace(shop.generation, executors={"shop": counting})
    counted = Plane(generation, shop.reported)

    answer = await ask(counted, "own", method, "things", {"resource": records}, fields="*")

    assert answer.json["meta"]["count"] == 600
    assert counting.steps <= 7


_POSTGRES_KINDS: dict[str, list[Any]] = {
    "smallint": [1, None],
    "bigint": ["9007199254740993", -1],
    "numeric": ["1.10", "12345678901234567890.123456789"],
    "numeric(9,2)": ["1.10", 3],
    "real": [1.5, 0.1],
    "double precision": [0.1, "NaN"],
    "boolean": [True, False],
    "text": ["padded  ", "", "%s %% ü"],
    "varchar(8)": ["padded  ", "x"],
    "character(8)": ["padded  ", "x"],
    "citext": ["Mixed", "mixed"],
    "mood": ["sad", "ok"],
    "uuid": ["123E4567-e89b-12d3-a456-426614174000"],
    "bytea": ["AP8=", ""],
    "date": ["2024-02-29", "infinity", "0044-03-15 BC"],
    "time": ["12:34:56.5"],
    "timestamp": ["2024-02-29T12:34:56.123456"],
    "timestamptz": ["2024-02-29T12:34:56+02:00", "infinity"],
    "interval": ["P1M2DT3H", "PT0.5S"],
    "json": [{"b": 1.0, "a": [1, None]}, None],
    "jsonb": [{"b": 1.0, "a": [1, None]}, [1, 2.50]],
    "integer[]": [[1, None, 3], []],
    "text[]": [["a,b", '"', "\\"], [None]],
    "money": ["12.34", -1],
    "age": [7],
    "name_of": ["x"],
    "inet": ["10.0.0.1/8"],
    "int4range": ["[1,5)"],
}
_SQLITE_KINDS: dict[str, list[Any]] = {
    "INTEGER": ["9007199254740993", None],
    "DECIMAL(9,2)": ["1.10", 3],
    "REAL": [0.1, "NaN"],
    "BOOLEAN": [True, False],
    "TEXT": ["padded  ", ""],
    "VARCHAR(8)": ["padded  "],
    "UUID": ["123E4567-e89b-12d3-a456-426614174000"],
    "BLOB": ["AP8=", ""],
    "DATE": ["2024-02-29"],
    "TIME": ["12:34:56.5"],
    "TIMESTAMP": ["2024-02-29T12:34:56.123456"],
    "TIMESTAMPTZ": ["2024-02-29T12:34:56+02:00"],
    "JSON": [{"b": 1.0, "a": [1, None]}, [1, 2.50]],
}


async def test_values_of_every_kind_are_written_as_they_are_alone(database: Database):
    kinds = _SQLITE_KINDS if database.dialect == "sqlite" else _POSTGRES_KINDS
    database.script(
        *database.either(
            sqlite="",
            postgres="CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('sad', 'ok');"
            "CREATE DOMAIN age AS integer CHECK (VALUE > 0); CREATE DOMAIN name_of AS varchar(8)",
        ).split(";"),
        *(f'CREATE TABLE "k {kind}" (id {{serial}}, v {kind})' for kind in kinds),
    )
    async with plane(_manifest(database)) as shop:
        for kind, values in kinds.items():
            table = f"k%20{quote(kind)}"
            for value in values:
                made = await ask(shop, "all", "POST", table, {"resource": [{"v": value}]})
                assert made.status == 201, (kind, value, made.body)
            records = [{"v": value} for value in values for _ in range(2)]
            made = await ask(shop, "all", "POST", table, {"resource": records})
            assert made.status == 201, (kind, made.body)

            cell = database.either(sqlite="v", postgres="v::text")
            stored = [v for (v,) in database.rows(f'SELECT {cell} FROM "k {kind}" ORDER BY id')]
            alone, together = stored[: len(values)], stored[len(values) :]
            assert repr(together[::2]) == repr(together[1::2]) == repr(alone)
