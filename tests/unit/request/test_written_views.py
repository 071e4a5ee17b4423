"""What is written through a view counts and comes back as from a table."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.databases import DIALECTS, Database, key, key_of, scratch
from tests.plane import Plane, plane

pytestmark = pytest.mark.anyio

_VIEW = "/api/v1/shop/_table/iv"


@pytest.fixture(params=DIALECTS)
async def opened(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Plane]:
    with scratch(request.param, request, tmp_path) as database:
        _build(database)
        async with plane(_manifest(database)) as made:
            yield made


def _build(database: Database) -> None:
    database.script(
        "CREATE TABLE t (id integer PRIMARY KEY, v integer)",
        "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)",
        "CREATE VIEW iv AS SELECT id, v FROM t",
    )
    if database.dialect == "sqlite":
        database.script(
            "CREATE TRIGGER i0 INSTEAD OF INSERT ON iv BEGIN"
            " INSERT INTO t VALUES (NEW.id, NEW.v); END",
            "CREATE TRIGGER i1 INSTEAD OF UPDATE ON iv BEGIN"
            " UPDATE t SET id = coalesce(NEW.id, OLD.id), v = NEW.v WHERE id = OLD.id; END",
            "CREATE TRIGGER i2 INSTEAD OF DELETE ON iv BEGIN DELETE FROM t WHERE id = OLD.id; END",
        )


def _manifest(database: Database) -> dict[str, Any]:
    grant = {"service": "shop", "tables": ["iv"], "verbs": ["*"]}
    resources = {"iv": {"primary_key": ["id"]}}
    return {
        "version": 1,
        "services": {"shop": database.service(resources=resources)},
        "roles": {
            "all": {"grants": [grant]},
            "blind": {"grants": [grant | {"verbs": ["POST", "PATCH", "PUT", "DELETE"]}]},
        },
        "keys": {name: key_of(name) for name in ("all", "blind")},
    }


async def _ask(opened: Plane, method: str, rest: str, body: Any = None, who: str = "all") -> Any:
    answer = await opened.ask(method, _VIEW + rest, body, key=key(who))
    assert answer.reported == ()
    return answer


@pytest.mark.fault("compare.instead_of")
@pytest.mark.parametrize(
    ("method", "rest", "body", "rows"),
    [
        ("PATCH", "?filter=id<3", {"v": 9}, [{"id": 1, "v": 9}, {"id": 2, "v": 9}]),
        ("PATCH", "?filter=id=3", {"id": 30, "v": 9}, [{"id": 30, "v": 9}]),
        (
            "PATCH",
            "",
            [{"id": 2, "v": 8}, {"id": 1, "v": 9}],
            [{"id": 2, "v": 8}, {"id": 1, "v": 9}],
        ),
        ("PUT", "", [{"id": 2, "v": 8}], [{"id": 2, "v": 8}]),
        ("POST", "", {"id": 5, "v": 5}, [{"id": 5, "v": 5}]),
        ("DELETE", "?filter=id>1&fields=*", None, [{"id": 2, "v": 2}, {"id": 3, "v": 3}]),
        ("DELETE", "?ids=1,7&fields=id", None, [{"id": 1}]),
    ],
)
async def test_rows_of_a_view_come_back_and_are_counted(
    opened: Plane, method: str, rest: str, body: Any, rows: list[Any]
):
    answer = await _ask(opened, method, rest, body)

    assert answer.status in (200, 201)
    assert (answer.rows, answer.json["meta"]["count"]) == (rows, len(rows))


@pytest.mark.parametrize(
    ("method", "rest", "body", "count"),
    [
        ("PATCH", "?ids=1,2", {"v": 9}, 2),
        ("DELETE", "?ids=1,2,9", None, 2),
        ("POST", "", {"id": 5, "v": 5}, 1),
        ("PUT", "", [{"id": 2, "v": 8}], 1),
    ],
)
async def test_writes_without_a_right_to_read_are_counted(
    opened: Plane, method: str, rest: str, body: Any, count: int
):
    answer = await _ask(opened, method, rest, body, who="blind")

    assert answer.json["meta"]["count"] == count


@pytest.mark.fault("compare.instead_of")
async def test_one_row_of_a_view_is_written_by_its_key(opened: Plane):
    patched = await _ask(opened, "PATCH", "/1", {"v": 7})
    put = await _ask(opened, "PUT", "/2", {"v": 8})
    deleted = await _ask(opened, "DELETE", "/3")
    missing = [
        await _ask(opened, method, "/99", body)
        for method, body in (("PATCH", {"v": 1}), ("PUT", {"v": 1}), ("DELETE", None))
    ]

    assert (patched.json, put.json, deleted.status) == ({"id": 1, "v": 7}, {"id": 2, "v": 8}, 200)
    assert [(each.status, each.error) for each in missing] == [(404, "row_not_found")] * 3
    assert (await _ask(opened, "GET", "")).rows == [{"id": 1, "v": 7}, {"id": 2, "v": 8}]
