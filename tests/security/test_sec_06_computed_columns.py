"""Columns that are computed when they are read reveal nothing of rows outside the policy."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.databases import Database, scratch
from tests.plane import Plane, plane
from tests.security.manifests import ask, grant, manifest, told

pytestmark = [pytest.mark.anyio, pytest.mark.promise("sec-06")]

_POSTGRES = (
    "CREATE TABLE stock (id int PRIMARY KEY, tenant int, total int, qty int, salary int)",
    "CREATE INDEX ON stock (salary)",
    "INSERT INTO stock VALUES (1, 7, 10, 2, 5), (2, 8, 10, 0, 4242)",
    "CREATE VIEW priced AS SELECT id, tenant, total / qty AS unit, salary FROM stock",
    "CREATE VIEW nested AS SELECT * FROM priced",
    """CREATE VIEW joined AS SELECT s.id, s.tenant, s.total / o.qty AS unit, s.salary
    FROM stock s JOIN stock o USING (id)""",
)
_SQLITE = (
    "CREATE TABLE priced (id INTEGER PRIMARY KEY, tenant INT, doc TEXT, salary INT)",
    "CREATE INDEX by_salary ON priced (salary)",
    """INSERT INTO priced VALUES (1, 7, '{"n": 5}', 5), (2, 8, 'not json', 4242)""",
    # SQLite computes the column of a row that it inserts.
    """ALTER TABLE priced ADD COLUMN unit INT
    GENERATED ALWAYS AS (json_extract(doc, '$.n')) VIRTUAL""",
)
_TESTS = (
    *("unit > 1", "unit IS NULL", "unit IS NOT NULL", "NOT unit = 1", "unit IN (1, 2)"),
    *("unit BETWEEN 1 AND 9", "(unit > 1 OR salary = 4242)"),
)


_TABLES = [
    ("sqlite", "priced"),
    *(
        pytest.param(("postgres", name), marks=pytest.mark.postgresql)
        for name in ("priced", "nested", "joined")
    ),
]
"""Rules cannot use the columns of SQLite's views, whose types nothing enforces."""


@pytest.fixture(params=_TABLES, ids=str)
def table(request: pytest.FixtureRequest) -> tuple[str, str]:
    return request.param


@pytest.fixture
def database(
    table: tuple[str, str], request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Database]:
    with scratch(table[0], request, tmp_path) as made:
        made.script(*(_SQLITE if table[0] == "sqlite" else _POSTGRES))
        yield made


@pytest.fixture
async def opened(database: Database) -> AsyncIterator[Plane]:
    own = grant("*", "GET", rows="tenant = 7", aggregate=True)
    async with plane(manifest(database, clerk=[own])) as made:
        yield made


@pytest.mark.parametrize("test", _TESTS)
async def test_no_test_of_a_computed_column_fails_on_hidden_rows(
    opened: Plane, table: tuple[str, str], test: str
):
    guesses = ("salary = 4242", "salary = 4243", "salary > 4000", "salary > 5000", "id = 2")
    answers = [
        told(await ask(opened, "clerk", "GET", table[1], filter=f"{guess} AND {test}", fields="id"))
        for guess in guesses
    ]

    assert {answer[0] for answer in answers} == {200}
    assert len({answer[2] for answer in answers}) == 1


@pytest.mark.parametrize(
    "query", [{}, {"order": "unit"}, {"fields": "MAX(unit)"}, {"count": "true"}]
)
async def test_no_output_of_a_computed_column_fails_on_hidden_rows(
    opened: Plane, table: tuple[str, str], query: dict[str, str]
):
    answer = await ask(opened, "clerk", "GET", table[1], **query)

    assert answer.status == 200
    assert len(answer.rows) == 1
