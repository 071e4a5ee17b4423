"""An error of the database names the column that it is about, and nothing else."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.databases import DIALECTS, Database, scratch
from tests.plane import Plane, plane

pytestmark = [pytest.mark.anyio]

_T = "/api/v1/shop/_table"
_TYPES = {
    "i": ("inet", "nope"),
    "c": ("cidr", "10.0.0.1/8"),
    "m": ("macaddr", "zz"),
    "m8": ("macaddr8", "zz"),
    "x": ("xml", "<a"),
    "r": ("int4range", "[5,1)"),
    "ts": ("tstzrange", "[5,"),
    "b": ("bit(3)", "1012"),
    "vb": ("varbit(3)", "1010"),
    "jp": ("jsonpath", "$."),
    "tz": ("timetz", "25:99"),
    "p": ("point", "(1"),
    "tv": ("tsvector", "'a"),
    "tq": ("tsquery", "a &"),
    "ls": ("pg_lsn", "zz"),
    "rc": ("regclass", "nosuch"),
    "rp": ("regproc", "nosuch"),
    "ia": ("inet[]", ["10.0.0.1", "nope"]),
    "ad": ("addr", {"host": "nope", "n": 1}),
}
_GOOD = {"i": "10.0.0.1", "m": "08:00:2b:01:02:03", "r": "[1,5)", "x": "<a/>"}


def _manifest(database: Database) -> dict[str, Any]:
    grant = {"service": "shop", "tables": ["*"], "verbs": ["*"]}
    return {
        "version": 1,
        "services": {"shop": database.service()},
        "roles": {"all": {"grants": [grant]}},
        "auth": {"anonymous": "all"},
    }


@pytest.fixture
async def odd(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Plane]:
    columns = ", ".join(f"{name} {of}" for name, (of, _) in _TYPES.items())
    with scratch("postgres", request, tmp_path) as database:
        database.script(
            "CREATE TYPE addr AS (host inet, n int)",
            f"CREATE TABLE odd (id int PRIMARY KEY, {columns})",
            "INSERT INTO odd VALUES (1), (2)",
            "CREATE TABLE dividing (id int PRIMARY KEY, i inet)",
            "CREATE FUNCTION divide() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN NEW.id := 1 / (NEW.id - NEW.id); RETURN NEW; END $$",
            "CREATE TRIGGER divide BEFORE INSERT ON dividing"
            " FOR EACH ROW EXECUTE FUNCTION divide()",
        )
        async with plane(_manifest(database)) as opened:
            yield opened


@pytest.mark.postgresql
@pytest.mark.fault("errors.columns")
@pytest.mark.parametrize("column", _TYPES)
async def test_a_value_that_only_the_database_reads_names_its_column(odd: Plane, column: str):
    sent = {column: _TYPES[column][1]}
    # What the server refuses only as it assigns it, it does not number.
    beside = {name: text for name, text in _GOOD.items() if name != column}
    beside = {} if column in {"vb", "ia"} else beside
    answers = [
        await odd.ask("POST", f"{_T}/odd", {"id": 9, **beside, **sent}),
        await odd.ask("PATCH", f"{_T}/odd/1", {**beside, **sent}),
        await odd.ask("PUT", f"{_T}/odd/1", sent),
        await odd.ask("PATCH", f"{_T}/odd?filter=id<3", sent),
        await odd.ask("POST", f"{_T}/odd", [{"id": 8}, {"id": 9, **sent}]),
    ]
    continued = await odd.ask("POST", f"{_T}/odd?continue=true", [{"id": 8}, {"id": 9, **sent}])

    errors = [answer.json["error"] for answer in answers] + [continued.rows[1]["error"]]
    assert {error["type"] for error in errors} <= {"invalid_value", "out_of_range"}
    assert [error["context"]["column"] for error in errors] == [column] * len(errors)
    assert all(f'"{column}"' in error["message"] for error in errors)
    assert errors[4]["context"]["record"] == 1
    assert odd.reported == []


@pytest.mark.postgresql
@pytest.mark.fault("errors.columns")
async def test_what_a_trigger_computes_names_no_column(odd: Plane):
    answer = await odd.ask("POST", f"{_T}/dividing", {"id": 1, "i": "10.0.0.1"})

    assert (answer.status, answer.error) == (400, "invalid_value")
    assert answer.json["error"]["context"] == {}


@pytest.mark.fault("errors.restricts")
@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("deferred", ["", " DEFERRABLE INITIALLY DEFERRED"])
async def test_a_missing_parent_says_nothing_about_other_rows(
    request: pytest.FixtureRequest, tmp_path: Path, dialect: str, deferred: str
):
    with scratch(dialect, request, tmp_path) as database:
        database.script(
            "CREATE TABLE parents (id int PRIMARY KEY)",
            f"CREATE TABLE children (id int PRIMARY KEY, p int REFERENCES parents{deferred},"
            f" q int REFERENCES parents{deferred})",
            "INSERT INTO parents VALUES (1)",
            "INSERT INTO children VALUES (1, 1, 1)",
        )
        both: list[Any] = [{"id": 2, "p": 5, "q": 6}, {"id": 3, "p": 5, "q": 6}]
        async with plane(_manifest(database)) as shop:
            made = [
                await shop.ask("POST", f"{_T}/children", both[0]),
                await shop.ask("POST", f"{_T}/children", both),
            ]
            gone = await shop.ask("DELETE", f"{_T}/parents/1")

    assert [(each.status, each.error) for each in made] == [(409, "foreign_key_violation")] * 2
    assert not any("still" in each.json["error"]["message"] for each in made)
    assert (gone.status, gone.json["error"]["message"]) == (
        409,
        "the row is still referenced by other rows",
    )
