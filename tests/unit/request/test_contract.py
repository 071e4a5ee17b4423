"""Sentences of the contract that both databases must keep alike."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.databases import DIALECTS, Database, scratch
from tests.plane import Plane, plane

pytestmark = pytest.mark.anyio

_KEY = "faucet_" + "6" * 64
_T = "/api/v1/shop/_table"


def _manifest(database: Database) -> dict[str, Any]:
    digest = hashlib.sha256(_KEY.encode()).hexdigest()
    verbs = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    grants = [
        {"service": "shop", "tables": ["*"], "verbs": verbs, "aggregate": True, "rows": "all"},
        {
            "service": "shop",
            "tables": ["rentals"],
            "verbs": verbs,
            "rows": "shop = 7 AND state != 'gone'",
        },
    ]
    return {
        "version": 1,
        "services": {"shop": database.service()},
        "roles": {"r": {"grants": grants}},
        "keys": {"k": {"role": "r", "hash": [f"sha256:{digest}"]}},
    }


@pytest.fixture(params=DIALECTS)
async def opened(request, tmp_path: Path) -> AsyncIterator[Plane]:
    with scratch(request.param, request, tmp_path) as database:
        database.script(
            "CREATE TABLE people (id integer PRIMARY KEY, name varchar(9) NOT NULL, "
            "code varchar(3) UNIQUE, boss integer REFERENCES people(id))",
            "CREATE TABLE pairs (a integer, b integer, c integer, PRIMARY KEY (a, b))",
            "CREATE TABLE bare (a varchar(5), b integer)",
            "CREATE TABLE words (word varchar(9) PRIMARY KEY)",
            "CREATE TABLE rentals (id integer PRIMARY KEY, shop integer NOT NULL, "
            "state varchar(9) NOT NULL DEFAULT 'open', person integer REFERENCES people(id))",
            "INSERT INTO people VALUES (3, 'c', NULL, NULL), (1, 'a', 'AAA', NULL), (2,'b','B',1)",
            "INSERT INTO pairs VALUES (1, 2, 0), (1, 1, 0), (2, 1, 0)",
            "INSERT INTO bare VALUES ('x', 1)",
            "INSERT INTO rentals VALUES (1, 7, 'open', 1), (2, 8, 'open', 2)",
        )
        async with plane(_manifest(database)) as made:
            yield made


async def _ask(opened: Plane, method: str, url: str, body: Any = None, **parameters: Any):
    answer = await opened.ask(method, _T + url, body, key=_KEY, **parameters)
    assert answer.reported == ()
    return answer


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize("selector", [{"filter": "id>0"}, {"ids": "1,2"}, {"all": "true"}])
async def test_continue_is_for_lists_of_records_alone(opened, method, selector):
    body = {"code": "x"} if method == "PATCH" else None

    answer = await _ask(opened, method, "/people", body, continue_="true", **selector)

    assert (answer.status, answer.error) == (400, "unknown_parameter")


@pytest.mark.parametrize("join", ["OR", "AND"])
async def test_a_thousand_terms_are_a_filter(opened, join):
    text = f" {join} ".join(f"id{'=' if join == 'OR' else '!='}{n}" for n in range(1000))

    answer = await _ask(opened, "PATCH", "/people", {"filter": text, "code": "Z"}, fields="id")

    expected = 409 if join == "OR" else 200
    assert answer.status == expected


async def test_sixty_four_levels_are_a_filter_whichever_side_is_deep(opened):
    texts = ["NOT " * 60 + "id = 1", "", ""]
    for _ in range(60):
        texts[1] = f"id = 9 {'OR' if len(texts[1]) % 2 else 'AND'} ({texts[1] or 'id = 1'})"
        texts[2] = f"NOT ({texts[2] or 'id = 1'} OR id = 9)" if len(texts[2]) < 500 else texts[2]

    for text in texts:
        answer = await _ask(opened, "GET", "/people", filter=text)
        assert answer.status == 200, text


async def test_a_thousand_composite_keys_are_ids(opened):
    keys = ",".join(f"({n},1)" for n in range(1000))

    answer = await _ask(opened, "GET", f"/pairs?ids={keys}")

    assert [row["a"] for row in answer.rows] == [1, 2]


async def test_more_outputs_than_a_database_takes_are_an_error_of_the_caller(opened):
    names = ",".join(f"id AS a{n}" for n in range(1700))

    answer = await _ask(opened, "GET", "/people", fields=names)

    assert (answer.status, answer.error) == (400, "invalid_parameter")


async def test_a_record_to_delete_is_its_key_and_nothing_else(opened):
    more = await _ask(opened, "DELETE", "/pairs", {"resource": [{"a": 1, "b": 1, "c": 0}]})
    keyless = await _ask(opened, "DELETE", "/bare", {"resource": [{"a": "x"}]})

    assert (more.status, more.error) == (400, "invalid_body")
    assert (keyless.status, keyless.error) == (400, "no_key")


async def test_an_unknown_column_fails_its_record_alone_where_others_go_on(opened):
    records = [{"id": 10, "name": "x"}, {"id": 11, "nope": 1}, {"id": 12, "name": "z"}]

    answer = await _ask(opened, "POST", "/people?continue=true&fields=id", records)

    assert answer.status == 200
    assert answer.json["meta"]["errors"] == [1]
    assert [item.get("id") for item in answer.rows] == [10, None, 12]
    assert answer.rows[1]["error"]["type"] == "unknown_column"


async def test_rows_of_a_selector_come_in_the_order_of_the_table(opened):
    patched = await _ask(opened, "PATCH", "/people?filter=id>0&fields=id", {"boss": None})
    by_ids = await _ask(opened, "PATCH", "/people?ids=3,1,2&fields=id", {"boss": None})
    deleted = await _ask(opened, "DELETE", "/pairs?all=true&fields=a,b")

    assert [row["id"] for row in patched.rows] == [1, 2, 3]
    assert [row["id"] for row in by_ids.rows] == [1, 2, 3]
    assert [(row["a"], row["b"]) for row in deleted.rows] == [(1, 1), (1, 2), (2, 1)]


async def test_rows_of_records_come_in_the_order_of_the_request(opened):
    records = [{"id": number, "code": None} for number in (3, 1, 2)]

    answer = await _ask(opened, "PATCH", "/people?fields=id", records)

    assert [row["id"] for row in answer.rows] == [3, 1, 2]


async def test_a_list_without_keys_lacks_a_key_and_an_object_without_one_a_selector(opened):
    listed = await _ask(opened, "PATCH", "/people", [{"name": "x"}])
    single = await _ask(opened, "PATCH", "/people?continue=true", {"name": "x"})

    assert listed.error == "no_key"
    assert single.error == "no_selector"


@pytest.mark.parametrize(
    ("body", "error", "columns"),
    [
        ({"id": 9}, "not_null_violation", ["name"]),
        ({"id": 9, "name": "x", "boss": 77}, "foreign_key_violation", ["boss"]),
        ({"id": 1, "name": "x"}, "unique_violation", ["id"]),
        ({"id": 1, "name": "x", "code": "B"}, "unique_violation", None),
    ],
)
async def test_a_constraint_is_told_with_its_columns_where_they_are_certain(
    opened, body, error, columns
):
    answer = await _ask(opened, "POST", "/people", body)

    told = answer.json["error"]
    assert told["type"] == error
    assert told.get("context", {}).get("columns") == columns


async def test_a_fault_in_a_list_is_told_with_its_record(opened):
    answer = await _ask(opened, "POST", "/people", [{"id": 20, "name": "x"}, {"id": "zz"}])

    assert answer.json["error"]["context"] == {"column": "id", "record": 1}


async def test_an_empty_key_has_no_location(opened):
    empty = await _ask(opened, "POST", "/words", {"word": ""})
    full = await _ask(opened, "POST", "/words", {"word": "a/b"})

    assert empty.status == 201
    assert "location" not in empty.headers
    assert full.headers["location"] == f"{_T}/words/a%2Fb"


@pytest.mark.promise("sec-10")
@pytest.mark.promise("sec-12")
@pytest.mark.parametrize(
    ("method", "url", "refused", "other"),
    [
        (
            "POST",
            "/rentals",
            {"id": 90, "shop": 8, "person": 1},
            {"id": 90, "shop": 8, "person": 77},
        ),
        ("POST", "/rentals", {"id": 2, "shop": 8}, {"id": 91, "shop": 8}),
        ("PATCH", "/rentals/1", {"shop": 8, "person": 2}, {"shop": 8, "person": 77}),
        ("PATCH", "/rentals?ids=1", {"shop": 8, "id": 2}, {"shop": 8, "id": 92}),
    ],
)
async def test_no_conflict_answers_before_a_check_that_defaults_or_stored_values_decide(
    opened, method, url, refused, other
):
    one = await _ask(opened, method, url, refused, headers={"X-Request-ID": "same"})
    two = await _ask(opened, method, url, other, headers={"X-Request-ID": "same"})

    assert (one.status, one.error) == (403, "row_check")
    assert one.body == two.body


async def test_a_conflict_is_a_conflict_where_the_check_would_hold(opened):
    answer = await _ask(opened, "POST", "/rentals", {"id": 1, "shop": 7})

    assert answer.error == "unique_violation"


async def test_a_body_in_any_content_encoding_is_refused(opened):
    for encoding in ("gzip", "identity", ""):
        headers = {"Content-Encoding": encoding}
        answer = await _ask(opened, "POST", "/words", {"word": "x"}, headers=headers)
        assert answer.status == 415


@pytest.mark.fault("attacks.large_bodies")
async def test_a_large_body_leaves_the_loop_to_others(opened):
    body = b"[" + b",".join(b'{"k%d":1}' % n for n in range(20_000)) + b"]"

    answer = await _ask(opened, "POST", "/words", body)

    assert (answer.status, answer.error) == (413, "batch_too_large")


async def test_a_qualified_name_in_order_is_the_column_whatever_is_labelled_so(opened):
    found = await _ask(opened, "GET", "/people?fields=id,code%20AS%20name&order=-people.name")

    assert [row["id"] for row in found.rows] == [3, 2, 1]


async def test_the_error_of_a_write_keeps_the_driver_s_own_as_its_cause(opened):
    caught = []

    class Executor:
        def __init__(self, real):
            self._real = real

        async def transact(self, *arguments, **options):
            try:
                return await self._real.transact(*arguments, **options)
            except Exception as error:
                caught.append(error)
                raise

        def __getattr__(self, name):
            return getattr(self._real, name)

    executors = {"shop": Executor(opened.generation.executors["shop"])}
    watched = Plane(msgspec.structs.replace(opened.generation, executors=executors), [])
    answer = await _ask(watched, "PATCH", "/people/1", {"boss": 77})

    assert answer.status == 409
    causes: list[BaseException] = [caught[0]]
    while (cause := causes[-1].__cause__) is not None:
        assert cause not in causes
        causes.append(cause)
    assert type(causes[-1]).__module__.partition(".")[0] in {"psycopg", "sqlite3"}
