"""A canary in masked columns: every byte of every answer is searched for it."""

import json
from typing import Any

import pytest

from tests.databases import Database, key
from tests.plane import Answer, Plane, plane
from tests.security.manifests import TABLE, ask, grant, manifest, told

pytestmark = [pytest.mark.anyio, pytest.mark.promise("sec-03")]

# `last4` shows four characters, so the canary stands before them. The number is masked by `null`.
_CANARY, _NUMBER = "CANARY", "77665544"
_MASKS = {"card": "last4", "pin": "redact", "mail": "hash", "gone": "null", "number": "null"}
_ODD = '"odd ""name"""'
_MASKED = [*_MASKS, _ODD]


def _build(database: Database) -> None:
    database.script(
        "CREATE TABLE t (id {serial}, name text, card text UNIQUE, pin text, mail text,"
        ' gone text, number integer, "odd ""name""" text CHECK ("odd ""name""" <> \'no\'))',
        *(
            f"INSERT INTO t VALUES ({n}, 'n{n}', '{_CANARY}-card-{n}', '{_CANARY}-pin-{n}',"
            f" '{_CANARY}-mail-{n}', '{_CANARY}-gone-{n}', {_NUMBER}, '{_CANARY}-odd-{n}')"
            for n in (1, 2, 3)
        ),
        "CREATE TABLE keyed (card text PRIMARY KEY, name text)",
        f"INSERT INTO keyed VALUES ('{_CANARY}-key-1', 'one'), ('{_CANARY}-key-2', 'two')",
        *(
            ("ALTER TABLE t ALTER COLUMN id RESTART WITH 100",)
            if database.dialect == "postgres"
            else ()
        ),
    )


def _manifest(database: Database, **rest: Any) -> dict[str, Any]:
    masks = {**_MASKS, 'odd "name"': "last4"}
    made = manifest(
        database,
        clerk=[
            grant("t", mask=masks, aggregate=True, **rest),
            grant("keyed", mask={"card": "last4"}, aggregate=True),
        ],
    )
    made["auth"] = {"jwt": {"own": {"algorithms": ["HS256"], "secret": "s" * 40}}}
    return made


def _assert_silent(answer: Answer) -> None:
    everything = answer.body + json.dumps(dict(answer.headers)).encode()
    assert _CANARY.encode() not in everything
    assert _NUMBER.encode() not in everything


async def _searched(opened: Plane, method: str, rest: str, body: Any = None, **query: Any) -> Any:
    answer = await ask(opened, "clerk", method, rest, body, **query)
    _assert_silent(answer)
    return answer


async def test_reading_shows_masks_alone(database: Database):
    _build(database)

    async with plane(_manifest(database)) as opened:
        answers = [
            await _searched(opened, "GET", "t"),
            await _searched(opened, "GET", "t", fields="*", count="true"),
            await _searched(opened, "GET", "t", fields=",".join(_MASKED)),
            await _searched(opened, "GET", "t", fields="card AS id,pin AS name,mail AS card"),
            await _searched(opened, "GET", "t/1"),
            await _searched(opened, "GET", "t/1", fields="card AS x"),
            await _searched(opened, "GET", "keyed"),
            await _searched(opened, "GET", "keyed", order="name"),
        ]
        rows = (await ask(opened, "clerk", "GET", "t")).rows

    assert [answer.status for answer in answers] == [200] * len(answers)
    assert [row["card"] for row in rows] == ["****rd-1", "****rd-2", "****rd-3"]
    assert {(row["pin"], row["gone"], row["number"]) for row in rows} == {("****", None, None)}
    assert all(len(row["mail"]) == 32 for row in rows)


@pytest.mark.parametrize("column", [*_MASKED, "t.card"])
async def test_a_masked_column_decides_nothing(database: Database, column: str):
    _build(database)
    plain = "number" if column == "number" else "card"
    value = "5" if plain == "number" else "'C'"
    asked = [
        {"filter": f"{column} = {value}"},
        {"filter": f"NOT {column} > {value}"},
        {"filter": f"{column} IS NULL"},
        {"filter": f"{column} IN ({value})"},
        {"filter": f"id = 1 OR {column} BETWEEN {value} AND {value}"},
        {"filter": f"{column} LIKE 'C%'"},
        {"filter": f"{column} STARTS WITH 'C'"},
        {"order": column},
        {"order": f"-{column}"},
        {"order": f"{column} DESC NULLS FIRST", "fields": "id"},
        {"fields": f"{column} AS x", "order": "x"},
        {"fields": f"{column} AS id", "order": "id"},
        {"group": column},
        {"group": column, "fields": "COUNT(*)"},
        {"group": f"name,{column}", "fields": "COUNT(*)"},
        *({"fields": f"{name}({column})"} for name in ("COUNT", "MIN", "MAX", "SUM", "AVG")),
        {"fields": f"MAX({column}) AS name", "order": "name"},
    ]

    async with plane(_manifest(database)) as opened:
        found = {
            str(query): (answer.status, answer.error if answer.status >= 400 else None)
            for query in asked
            if (answer := await _searched(opened, "GET", "t", **query))
        }
        for query in [each for each in asked if set(each) == {"filter"}]:
            for method, body in (("PATCH", {"name": "x"}), ("DELETE", None)):
                answer = await _searched(opened, method, "t", body, **query)
                found[f"{method} {query}"] = (answer.status, answer.error)

    wrong = {asked: got for asked, got in found.items() if got != (400, "masked_column")}
    assert wrong == {}
    assert database.rows("SELECT COUNT(*) FROM t WHERE name <> 'x'") == [(3,)]


