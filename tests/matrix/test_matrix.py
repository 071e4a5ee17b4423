"""Who may do what with which column: every cell, over every way in, on every database."""

from collections.abc import AsyncIterator, Iterator
from itertools import count
from typing import Any

import msgspec
import pytest

from tests.databases import DIALECTS, Database, scratch
from tests.matrix import rights, shop
from tests.matrix.rights import CREATED, KEYS, NOT_FOUND, OK, RIGHTS, Verdict
from tests.matrix.surfaces import SURFACES, Surface

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

_FRESH = count(1000)
_PLACES = ("plane", "tools", pytest.param("process", marks=pytest.mark.e2e))
_PAIRS = [(role, table) for role in RIGHTS for table in shop.TABLES]


@pytest.fixture(scope="module", params=DIALECTS)
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    with scratch(request.param, request, tmp_path_factory.mktemp("shop")) as made:
        shop.build(made)
        yield made


@pytest.fixture(scope="module", params=_PLACES)
async def surface(
    request: pytest.FixtureRequest, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Surface]:
    folder = tmp_path_factory.mktemp("surface")
    async with SURFACES[request.param](shop.manifest(database), folder) as opened:
        yield opened


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One request and what it must answer."""

    method: str
    path: str
    query: dict[str, str] = {}
    body: Any = None
    expected: Verdict

    def __str__(self) -> str:
        asked = "&".join(f"{name}={value}" for name, value in self.query.items())
        return f"{self.method} {self.path}?{asked} {'' if self.body is None else self.body}".strip()


def _cells(role: str, table: str) -> Iterator[Cell]:
    path = f"/api/v1/{shop.SERVICE}/_table/{table}"
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        denied = rights.table_verdict(role, table, method)
        for column in (*shop.TABLES[table], shop.NO_COLUMN):
            for cell in _COLUMN_CELLS[method](role, table, path, column):
                yield (cell if denied is None else msgspec.structs.replace(cell, expected=denied))


def _record(table: str) -> str:
    return "/1,1" if table == "pairs" else "/1"


def _nowhere(table: str) -> str:
    return "/-7,-7" if table == "pairs" else "/-7"


def _granted(role: str, table: str, method: str) -> bool:
    return rights.table_verdict(role, table, method) is None


def _reads(role: str, table: str, path: str, column: str) -> Iterator[Cell]:
    granted = _granted(role, table, "GET")
    places = {
        "fields": ({"fields": column}, rights.shown),
        "aliased": ({"fields": f"{column} AS x"}, rights.shown),
        "filter": ({"filter": f"{column} IS NULL"}, rights.tested),
        "order": ({"order": column, "limit": "1"}, rights.tested),
        "group": ({"group": column, "fields": "COUNT(*)"}, rights.grouped),
        "function": ({"fields": f"COUNT({column})"}, rights.counted),
    }
    for query, judge in places.values():
        expected = judge(role, table, column) if granted else OK
        yield Cell(method="GET", path=path, query=query, expected=expected)
    expected = OK
    if granted:
        expected = rights.shown(role, table, column)
        if expected == OK and not rights.key_usable(role, table):
            expected = (400, "no_key")
    yield Cell(
        method="GET", path=path + _record(table), query={"fields": column}, expected=expected
    )


def _value(table: str, column: str) -> Any:
    return shop.TABLES[table].get(column, "Z")


def _posts(role: str, table: str, path: str, column: str) -> Iterator[Cell]:
    body = {column: _value(table, column)}
    if table == "pairs":
        body |= {"a": next(_FRESH), "b": 1}
    elif column in KEYS.get(table, ()):
        body = {column: next(_FRESH)}
    granted = _granted(role, table, "POST")
    expected = rights.written(role, table, "POST", column, selects=False) if granted else OK
    yield Cell(
        method="POST", path=path, body=body, expected=CREATED if expected == OK else expected
    )
    if granted:
        body = {rights.one_writable(role, table, "POST"): _value(table, "")}
        column_of = rights.one_writable(role, table, "POST")
        body = {column_of: _value(table, column_of)}
        if table == "pairs":
            body |= {"a": next(_FRESH), "b": 1}
        expected = rights.shown(role, table, column)
    else:
        expected = OK
    yield Cell(
        method="POST",
        path=path,
        query={"fields": column},
        body=body,
        expected=CREATED if expected == OK else expected,
    )


def _puts(role: str, table: str, path: str, column: str) -> Iterator[Cell]:
    yield from _on_record("PUT", role, table, path, column)


def _on_record(method: str, role: str, table: str, path: str, column: str) -> Iterator[Cell]:
    """The column in the body and in `fields` of a write to one record."""
    granted = _granted(role, table, method)
    record = path + _record(table)
    value = 1 if column in KEYS.get(table, ()) else _value(table, column)
    writable = rights.one_writable(role, table, method) if granted else "note"
    expected, shown = OK, OK
    if granted:
        keyless = OK if rights.key_usable(role, table) else (400, "no_key")
        expected = rights.written(role, table, method, column, selects=True)
        expected = keyless if expected == OK else expected
        shown = rights.shown(role, table, column)
        shown = keyless if shown == OK else shown
    yield Cell(method=method, path=record, body={column: value}, expected=expected)
    yield Cell(
        method=method,
        path=record,
        query={"fields": column},
        body={writable: _value(table, writable)},
        expected=shown,
    )


def _patches(role: str, table: str, path: str, column: str) -> Iterator[Cell]:
    yield from _on_record("PATCH", role, table, path, column)
    granted = _granted(role, table, "PATCH")
    writable = rights.one_writable(role, table, "PATCH") if granted else "note"
    known = "message" if role == "blind" else min(KEYS.get(table) or ["id"])
    none = f"{known} IS NULL AND {known} IS NOT NULL"
    yield Cell(
        method="PATCH",
        path=path,
        query={"filter": f"{column} IS NULL AND {column} IS NOT NULL"},
        body={writable: _value(table, writable)},
        expected=rights.tested(role, table, column) if granted else OK,
    )
    yield Cell(
        method="PATCH",
        path=path,
        query={"filter": none},
        body={column: _value(table, column)},
        expected=rights.written(role, table, "PATCH", column, selects=False) if granted else OK,
    )


def _deletes(role: str, table: str, path: str, column: str) -> Iterator[Cell]:
    granted = _granted(role, table, "DELETE")
    yield Cell(
        method="DELETE",
        path=path,
        query={"filter": f"{column} IS NULL AND {column} IS NOT NULL"},
        expected=rights.tested(role, table, column) if granted else OK,
    )
    expected = OK
    if granted:
        expected = rights.shown(role, table, column)
        if expected == OK:
            expected = NOT_FOUND if rights.key_usable(role, table) else (400, "no_key")
    yield Cell(
        method="DELETE", path=path + _nowhere(table), query={"fields": column}, expected=expected
    )


_COLUMN_CELLS = {
    "GET": _reads,
    "POST": _posts,
    "PUT": _puts,
    "PATCH": _patches,
    "DELETE": _deletes,
}


@pytest.mark.parametrize(("role", "table"), _PAIRS)
async def test_every_cell_answers_what_the_rights_say(surface: Surface, role: str, table: str):
    found = {}

    for cell in _cells(role, table):
        reply = await surface.ask(role, cell.method, cell.path, query=cell.query, body=cell.body)
        if (verdict := (reply.status, reply.error)) != cell.expected:
            found[str(cell)] = (verdict, cell.expected)

    assert found == {}


@pytest.mark.parametrize("role", RIGHTS)
async def test_the_list_of_tables_is_what_is_granted(surface: Surface, role: str):
    reply = await surface.ask(role, "GET", f"/api/v1/{shop.SERVICE}/_table")

    names = {item["name"] for item in msgspec.json.decode(reply.body)["resource"]}
    assert names == set(RIGHTS[role])
