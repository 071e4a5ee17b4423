"""A read whose shape was planned before is answered as if it had not been."""

from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from faucet.model.filters.tokens import Tokens, literal_positions, split_literals
from faucet.request.known_reads import KnownReads
from tests.databases import key, key_of
from tests.plane import Plane, plane

pytestmark = pytest.mark.anyio


@pytest.fixture
async def opened(sqlite_database: Path) -> AsyncIterator[Plane]:
    import sqlite3

    with closing(sqlite3.connect(sqlite_database)) as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, n INTEGER)")
        rows = [(number, f"name {number}", number) for number in range(1, 9)]
        connection.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
        connection.commit()
    grant = {"service": "shop", "tables": ["t"], "verbs": ["GET"], "rows": "n < {claims.below}"}
    manifest: dict[str, Any] = {
        "version": 1,
        "services": {"shop": {"driver": "sqlite", "dsn": str(sqlite_database)}},
        "roles": {"clerk": {"grants": [grant]}},
        "keys": {
            "wide": key_of("clerk", "wide", below=100),
            "narrow": key_of("clerk", "narrow", below=3),
            "none": key_of("clerk", "none"),
        },
    }
    async with plane(manifest) as made:
        yield made


async def _ask(opened: Plane, query: str, name: str = "wide") -> tuple[int, Any]:
    answer = await opened.get(f"/api/v1/shop/_table/t{query}", key=key(name))
    body = answer.json
    body.get("meta", {}).pop("took_ms", None)
    body.get("error", {}).pop("request_id", None)
    return answer.status, body


def _forgetful(opened: Plane) -> Plane:
    generation = msgspec.structs.replace(opened.generation, known_reads=KnownReads(size=1))
    return Plane(generation, opened.reported)


_PAIRS = [
    ("?filter=id%20%3D%201", "?filter=id%20%3D%202"),
    ("?filter=id%20%3D%201", "?filter=id%20%3D%202.5"),
    ("?filter=id%20%3E%201", "?filter=id%20%3E%2099999999999999999999"),
    ("?filter=id%20%3E%201", "?filter=id%20%3E%20-99999999999999999999"),
    ("?filter=id%20IN%20(1,2,3)", "?filter=id%20IN%20(4,2.5,5)"),
    ("?filter=id%20IN%20(1,2,3)", "?filter=id%20IN%20(7,6,5)"),
    ("?filter=name%20%3D%20'name%201'", "?filter=name%20%3D%20'it''s'"),
    ("?filter=name%20LIKE%20'na%25'", "?filter=name%20LIKE%20'na%5C'"),
    ("?filter=name%20CONTAINS%20'3'", "?filter=name%20CONTAINS%20'%25'"),
    ("?filter=id%20%3D%20'1'", "?filter=id%20%3D%20'x'"),
    ("?filter=id%3D1", "?filter=id%3D1e500"),
    ("?limit=2", "?limit=0"),
    ("?limit=2", "?limit=99999999999999999999"),
    ("?limit=2&offset=1", "?limit=2&offset=9223372036854775808"),
    ("?limit=2", "?limit=x"),
    ("?%6Cimit=2", "?%6Cimit=2"),
    ("?limi%74=0", "?limi%74=0"),
    ("?%6Fffset=3&limit=2", "?%6Fffset=3&limit=2"),
    ("?filt%65r=id%20%3D%201", "?filt%65r=id%20%3D%202"),
    (
        "?filter=n%20%3E%200%20AND%20n%20IN%20(1,2)",
        "?filter=n%20%3E%2099999999999999999999%20AND%20n%20IN%20(3,4)",
    ),
    ("?ids=1,2", "?ids=2,3"),
    ("?_=1&count=true", "?_=2&count=true"),
    ("?_=1", "?_=%zz"),
    ("/1", "/2"),
    ("/1", "/x"),
    ("/1", "/99999999999999999999"),
    ("/1", "/1,2"),
]


@pytest.mark.promise("sec-35")
@pytest.mark.parametrize(("first", "second"), _PAIRS)
async def test_the_second_answer_is_that_of_a_first(opened: Plane, first: str, second: str):
    cold = await _ask(_forgetful(opened), second)
    for _ in range(2):
        await _ask(opened, first)

    warm = [await _ask(opened, second), await _ask(opened, second)]

    assert warm == [cold, cold]


@pytest.mark.promise("sec-05")
async def test_claims_are_bound_again(opened: Plane):
    query = "?filter=id%20%3E%200&fields=id&limit=50"
    for _ in range(2):
        assert len((await _ask(opened, query))[1]["resource"]) == 8

    status, body = await _ask(opened, query, "narrow")
    denied, _ = await _ask(opened, query, "none")

    assert (status, [row["id"] for row in body["resource"]]) == (200, [1, 2])
    assert denied == 403


async def test_no_more_shapes_are_kept_than_allowed(opened: Plane):
    known = KnownReads(size=3)
    generation = msgspec.structs.replace(opened.generation, known_reads=known)
    bounded = Plane(generation, opened.reported)

    for number in range(10):
        for _ in range(2):
            await _ask(bounded, f"?filter={'NOT%20' * number}id%20%3D%201")

    assert 0 < len(known) <= 3


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("a1 = 1 AND b = 'x'", ("1", "x")),
        ('"a 1" = 1e3', ("1e3",)),
        ("a IN ('it''s', -2)", ("it's", "-2")),
        ("a IS NULL", ()),
        ("é2 = 3", ("3",)),
    ],
)
def test_literals_are_found_where_the_grammar_finds_them(text: str, texts: tuple[str, ...]):
    marked, literals = split_literals(text)
    tokens = Tokens(text)
    found = []
    while not tokens.at_end:
        token = tokens.take()
        if token.kind in {"string", "number"}:
            found.append((token.text, token.position))

    assert list(zip(literals, literal_positions(text), strict=True)) == found
    assert tuple(literals) == texts
    assert marked.count("\0") == len(texts)
