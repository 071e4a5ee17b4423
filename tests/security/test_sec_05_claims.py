"""A claim that does not fit its rule denies, whatever the operator and however warm the shape."""

from typing import Any

import pytest

from tests.databases import Database, key_of
from tests.plane import plane
from tests.security.manifests import ask, grant, manifest

pytestmark = [pytest.mark.anyio, pytest.mark.promise("sec-05")]

_TYPES: dict[str, tuple[str, list[Any], list[Any]]] = {
    # column: its type, claims that fit, claims that do not
    "i": ("integer", [7, 0], [True, "7", "", 7.5, None, 2**70]),
    "b": ("bigint", [2**53 + 1], [False, "9", 1.5, 2**70]),
    "d": ("numeric(6, 2)", [7, 7.25], [True, "7.25", "x", 7.125, 123456789]),
    "f": ("double precision", [7, 0.5], [True, "0.5", 2**53 + 1]),
    "s": ("text", ["x", "7", "' OR 1=1 --"], [7, True, "", None, 7.5, "a\0b"]),
    "t": ("boolean", [True, False], [1, 0, "true", ""]),
    "y": ("date", ["2024-01-02"], ["2024-13-01", 20240102, True, "", "today", "now"]),
    "m": ("timestamp", ["2024-01-02 03:04:05"], ["x", 1704164645, "", True]),
}
_MISSING = object()
_RULES = (
    "{column} = {{claims.x}}",
    "NOT {column} = {{claims.x}}",
    "{column} != {{claims.x}}",
    "id = 1 OR {column} = {{claims.x}}",
    "id > 0 OR NOT {column} != {{claims.x}}",
    "{column} IN ({{claims.x}}, {{claims.x}})",
    "{column} IN {{claims.x}}",
    "{column} NOT IN {{claims.x}}",
)
_ORDERED = (
    "{column} < {{claims.x}}",
    "NOT {column} >= {{claims.x}}",
    "{column} NOT BETWEEN {{claims.x}} AND {{claims.x}}",
)


def _build(database: Database, column: str, of: str) -> None:
    database.script(
        f"CREATE TABLE t (id integer PRIMARY KEY, n integer, {column} {of})",
        "INSERT INTO t (id) VALUES (1), (2)",
    )


def _manifest(database: Database, column: str, rule: str) -> dict[str, Any]:
    text = rule.format(column=column)
    many = " IN {" in text
    _, good, bad = _TYPES[column]
    lists = [[], [None], [good[0], None], [good[0], [good[0]]], *([each] for each in bad)]
    lists += [[good[0], each] for each in bad]
    wrong = [*good, "", 0, *lists] if many else [*bad, *([each] for each in good), []]
    claims = {f"bad{n}": {"x": each} for n, each in enumerate(wrong) if _takes(each)}
    claims |= {"absent": {}, "near": {"X": good[0], "claims.x": good[0]}}
    claims |= {f"good{n}": {"x": [each] if many else each} for n, each in enumerate(good)}
    made = manifest(database, clerk=[grant("t", rows=text)])
    made["keys"] = {name: key_of("clerk", name, **each) for name, each in claims.items()}
    return made


def _takes(claim: Any) -> bool:
    """A manifest holds no null and no list in a list."""
    return not isinstance(claim, list) or not any(
        each is None or isinstance(each, list) for each in claim
    )


@pytest.mark.parametrize("column", _TYPES)
async def test_a_claim_that_does_not_fit_denies_cold_and_warm(database: Database, column: str):
    of = _TYPES[column][0]
    _build(database, column, of)
    rules = _RULES if column == "t" else _RULES + _ORDERED
    asked: list[tuple[str, str, Any]] = [
        ("GET", "t", None),
        ("GET", "t/1", None),
        ("POST", "t", {"id": 9, "n": 1}),
        ("PATCH", "t?all=true", {"n": 1}),
        ("PUT", "t/1", {"n": 1}),
        ("DELETE", "t?all=true", None),
    ]

    for rule in rules:
        made = _manifest(database, column, rule)
        wrong = [name for name in made["keys"] if not name.startswith("good")]
        async with plane(made) as opened:
            for _heat in ("cold", "warm"):
                for request in asked:
                    for name in wrong:
                        answer = await ask(opened, name, *request)
                        told = (answer.status, answer.error if answer.status > 400 else None)
                        assert told == (403, "claim_missing"), (rule, made["keys"][name], request)
                for name in set(made["keys"]) - set(wrong):
                    answer = await ask(opened, name, "GET", "t")
                    assert answer.status == 200, (rule, made["keys"][name], answer)
    assert database.rows("SELECT id, n FROM t ORDER BY id") == [(1, None), (2, None)]


@pytest.mark.parametrize("claims", [{}, {"x": ""}, {"x": []}, {"x": None}, {"x": 7}, {"x": [""]}])
async def test_a_preset_without_its_claim_denies(database: Database, claims: dict[str, Any]):
    _build(database, "s", "text")
    grants = [grant("t", set={"s": "{claims.x}"}, write=["n"])]

    async with plane(manifest(database, {"clerk": claims}, clerk=grants)) as opened:
        answers = [
            await ask(opened, "clerk", "POST", "t", {"id": 5}),
            await ask(opened, "clerk", "PATCH", "t/1", {"n": 1}),
            await ask(opened, "clerk", "PATCH", "t", {"n": 1}, all="true"),
            await ask(opened, "clerk", "PUT", "t/1", {"n": 1}),
        ]

    refused = {(answer.status, answer.error) for answer in answers[1:]}
    assert refused == {(403, "claim_missing")}
    assert answers[0].status in (400, 403)
    assert database.rows("SELECT id, n, s FROM t ORDER BY id") == [(1, None, None), (2, None, None)]


async def test_the_anonymous_role_has_no_name_to_compare(database: Database):
    _build(database, "s", "text")
    made = manifest(database, visitor=[grant("t", "GET", rows="s != {principal.name}")])
    made["auth"] = {"anonymous": "visitor"}

    async with plane(made) as opened:
        answer = await opened.get("/api/v1/shop/_table/t")

    assert (answer.status, answer.error) == (403, "claim_missing")
