"""A role with a row rule is answered as if the rows that the rule forbids had never been there."""

import json
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.budget import examples
from tests.databases import DIALECTS, Database, scratch
from tests.property.rules import VALUES, Join, Leaf, Row, filters, holds, named, rules, soup, spell
from tests.property.twins import Twins, body_of, write_tables

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

_EXAMPLES = examples(75)


@pytest.fixture(scope="module", params=DIALECTS)
def databases(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Database, Database]]:
    folder = tmp_path_factory.mktemp("twins")
    with scratch(request.param, request, folder) as here:
        if request.param == "postgres":
            twin = here
            write_tables(here, twin)
            yield here, twin
            return
        with scratch(request.param, request, folder) as twin:
            write_tables(here, twin)
            yield here, twin


@pytest.fixture(scope="module")
async def twins(databases: tuple[Database, Database]) -> AsyncIterator[Twins]:
    async with Twins(*databases).opened() as opened:
        yield opened


def _row(identity: int, cells: tuple[Any, ...]) -> Row:
    return {"id": identity, "card": f"canary-{identity:05d}"} | dict(
        zip(VALUES, cells, strict=True)
    )


_CELLS = st.tuples(*(st.none() | values for values in VALUES.values()))
contents = st.lists(_CELLS, max_size=8).map(
    lambda rows: [_row(number, cells) for number, cells in enumerate(rows, start=1)]
)

_READABLE = ("id", "tenant", "name", "amount", "flag", "at", "day")
_columns = st.lists(st.sampled_from(_READABLE), min_size=1, max_size=3, unique=True)
_functions = st.sampled_from(
    (
        "COUNT(*)",
        "COUNT(name)",
        "SUM(tenant)",
        "SUM(amount)",
        "AVG(tenant)",
        "MIN(name)",
        "MAX(at)",
        "MAX(amount) AS secret",
        "MIN(day) AS card",
    )
)
_orders = st.lists(
    st.builds(
        "{}{}".format,
        st.sampled_from(_READABLE),
        st.sampled_from(("", " ASC", " DESC", " NULLS FIRST", " DESC NULLS LAST")),
    ),
    max_size=2,
).map(",".join)
_ids = st.lists(st.integers(0, 10), min_size=1, max_size=4).map(lambda ids: ",".join(map(str, ids)))
_paging = st.fixed_dictionaries(
    {},
    optional={
        "limit": st.integers(0, 4).map(str),
        "offset": st.integers(0, 3).map(str),
        "count": st.just("true"),
        "ids": _ids,
        "filter": filters(),
    },
)
_flat = st.fixed_dictionaries(
    {},
    optional={
        "order": _orders,
        "fields": _columns.map(",".join) | st.sampled_from(("*", "card", "name AS secret,id")),
    },
)
_grouped = st.builds(
    lambda group, functions: {
        "group": ",".join(group),
        "fields": ",".join([*group, *dict.fromkeys(functions)]),
        "order": ",".join(reversed(group)),
    },
    _columns,
    st.lists(_functions, max_size=3),
)
_summed = st.lists(_functions, min_size=1, max_size=3).map(
    lambda functions: {"fields": ",".join(dict.fromkeys(functions))}
)
reads = st.builds(lambda paging, shape: paging | shape, _paging, _flat | _grouped | _summed)


@_EXAMPLES
@given(rows=contents, rule=rules(), asked=st.lists(reads, min_size=1, max_size=4))
async def test_reads_are_equal_on_the_twin(
    twins: Twins, rows: list[Row], rule: Leaf | Join, asked: list[dict[str, str]]
):
    twins.fill("here", rows)
    twins.fill("twin", [row for row in rows if holds(rule, row) is True])
    plane = twins.plane(spell(rule), checked=False)

    for query in asked:
        here, twin = await twins.both(plane, "GET", **query)
        assert (here.status, body_of(here)) == (twin.status, body_of(twin))
    for number in range(len(rows) + 2):
        here, twin = await twins.both(plane, "GET", f"/{number}")
        assert (here.status, body_of(here)) == (twin.status, body_of(twin))


@pytest.mark.promise("sec-06")
@_EXAMPLES
@given(rows=contents, rule=rules(), texts=st.lists(soup(), min_size=1, max_size=6))
async def test_no_text_of_a_filter_leaves_the_filter(
    twins: Twins, rows: list[Row], rule: Leaf | Join, texts: list[str]
):
    twins.fill("here", rows)
    twins.fill("twin", [row for row in rows if holds(rule, row) is True])
    plane = twins.plane(spell(rule), checked=False)

    for text in texts:
        query = {"filter": text, "count": "true"}
        here, twin = await twins.both(plane, "GET", **query)
        assert here.status in (200, 400)
        assert (here.status, body_of(here)) == (twin.status, body_of(twin))


class Write(msgspec.Struct, frozen=True, kw_only=True):
    """One write; *rows* are what its body says, in Python's own values."""

    method: str
    rest: str = ""
    query: dict[str, str] = {}
    rows: tuple[Row, ...] = ()
    listed: bool = False

    @property
    def body(self) -> Any:
        if not self.rows:
            return None
        bodies = [{name: _json(value) for name, value in row.items()} for row in self.rows]
        return bodies if self.listed else bodies[0]


