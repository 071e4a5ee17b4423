"""What is hidden answers as if it were not there, byte for byte, whatever is asked of it."""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest

from tests.databases import DIALECTS, Database, key_of, scratch
from tests.matrix.surfaces import SURFACES, Reply, Surface

pytestmark = [pytest.mark.anyio, pytest.mark.promise("sec-19")]

# Names of one length that are near no other, so that one can stand in the other's place.
_HIDDEN, _RANDOM = "qxjvkzqwh", "wzvqkxhjq"
_PLACES = ("plane", pytest.param("process", marks=pytest.mark.e2e))


@pytest.fixture(scope="module", params=DIALECTS)
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    with scratch(request.param, request, tmp_path_factory.mktemp("hidden")) as made:
        made.script(
            f"CREATE TABLE notes (id {{serial}}, body text, {_HIDDEN} text DEFAULT 'gold')",
            f"CREATE TABLE {_HIDDEN} (id {{serial}}, gold text)",
            f"CREATE TABLE sealed ({_HIDDEN} {{serial}}, body text)",
            "INSERT INTO notes (id, body) VALUES (1, 'one')",
            f"INSERT INTO {_HIDDEN} (id) VALUES (1)",
            "INSERT INTO sealed VALUES (1, 'one')",
        )
        yield made


@pytest.fixture(scope="module", params=_PLACES)
async def surface(
    request: pytest.FixtureRequest, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Surface]:
    def granted(table: str, *fields: str, **rest: Any) -> dict[str, Any]:
        return {"service": "shop", "tables": [table], "fields": list(fields)} | rest

    manifest = {
        "version": 1,
        "server": {"host": "127.0.0.1"},
        "services": {"shop": database.service(), _HIDDEN: database.service()},
        "roles": {
            "writer": {
                "grants": [
                    granted("notes", "id", "body", verbs=["*"], aggregate=True),
                    granted("sealed", "body", verbs=["*"]),
                ]
            },
            "feeder": {
                "grants": [
                    granted("notes", "body", verbs=["POST", "PUT", "PATCH", "DELETE"]),
                ]
            },
            "other": {"grants": [{"service": _HIDDEN, "tables": ["notes"], "verbs": ["GET"]}]},
        },
        "keys": {role: key_of(role) for role in ("writer", "feeder", "other")},
    }
    folder = tmp_path_factory.mktemp("surface")
    async with SURFACES[request.param](manifest, folder) as opened:
        yield opened


def _bytes(reply: Reply) -> tuple[int, dict[str, str], bytes]:
    headers = {name: value for name, value in reply.headers.items() if name != "date"}
    return reply.status, headers, reply.body


async def _both(
    surface: Surface, role: str, method: str, path: str, **asked: Any
) -> tuple[Reply, Reply]:
    """Ask for the hidden name and, in the same words, for one that nothing has."""
    hidden = await surface.ask(role, method, path, **asked)
    swapped = {name: None if value is None else _swap(value) for name, value in asked.items()}
    return hidden, await surface.ask(role, method, path.replace(_HIDDEN, _RANDOM), **swapped)


