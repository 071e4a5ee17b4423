"""What a role may not read, its writes do not show and do not select by."""

import json
from typing import Any

import pytest

from tests.databases import Database
from tests.plane import Answer, plane
from tests.security.manifests import ask, grant, manifest, told

pytestmark = [pytest.mark.anyio, pytest.mark.promise("sec-02")]

_CANARY = "CANARY"


def _build(database: Database) -> None:
    database.script(
        "CREATE TABLE t (id {serial}, tenant integer DEFAULT 7, name text, secret text UNIQUE,"
        f" stamp text DEFAULT '{_CANARY}-default')",
        *(
            f"INSERT INTO t VALUES ({n}, {tenant}, 'n{n}', '{_CANARY}-{n}', '{_CANARY}')"
            for n, tenant in ((1, 7), (2, 7), (3, 8))
        ),
        *(
            ("ALTER TABLE t ALTER COLUMN id RESTART WITH 100",)
            if database.dialect == "postgres"
            else ()
        ),
    )


def _write_only(database: Database, **rest: Any) -> dict[str, Any]:
    writes = {"write": ["name", "secret"], "rows": "tenant = 7"}
    return manifest(database, feeder=[grant("t", "POST PUT PATCH DELETE", **writes, **rest)])


def _shown(answer: Answer) -> set[str]:
    """Return the names of all columns in an answer's rows."""
    body = answer.json
    rows = body.get("resource", [] if "meta" in body or "error" in body else [body])
    return {name for row in rows for name in row or {}}


@pytest.mark.parametrize("continued", ["false", "true"])
async def test_a_write_without_get_answers_with_nothing_but_keys_it_made(
    database: Database, continued: str
):
    _build(database)
    going = {"continue_": continued}

    async with plane(_write_only(database)) as opened:
        made = [
            await ask(opened, "feeder", "POST", "t", {"name": "a"}, **going),
            await ask(opened, "feeder", "POST", "t", [{"name": "b"}, {"secret": "c"}], **going),
        ]
        others = [
            await ask(opened, "feeder", "PATCH", "t/1", {"name": "x"}),
            await ask(opened, "feeder", "PUT", "t/2", {"name": "x"}),
            await ask(opened, "feeder", "PATCH", "t", [{"id": 1, "name": "y"}], **going),
            await ask(opened, "feeder", "PUT", "t", [{"id": 1, "name": "y"}], **going),
            await ask(opened, "feeder", "PATCH", "t", {"name": "z"}, ids="1,2"),
            await ask(opened, "feeder", "PATCH", "t", {"name": "z"}, all="true"),
            await ask(opened, "feeder", "DELETE", "t/1"),
            await ask(opened, "feeder", "DELETE", "t", filter="id = 2"),
        ]

    assert [answer.status for answer in made] == [201, 201]
    assert [_shown(answer) for answer in made] == [{"id"}, {"id"}]
    assert [answer.status for answer in others] == [200] * len(others)
    assert [_shown(answer) for answer in others] == [set()] * len(others)
    assert not [answer for answer in (*made, *others) if _CANARY.encode() in answer.body]


@pytest.mark.parametrize("column", ["tenant", "name", "secret", "stamp", "nothing"])
async def test_only_the_key_selects_without_get(database: Database, column: str):
    _build(database)
    asked: list[tuple[str, str, Any, dict[str, str]]] = [
        (method, "t", body, {"filter": text})
        for method, body in (("PATCH", {"name": "x"}), ("DELETE", None))
        for text in (
            f"{column} IS NOT NULL",
            f"{column} = 'n1'",
            f"id = 1 AND NOT {column} LIKE 'C%'",
            f"t.{column} > 'a'",
        )
    ]
    asked += [
        (method, rest, body, {"fields": column})
        for method, rest, body in (
            ("POST", "t", {"name": "x"}),
            ("PUT", "t/1", {"name": "x"}),
            ("PATCH", "t/1", {"name": "x"}),
            ("PATCH", "t", [{"id": 1, "name": "x"}]),
            ("DELETE", "t/1", None),
        )
    ]
    asked += [("DELETE", "t", {"filter": f"{column} IS NOT NULL"}, {})]

    async with plane(_write_only(database)) as opened:
        answers = [
            await ask(opened, "feeder", method, rest, body, **query)
            for method, rest, body, query in asked
        ]

    assert {(answer.status, answer.error) for answer in answers} == {(400, "unknown_column")}
    assert database.rows("SELECT COUNT(*), MIN(name) FROM t") == [(3, "n1")]


async def test_selectors_and_rows_of_writes_go_through_the_get_grant(database: Database):
    _build(database)
    roles = manifest(
        database,
        clerk=[
            grant("t", "GET", fields=["id", "name"], rows="tenant = 7 AND name <> 'n2'"),
            grant("t", "POST PUT PATCH DELETE", rows="all", write=["name", "secret", "tenant"]),
        ],
    )

    async with plane(roles) as opened:
        patched = await ask(opened, "clerk", "PATCH", "t", {"secret": None}, all="true")
        unseen = [
            await ask(opened, "clerk", "PATCH", f"t/{number}", {"secret": "x"})
            for number in (2, 3, 99)
        ]
        gone = await ask(opened, "clerk", "DELETE", "t", ids="2,3", fields="*")
        left = await ask(opened, "clerk", "PATCH", "t/1", {"name": "n2"})
        made = await ask(opened, "clerk", "POST", "t", [{"name": "a"}, {"tenant": 8}])

    assert (patched.json["meta"]["count"], patched.rows) == (1, [{"id": 1, "name": "n1"}])
    assert [answer.status for answer in unseen] == [404, 404, 404]
    assert len({told(answer)[2] for answer in unseen}) == 1
    assert (gone.json["meta"]["count"], gone.rows) == (0, [])
    assert set(left.json) == {"meta"}
    assert [row["name"] for row in made.rows] == ["a"]
    assert made.json["meta"]["count"] == 2


async def test_returned_rows_end_at_the_page_maximum(database: Database):
    _build(database)
    grants = [grant("t", write=["name", "secret"], limits={"page": {"max": 2}})]

    async with plane(manifest(database, clerk=grants)) as opened:
        patched = await ask(opened, "clerk", "PATCH", "t", {"name": "x"}, all="true")
        posted = await ask(opened, "clerk", "POST", "t", [{"name": str(n)} for n in range(3)])
        deleted = await ask(opened, "clerk", "DELETE", "t", all="true", fields="id")

    answers = (patched, posted, deleted)
    assert [len(answer.rows) for answer in answers] == [2, 2, 2]
    assert [answer.json["meta"]["count"] for answer in answers] == [3, 3, 6]


async def test_failing_writes_tell_no_value_of_the_row(database: Database):
    _build(database)

    async with plane(_write_only(database)) as opened:
        answers = [
            await ask(opened, "feeder", "POST", "t", {"secret": f"{_CANARY}-1"}),
            await ask(opened, "feeder", "PATCH", "t/1", {"secret": f"{_CANARY}-2"}),
            await ask(opened, "feeder", "PATCH", "t", {"secret": "x"}, all="true"),
            await ask(opened, "feeder", "PATCH", "t/3", {"name": "x"}),
            await ask(opened, "feeder", "POST", "t", {"name": 5}),
        ]

    assert [answer.status for answer in answers] == [409, 409, 409, 404, 400]
    assert _CANARY not in json.dumps([answer.json for answer in answers])