async def test_a_masked_key_selects_nothing_and_is_told_nowhere(database: Database):
    _build(database)
    guess = f"{_CANARY}-key-1"
    asked: list[tuple[str, str, Any, dict[str, str]]] = [
        ("GET", f"keyed/{guess}", None, {}),
        ("GET", "keyed", None, {"ids": guess}),
        ("PATCH", f"keyed/{guess}", {"name": "x"}, {}),
        ("PUT", f"keyed/{guess}", {"name": "x"}, {}),
        ("DELETE", f"keyed/{guess}", None, {}),
        ("DELETE", "keyed", None, {"ids": guess}),
        ("DELETE", "keyed", {"ids": [guess]}, {}),
    ]

    async with plane(_manifest(database)) as opened:
        refused = [
            await _searched(opened, method, rest, body, **query)
            for method, rest, body, query in asked
        ]
        missing = [
            await _searched(opened, method, rest.replace("-1", "-9"), body, **query)
            for method, rest, body, query in asked[:5]
        ]

    assert {(answer.status, answer.error) for answer in refused} == {(400, "no_key")}
    assert [told(answer) for answer in missing] == [told(answer) for answer in refused[:5]]


async def test_writes_return_masks_alone(database: Database):
    _build(database)
    written = ["name", "card", "pin", "mail", "gone", "number", 'odd "name"']
    fresh: dict[str, Any] = {name: f"{_CANARY}-new-7" for name in written if name != "number"}
    fresh |= {"number": int(_NUMBER)}

    async with plane(_manifest(database, write=written)) as opened:
        answers = [
            await _searched(opened, "POST", "t", {**fresh, "name": "new"}),
            await _searched(opened, "PATCH", "t/1", {"name": "x", "pin": f"{_CANARY}-2"}),
            await _searched(opened, "PATCH", "t", {"name": "x"}, all="true"),
            await _searched(opened, "PATCH", "t", [{"id": 2, "name": "y"}], fields="card,pin,id"),
            await _searched(opened, "PUT", "t/2", {"card": f"{_CANARY}-again"}),
            await _searched(opened, "PUT", "t", [{"id": 3}], continue_="true"),
            await _searched(opened, "DELETE", "t/1", fields="*"),
            await _searched(opened, "DELETE", "t", ids="2", fields="card AS name,number,mail"),
            await _searched(opened, "DELETE", "t", {"resource": [{"id": 3}]}, fields="*"),
        ]

    assert [answer.status for answer in answers] == [201] + [200] * 8
    assert b"****" in answers[0].body
    assert b"****" in answers[6].body


async def test_failing_writes_tell_no_masked_value(database: Database):
    _build(database)
    written = ["id", "name", "card", "pin", "number", 'odd "name"']

    async with plane(_manifest(database, write=written)) as opened:
        answers = [
            await _searched(opened, "POST", "t", {"card": f"{_CANARY}-card-1"}),
            await _searched(opened, "POST", "t", {"id": 1}),
            await _searched(opened, "PATCH", "t/2", {"card": f"{_CANARY}-card-1"}),
            await _searched(opened, "PATCH", "t", {"card": "x"}, all="true"),
            await _searched(opened, "PATCH", "t/1", {'odd "name"': "no"}),
            await _searched(opened, "PATCH", "t/1", {"number": 2**70}),
            await _searched(opened, "POST", "t", [{"card": "a"}, {"id": 1}], continue_="true"),
        ]

    assert [answer.status for answer in answers] == [409, 409, 409, 409, 400, 400, 200]


async def test_documents_tell_no_masked_value(database: Database):
    _build(database)

    async with plane(_manifest(database)) as opened:
        for path in ("/openapi.json", "/api/v1/shop/_doc", TABLE.removesuffix("/")):
            answer = await opened.get(path, key=key("clerk"))
            assert answer.status == 200
            _assert_silent(answer)
