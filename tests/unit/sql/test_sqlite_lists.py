"""Long lists on SQLite find what their values find one by one."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from faucet.dialects.sqlite.forms import SqliteForms
from faucet.dialects.sqlite.functions import prepare
from faucet.dialects.sqlite.introspection import introspect
from faucet.extension.dialect import Wanted
from faucet.model.filters.grammar import parse_filter
from faucet.model.filters.lift import Lifter
from faucet.model.filters.typed import Scope, type_predicate
from faucet.model.settings import TimestampForm, ValueOptions
from faucet.model.statement import Output, RelationName, Select, Typed
from faucet.sql.render import RenderContext, render

_TYPES = {
    "day": "date",
    "at": "datetime",
    "tz": "timestamptz",
    "tm": "time",
    "price": "decimal(9,2)",
    "uid": "uuid",
    "name": "text",
}
_DAYS = [date(2000, 1, 1) + timedelta(days=number) for number in range(1000)]
_VALUES = {
    "day": [str(day) for day in _DAYS],
    "at": [f"{day}T10:00:00" for day in _DAYS],
    "tz": [f"{day}T10:00:00Z" for day in _DAYS],
    "tm": [f"10:{number // 60 % 60:02}:{number % 60:02}" for number in range(1000)],
    "price": [f"{number}.25" for number in range(1000)],
    "uid": [f"00000000-0000-0000-0000-00000000{number:04x}" for number in range(1000)],
    "name": [f"n{number}" for number in range(1000)],
}
_CELLS: dict[str, tuple[object, ...]] = {
    "day": ("2000-01-03", "2000-01-05T00:00:00", "2000-01-06 00:00", "x", b"2000-01-03", 7, None),
    "at": ("2000-01-02T10:00", "2000-01-03 10:00:00", "2000-01-04T10:00:00.000", 946_980_000, None),
    "tz": ("2000-01-02T11:00+01:00", "2000-01-02T10:00:00Z", "2000-01-02 09:00-01:00", 7, None),
    "tm": ("10:02", "10:03:00", "10:04:00.000", "24:00", 7, None),
    "price": (1.25, "1.25", 2.250000000000001, 3, "x", None),
    "uid": ("0" * 31 + "2", b"\0" * 15 + b"\3", "0" * 32, 7, None),
    "name": ("n1", "N1", b"n1", 7, None),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "t.db"
    columns = ", ".join(f"{name} {of}" for name, of in _TYPES.items())
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE TABLE t (id integer PRIMARY KEY, {columns})")
        for name, cells in _CELLS.items():
            rows = [(cell,) for cell in cells]
            connection.executemany(f"INSERT INTO t ({name}) VALUES (?)", rows)
    return path


def _found(path: Path, text: str, options: ValueOptions) -> list[int]:
    relation = introspect(str(path), Wanted(schema=None, timeout=5)).relations["t"]
    columns = {column.name: column for column in relation.columns}
    predicate = parse_filter(text)
    assert predicate is not None
    lifter = Lifter(arrays=False)
    condition = type_predicate(predicate, Scope(columns=columns, options=options))
    statement = Select(
        relation=RelationName(schema=None, name="t"),
        columns=tuple(Typed(name=name, type=each.type) for name, each in columns.items()),
        outputs=(Output(label="id", column="id", type=columns["id"].type),),
        where=lifter.lift(condition),
        order=(),
    )
    context = RenderContext(
        forms=SqliteForms(), options=options, transforms={}, mask_key=b"", max_bytes=1 << 20
    )
    call = render(statement, context).call(lifter.values)
    with closing(sqlite3.connect(path)) as connection:
        prepare(connection)
        return sorted(row[0] for row in connection.execute(call.sql, call.parameters))


def _listed(values: Sequence[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


@pytest.mark.parametrize("form", list(TimestampForm))
@pytest.mark.parametrize("column", _TYPES)
def test_a_thousand_values_find_what_they_find_one_by_one(
    path: Path, column: str, form: TimestampForm
):
    options, values = ValueOptions(timestamps=form), _VALUES[column]
    singly = {row for each in values[:8] for row in _found(path, f"{column} = '{each}'", options)}

    listed = _found(path, f"{column} IN ({_listed(values)})", options)
    others = _found(path, f"{column} NOT IN ({_listed(values)})", options)
    null = _found(path, f"{column} IS NULL", options)

    assert singly <= set(listed)
    assert listed == _found(path, f"NOT {column} NOT IN ({_listed(values)})", options)
    assert sorted(listed + others + null) == _found(path, "id > 0", options)


@pytest.mark.parametrize("column", _TYPES)
def test_a_chain_of_equalities_is_a_list(path: Path, column: str):
    options, values = ValueOptions(), _VALUES[column][:400]
    equal = " OR ".join(f"{column} = '{each}'" for each in values)
    unequal = " AND ".join(f"{column} != '{each}'" for each in values)
    listed = _listed(values)

    assert _found(path, equal, options) == _found(path, f"{column} IN ({listed})", options)
    assert _found(path, f"NOT ({unequal})", options) == _found(path, equal, options)
    assert _found(path, unequal, options) == _found(path, f"{column} NOT IN ({listed})", options)
    assert _found(path, f"NOT ({equal})", options) == _found(path, unequal, options)


def test_different_columns_and_conjunctions_stay_apart(path: Path):
    options = ValueOptions()

    assert _found(path, "day = '2000-01-03' AND day = '2000-01-05'", options) == []
    assert _found(path, "NOT (day != '2000-01-03' OR day != '2000-01-05')", options) == []
    assert _found(path, "day = '2000-01-03' OR name = 'n1'", options) == sorted(
        _found(path, "day = '2000-01-03'", options) + _found(path, "name = 'n1'", options)
    )