def _json(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return str(value) if isinstance(value, Decimal) else value.isoformat()


_changes = st.dictionaries(
    st.sampled_from(tuple(VALUES)), st.none(), min_size=1, max_size=3
).flatmap(lambda chosen: st.fixed_dictionaries({name: st.none() | VALUES[name] for name in chosen}))
_rows = st.fixed_dictionaries({name: st.none() | values for name, values in VALUES.items()})
_present = st.integers(1, 8)
_going_on = st.sampled_from(({}, {"rollback": "true"}))


def _records(changes: st.SearchStrategy[Any], ids: st.SearchStrategy[int]) -> Any:
    return st.lists(st.tuples(ids, changes), min_size=1, max_size=3, unique_by=lambda each: each[0])


def _keyed(records: list[tuple[int, Row]]) -> tuple[Row, ...]:
    return tuple({"id": number, **row} for number, row in records)


_selecting = st.one_of(
    filters().map(lambda text: {"filter": text}),
    _ids.map(lambda ids: {"ids": ids}),
    st.just({"all": "true"}),
    st.builds(lambda text, ids: {"filter": text, "ids": ids}, filters(), _ids),
)
writes = st.one_of(
    st.builds(
        lambda records, query: Write(method="POST", query=query, rows=_keyed(records), listed=True),
        _records(_rows | _changes, st.integers(100, 104)),
        _going_on,
    ),
    st.builds(
        lambda query, row: Write(method="PATCH", query=query, rows=(row,)), _selecting, _changes
    ),
    st.builds(
        lambda number, row: Write(method="PATCH", rest=f"/{number}", rows=(row,)),
        _present,
        _changes,
    ),
    st.builds(
        lambda number, row: Write(method="PUT", rest=f"/{number}", rows=(row,)), _present, _changes
    ),
    st.builds(
        lambda method, records, query: Write(
            method=method, query=query, rows=_keyed(records), listed=True
        ),
        st.sampled_from(("PATCH", "PUT")),
        _records(_changes, _present),
        _going_on,
    ),
    _selecting.map(lambda query: Write(method="DELETE", query={**query, "fields": "*"})),
    _present.map(lambda number: Write(method="DELETE", rest=f"/{number}", query={"fields": "*"})),
    _records(st.just({}), _present).map(
        lambda records: Write(method="DELETE", rows=_keyed(records), listed=True)
    ),
)


def _normal(body: Any) -> Any:
    """Rows of a write by selector come in no order."""
    if isinstance(body, dict) and "resource" in body:
        body = {**body, "resource": sorted(body["resource"], key=json.dumps)}
    return body


@_EXAMPLES
@given(rows=contents, rule=rules(), write=writes)
async def test_writes_within_a_check_are_equal_on_the_twin(
    twins: Twins, rows: list[Row], rule: Leaf | Join, write: Write
):
    forbidden = {row["id"]: row for row in rows if holds(rule, row) is not True}
    twins.fill("here", rows)
    twins.fill("twin", [row for row in rows if row["id"] not in forbidden])
    plane = twins.plane(spell(rule), checked=True)
    before = twins.rows("here")

    here, twin = await twins.both(plane, write.method, write.rest, write.body, **write.query)

    after, wanted = twins.rows("here"), twins.rows("twin")
    assert {number: after.get(number) for number in forbidden} == {
        number: before[number] for number in forbidden
    }
    broken = [number for number, row in wanted.items() if holds(rule, row) is not True]
    foretold = [row for row in write.rows if named(rule) <= set(row) and not holds(rule, row)]
    if broken or (foretold and here.status == 403):
        assert (here.status, here.error, after) == (403, "row_check", before)
    else:
        assert (here.status, _normal(body_of(here))) == (twin.status, _normal(body_of(twin)))
        assert after == wanted | forbidden


@_EXAMPLES
@given(rows=contents, rule=rules(), write=writes, going_on=st.booleans())
async def test_writes_that_may_leave_the_rows_show_none_that_left(
    twins: Twins, rows: list[Row], rule: Leaf | Join, write: Write, going_on: bool
):
    if going_on and write.listed:
        write = msgspec.structs.replace(write, query={"continue": "true"})
    forbidden = {row["id"]: row for row in rows if holds(rule, row) is not True}
    twins.fill("here", rows)
    twins.fill("twin", [row for row in rows if row["id"] not in forbidden])
    plane = twins.plane(spell(rule), checked=False)

    here, twin = await twins.both(plane, write.method, write.rest, write.body, **write.query)

    after, wanted = twins.rows("here"), twins.rows("twin")
    assert after == wanted | forbidden
    left = {number for number, row in wanted.items() if holds(rule, row) is not True}
    expected = _without(body_of(twin), left, nulls="continue" in write.query)
    assert here.status == twin.status
    assert _normal(body_of(here)) == _normal(expected)


def _without(body: Any, left: set[int], *, nulls: bool) -> Any:
    """Return what is left to tell of rows that the role sees no more."""
    if isinstance(body, dict) and "resource" in body:
        shown = [row if _id(row) not in left else None for row in body["resource"]]
        kept = shown if nulls else [row for row in shown if row is not None]
        return {**body, "resource": kept}
    if _id(body) in left:
        return {"meta": {"count": 1, "took_ms": 0}}
    return body


def _id(row: Any) -> int | None:
    return row.get("id") if isinstance(row, dict) else None