def _swap(value: Any) -> Any:
    if isinstance(value, dict):
        return {_swap(name): _swap(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_swap(item) for item in value]
    return value.replace(_HIDDEN, _RANDOM) if isinstance(value, str) else value


def _assert_same(hidden: Reply, random: Reply) -> None:
    status, headers, body = _bytes(random)
    swapped = {name: value.replace(_RANDOM, _HIDDEN) for name, value in headers.items()}
    assert _bytes(hidden) == (status, swapped, body.replace(_RANDOM.encode(), _HIDDEN.encode()))


_ASKED: list[tuple[Any, Any]] = [
    (None, None),
    ({"filter": "((("}, None),
    ({"nonsense": "1"}, b""),
    (None, {"id": 1, "gold": "x"}),
    ({"limit": "0"}, []),
]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
@pytest.mark.parametrize(
    "path",
    [
        f"/api/v1/shop/_table/{_HIDDEN}",
        f"/api/v1/shop/_table/{_HIDDEN}/1",
        f"/api/v1/shop/_table/{_HIDDEN}/%zz",
        f"/api/v1/{_HIDDEN}/_table",
        f"/api/v1/{_HIDDEN}/_table/notes",
        f"/api/v1/{_HIDDEN}/_table/notes/1",
        f"/api/v1/{_HIDDEN}/_doc",
    ],
)
async def test_an_ungranted_name_answers_like_a_random_one(
    surface: Surface, method: str, path: str
):
    for query, body in _ASKED:
        hidden, random = await _both(surface, "writer", method, path, query=query, body=body)

        _assert_same(hidden, random)


_COLUMN_PLACES: list[tuple[str, str, Any, Any]] = [
    *(("GET", "", {name: _HIDDEN}, None) for name in ("fields", "order", "group")),
    ("GET", "", {"fields": f"MAX({_HIDDEN})"}, None),
    ("GET", "", {"fields": f"body AS {_HIDDEN}", "order": _HIDDEN}, None),
    ("GET", "", {"fields": f"body AS {_HIDDEN}", "filter": f"{_HIDDEN} = 'gold'"}, None),
    ("GET", "", {"fields": f"COUNT(*) AS {_HIDDEN}", "order": f"-{_HIDDEN}"}, None),
    ("GET", "", {"order": f"-{_HIDDEN}"}, None),
    ("GET", "", {"filter": f"{_HIDDEN} = 'gold'"}, None),
    ("GET", "", {"filter": f"notes.{_HIDDEN} > 5"}, None),
    ("GET", "", {"filter": f"NOT {_HIDDEN} LIKE 1"}, None),
    ("GET", "/1", {"fields": _HIDDEN}, None),
    ("POST", "", None, {"body": "b", _HIDDEN: "x"}),
    ("POST", "", {"fields": _HIDDEN}, {"body": "b"}),
    ("POST", "", {"continue": "true"}, [{_HIDDEN: "b"}, {_HIDDEN: "x"}]),
    ("PUT", "/1", None, {"body": "b", _HIDDEN: 5}),
    ("PUT", "", None, [{"id": 1, _HIDDEN: "x"}]),
    ("PATCH", "/1", None, {_HIDDEN: None}),
    ("PATCH", "", None, {_HIDDEN: 1, "body": "b"}),
    ("PATCH", "", {"filter": f"{_HIDDEN} IS NULL"}, {"body": "b"}),
    ("PATCH", "", {"ids": "1"}, {_HIDDEN: "b"}),
    ("PATCH", "", {"all": "true"}, {_HIDDEN: "b"}),
    ("PATCH", "", None, {"filter": f"{_HIDDEN} = 'gold'", "resource": {"body": "b"}}),
    ("DELETE", "", {"filter": f"{_HIDDEN} = 'gold'"}, None),
    ("DELETE", "/1", {"fields": _HIDDEN}, None),
    ("DELETE", "", None, {"resource": [{_HIDDEN: 1}]}),
    ("DELETE", "", None, {"resource": [{"id": 1, _HIDDEN: 1}]}),
]


@pytest.mark.parametrize("table", ["notes", "sealed"])
@pytest.mark.parametrize("role", ["writer", "feeder"])
async def test_an_unreadable_column_answers_like_a_random_one(
    surface: Surface, role: str, table: str
):
    for method, rest, query, body in _COLUMN_PLACES:
        path = f"/api/v1/shop/_table/{table}{rest}"

        hidden, random = await _both(surface, role, method, path, query=query, body=body)

        hidden, random = (_timeless(each) for each in (hidden, random))
        _assert_same(hidden, random)


def _timeless(reply: Reply) -> Reply:
    body = re.sub(rb'"took_ms":[0-9.]+', b'"took_ms":0', reply.body)
    return msgspec.structs.replace(
        reply, body=body, headers={n: v for n, v in reply.headers.items() if n != "content-length"}
    )
