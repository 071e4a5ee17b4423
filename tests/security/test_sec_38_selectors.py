"""Nothing selects nothing: a write without a selector changes no row."""

from typing import Any

import pytest

from tests.databases import Database
from tests.plane import plane
from tests.security.manifests import ask, grant, manifest

pytestmark = [pytest.mark.anyio, pytest.mark.promise("sec-38")]


def _build(database: Database) -> None:
    database.script(
        "CREATE TABLE t (id integer PRIMARY KEY, n integer)",
        "INSERT INTO t VALUES (1, 1), (2, 2)",
        "CREATE TABLE words (a text, b text, n integer, PRIMARY KEY (a, b))",
        "INSERT INTO words VALUES ('a', 'b,c', 1), ('a,b', 'c', 2), ('', 'x', 3), ('a/b', 'c', 4)",
    )


_NONE: list[tuple[str, Any]] = [
    ("t", None),
    ("t?filter=", None),
    ("t?filter=%20%20", None),
    ("t?ids=", None),
    ("t?ids=,%20,", None),
    ("t?filter=&ids=", None),
    ("t?filter=&ids=&all=false", None),
    ("t?_filter=id%20%3D%201", None),
    ("t?all=0", None),
    ("t", {"filter": ""}),
    ("t", {"filter": None}),
    ("t", {"ids": []}),
    ("t", {"ids": None, "filter": " "}),
]


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize(("rest", "body"), _NONE)
async def test_an_empty_selector_changes_no_row(
    database: Database, method: str, rest: str, body: Any
):
    _build(database)
    if method == "PATCH":
        body = {**(body or {}), "resource": {"n": 9}} if body else {"n": 9}

    async with plane(manifest(database, clerk=[grant("t")])) as opened:
        answer = await ask(opened, "clerk", method, rest, body)

    assert (answer.status, answer.error) == (400, "no_selector")
    assert database.rows("SELECT * FROM t ORDER BY id") == [(1, 1), (2, 2)]


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("query", ["filter=id%20%3D%202", "ids=2", "all=true", "filter=", "all=0"])
async def test_a_route_of_one_record_takes_no_other_selector(
    database: Database, method: str, query: str
):
    _build(database)
    body = None if method in ("GET", "DELETE") else {"n": 9}

    async with plane(manifest(database, clerk=[grant("t")])) as opened:
        answer = await ask(opened, "clerk", method, f"t/1?{query}", body)

    assert (answer.status, answer.error) == (400, "unknown_parameter")
    assert database.rows("SELECT * FROM t ORDER BY id") == [(1, 1), (2, 2)]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("extra", [{"filter": "id = 2"}, {"ids": [2]}, {"ids": []}])
async def test_a_body_for_one_record_takes_no_other_selector(
    database: Database, method: str, extra: dict[str, Any]
):
    _build(database)

    async with plane(manifest(database, clerk=[grant("t")])) as opened:
        answer = await ask(opened, "clerk", method, "t/1", {**extra, "resource": {"n": 9}})

    assert (answer.status, answer.error) == (400, "invalid_body")
    assert database.rows("SELECT * FROM t ORDER BY id") == [(1, 1), (2, 2)]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("words/a,b%2Cc", 1),
        ("words/a%2Cb,c", 2),
        ("words/,x", 3),
        ("words/a%2Fb,c", 4),
        ("words/a,b,c", None),
        ("words/a%2Cb%2Cc", None),
        ("words/a%252Cb,c", 404),
        ("words/A,b%2Cc", 404),
        ("words/a%20,b%2Cc", 404),
        ("words/a,b%2Cc%20", 404),
    ],
)
async def test_keys_are_parted_before_they_are_decoded(
    database: Database, path: str, found: int | None
):
    _build(database)

    async with plane(manifest(database, clerk=[grant("words")])) as opened:
        answer = await ask(opened, "clerk", "GET", path)

    if found is None:
        assert (answer.status, answer.error) == (400, "invalid_parameter")
    elif found == 404:
        assert (answer.status, answer.error) == (404, "row_not_found")
    else:
        assert answer.json["n"] == found


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("keys", [500, 501])
async def test_sqlite_accepts_as_many_values_of_composite_keys_as_a_filter_compares(
    database: Database, keys: int
):
    _build(database)
    body = {"ids": [[str(number), "x"] for number in range(keys)]}

    async with plane(manifest(database, clerk=[grant("words")])) as opened:
        answer = await ask(opened, "clerk", "DELETE", "words", body)

    assert answer.status == (200 if keys == 500 else 400)
    if keys > 500:
        assert answer.error == "filter_too_large"
    assert len(database.rows("SELECT * FROM words")) == 4
