"""Filters and row rules on SQLite use the indexes of their columns."""

import sqlite3
from pathlib import Path

import pytest

from faucet.dialects.sqlite.forms import SqliteForms
from faucet.dialects.sqlite.functions import prepare
from faucet.dialects.sqlite.introspection import introspect
from faucet.extension.dialect import Wanted
from faucet.model.filters.grammar import parse_filter
from faucet.model.filters.lift import Lifter
from faucet.model.filters.typed import RuleScope, Scope, type_predicate
from faucet.model.settings import TimestampForm, ValueOptions
from faucet.model.statement import OrderTerm, Output, RelationName, Select, Typed
from faucet.sql.render import RenderContext, render

_UUID = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
_COLUMNS = {
    "id": "integer PRIMARY KEY",
    "num": "int",
    "name": "text",
    "uid": "uuid",
    "day": "date",
    "at": "datetime",
    "tz": "timestamptz",
    "price": "decimal(6,2)",
    "raw": "blob",
    "score": "real",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "t.db"
    columns = ", ".join(f"{name} {of}" for name, of in _COLUMNS.items())
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE t ({columns}, note text)")
        for name in _COLUMNS:
            connection.execute(f"CREATE INDEX by_{name} ON t ({name})")
    connection.close()
    return path


def _plan(
    path: Path, text: str, options: ValueOptions, *, rule: bool = False, order: str = ""
) -> str:
    relation = introspect(str(path), Wanted(schema=None, timeout=5)).relations["t"]
    columns = {column.name: column for column in relation.columns}
    scope = Scope(columns=columns, options=options)
    if rule:
        scope = RuleScope(table="t", schema=None, columns=columns, options=options, exact=True)
    predicate = parse_filter(text)
    assert predicate is not None
    lifter = Lifter(arrays=False)
    statement = Select(
        relation=RelationName(schema=None, name="t"),
        columns=tuple(Typed(name=name, type=each.type) for name, each in columns.items()),
        outputs=(Output(label="note", column="note", type=columns["note"].type),),
        where=lifter.lift(type_predicate(predicate, scope)),
        order=(OrderTerm(column=order, nullable=False),) if order else (),
    )
    context = RenderContext(
        forms=SqliteForms(), options=options, transforms={}, mask_key=b"", max_bytes=1 << 20
    )
    call = render(statement, context).call(lifter.values)
    connection = sqlite3.connect(path)
    prepare(connection)
    rows = connection.execute(f"EXPLAIN QUERY PLAN {call.sql}", call.parameters).fetchall()
    connection.close()
    return "; ".join(row[-1] for row in rows)


_EQUALITIES = (
    *("id = 7", "id = '7'", "num = 7", "num = '7'", "num IN (1, 2, 3)", "name = 'bobs'"),
    *("name IN ('a', 'b')", f"uid = '{_UUID}'", "day = '2024-01-02'", "price = 1.23"),
    *("at = '2024-01-02T03:04:05'", "tz = '2024-01-02T03:04:05Z'", "raw = 'AP8='", "score = 1.5"),
)
_RANGES = (
    *("id > 7", "num >= 7", "num < 7", "NOT num < 7", "num BETWEEN 1 AND 2", "name > 'a'"),
    *("day <= '2024-01-02'", "at >= '2024-01-02'", "at < '2024-01-02'", "price > 1.2"),
    *("score < 2", "tz BETWEEN '2024-01-02' AND '2024-01-03'"),
)


@pytest.mark.parametrize("form", list(TimestampForm))
@pytest.mark.parametrize("text", [*_EQUALITIES, *_RANGES])
def test_a_filter_searches_the_index_of_its_column(path: Path, text: str, form: TimestampForm):
    plan = _plan(path, text, ValueOptions(timestamps=form))

    assert "SCAN t" not in plan
    assert "SEARCH t" in plan or "MULTI-INDEX OR" in plan


@pytest.mark.parametrize("column", ["day", "at"])
@pytest.mark.parametrize("form", list(TimestampForm))
def test_a_long_list_searches_the_index_of_its_column(path: Path, column: str, form: TimestampForm):
    days = ", ".join(f"'2024-{month:02}-{day:02}'" for month in range(1, 13) for day in (1, 2, 3))

    plan = _plan(path, f"{column} IN ({days})", ValueOptions(timestamps=form))

    assert "SCAN t" not in plan


@pytest.mark.parametrize("text", [each for each in _EQUALITIES if "'7'" not in each])
def test_a_row_rule_searches_the_index_of_its_column(path: Path, text: str):
    plan = _plan(path, text, ValueOptions(), rule=True)

    assert "SCAN t" not in plan
    assert "SEARCH t" in plan or "MULTI-INDEX OR" in plan


@pytest.mark.parametrize(
    ("order", "form", "sorted_by_index"),
    [
        ("num", TimestampForm.TEXT, True),
        ("name", TimestampForm.TEXT, True),
        ("price", TimestampForm.TEXT, True),
        ("at", TimestampForm.TEXT, False),
        ("at", TimestampForm.ISO, True),
        ("day", TimestampForm.ISO, True),
    ],
)
def test_an_order_uses_an_index_where_cells_are_in_the_order_of_their_values(
    path: Path, order: str, form: TimestampForm, sorted_by_index: bool
):
    plan = _plan(path, "score IS NULL OR id > 0", ValueOptions(timestamps=form), order=order)

    assert ("TEMP B-TREE FOR ORDER BY" not in plan) is sorted_by_index
