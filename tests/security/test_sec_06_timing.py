"""What a filter costs on rows that a role does not see is not spent for it."""

from typing import Any

import pytest

from faucet.extension.executor import Call
from tests.databases import Database
from tests.plane import plane
from tests.security.manifests import ask, grant, manifest

pytestmark = [pytest.mark.anyio, pytest.mark.promise("sec-06")]

# On a long text, seconds of work for a database.
_SLOW = " AND ".join(f"NOT body LIKE '%zq{number}%'" for number in range(300))


def _build(database: Database) -> None:
    long = database.either(
        postgres="repeat('az', 250000)", sqlite="replace(hex(zeroblob(250000)), '00', 'az')"
    )
    database.script(
        "CREATE TABLE notes (id integer PRIMARY KEY, tenant integer, team integer, body text)",
        "CREATE INDEX notes_covering ON notes (tenant, body)"
        if database.dialect == "sqlite"
        else "CREATE INDEX notes_tenant ON notes (tenant)",
        "INSERT INTO notes VALUES (1, 7, 1, 'short')",
        *(f"INSERT INTO notes VALUES ({each}, 8, 1, {long})" for each in range(2, 10)),
        *(f"INSERT INTO notes VALUES ({each}, 7, 2, {long})" for each in range(10, 18)),
    )


_RULES = {
    "one": "tenant = 7 AND team = 1",
    "either": "(tenant = 7 OR tenant = 9) AND (team = 1 OR team = 3)",
    "claim": "tenant = {claims.tenant} AND team < 2",
}
_REQUESTS: list[tuple[str, str, Any]] = [
    ("GET", "notes", None),
    ("GET", "notes?count=true", None),
    ("GET", "notes?group=tenant&fields=tenant,COUNT(*)", None),
    ("PATCH", "notes", {"team": 1}),
    ("DELETE", "notes", None),
]


@pytest.mark.fault("attacks.timing")
@pytest.mark.parametrize("rule", _RULES)
@pytest.mark.parametrize("request_", _REQUESTS, ids=lambda request: " ".join(request[:2]))
async def test_a_slow_filter_is_not_evaluated_on_invisible_rows(
    database: Database, request_: tuple[str, str, Any], rule: str
):
    _build(database)
    role = grant("notes", rows=_RULES[rule], aggregate=True)
    made = manifest(database, {"clerk": {"tenant": 7}}, clerk=[role])
    made["roles"]["clerk"]["limits"] = {"statement_timeout": "5s"}
    method, rest, body = request_

    async with plane(made) as opened:
        answer = await ask(opened, "clerk", method, rest, body, filter=_SLOW)

    assert answer.status == 200, answer.body
    assert answer.json["meta"]["count"] == 1


@pytest.mark.parametrize(
    ("asked", "used"),
    [
        ("body LIKE '%x%'", {"sqlite": "(tenant=?)", "postgres": "notes_tenant"}),
        (
            "body LIKE '%x%' AND id = 1",
            {"sqlite": "INTEGER PRIMARY KEY (rowid=?)", "postgres": "notes_pkey"},
        ),
    ],
    ids=["of the policy", "of a quick comparison"],
)
async def test_a_guarded_filter_leaves_indexes_in_use(
    database: Database, asked: str, used: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    database.script(
        "CREATE TABLE notes (id integer PRIMARY KEY, tenant integer, team integer, body text)",
        "CREATE INDEX notes_tenant ON notes (tenant)",
    )
    made = manifest(database, clerk=[grant("notes", "GET", rows=_RULES["one"])])
    async with plane(made) as opened:
        executor = opened.generation.executors["shop"]
        calls: list[Call] = []
        fetch = executor.fetch

        def keep(call: Call, time_limit: float) -> Any:
            calls.append(call)
            return fetch(call, time_limit)

        monkeypatch.setattr(executor, "fetch", keep)
        await ask(opened, "clerk", "GET", "notes", filter=asked)
        explain = database.either(sqlite="EXPLAIN QUERY PLAN ", postgres="EXPLAIN ")
        if database.dialect == "postgres":
            await fetch(Call(sql="SET enable_seqscan = off", parameters=(), runs_code=False), 9)
        plan = await fetch(Call(sql=explain + calls[0].sql, parameters=calls[0].parameters), 9)

    assert used[database.dialect] in str(plan.rows)
    assert "CASE" in calls[0].sql


@pytest.mark.fault("attacks.timing")
async def test_the_time_in_a_response_is_coarse(database: Database):
    database.script("CREATE TABLE notes (id integer PRIMARY KEY)")
    async with plane(manifest(database, clerk=[grant("notes")])) as opened:
        answers = [
            await ask(opened, "clerk", "GET", "notes"),
            await ask(opened, "clerk", "POST", "notes", {"id": 1}),
            await ask(opened, "clerk", "POST", "notes?continue=true", [{"id": 2}, {"id": 1}]),
            await ask(opened, "clerk", "DELETE", "notes/1"),
        ]

    times = [answer.json["meta"]["took_ms"] for answer in answers]
    assert all(took > 0 and took % 10 == 0 for took in times), times


async def test_a_guarded_filter_may_be_as_deep_as_any(database: Database):
    database.script("CREATE TABLE notes (id integer PRIMARY KEY, tenant integer, body text)")
    deep = "body = 'x'"
    for level in range(62):
        deep = f"(body LIKE '{level}%' {'OR' if level % 2 else 'AND'} {deep})"
    rule = "tenant = 7 OR NOT (tenant = 8 AND (tenant < 9 OR tenant > 10))"
    made = manifest(database, clerk=[grant("notes", "GET", rows=rule)])

    async with plane(made) as opened:
        answer = await ask(opened, "clerk", "GET", "notes", filter=deep)

    assert answer.status == 200, answer.body
