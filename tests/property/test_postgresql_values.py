"""On PostgreSQL a value as it is read can be written, found, ordered, ruled by and keyed."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from psycopg import sql

from tests.budget import examples
from tests.databases import Database, key, scratch
from tests.plane import Answer, Plane, plane
from tests.property.postgresql_types import EDGES, FOLDED, HOSTILE_SETTINGS, SETUP, TYPES
from tests.security.manifests import TABLE, grant, manifest

pytestmark = [pytest.mark.anyio, pytest.mark.postgresql]

_COUNT = 2  # values of a type at a time
Session = psycopg.Connection[tuple[Any, ...]]
_Values = Mapping[str, Sequence[str]]


class _Drawn(dict[str, list[str]]):
    """Texts of values by type; a failure lists what is wrong, not all of them."""

    def __repr__(self) -> str:
        return "…"


@st.composite
def _values(draw: st.DrawFn) -> _Drawn:
    return _Drawn(
        (of, [*EDGES[of], *draw(st.lists(texts, min_size=_COUNT, max_size=_COUNT))])
        for of, texts in TYPES.items()
    )


_TABLES = {of: f"t{place}" for place, of in enumerate(TYPES)}
_KEYED, _LINKED = "keyed_", "linked_"
_WITHOUT_ORDER = frozenset(
    ("json", "point", "box", "path", "circle", "xml", "jsonpath")
)  # so that they cannot be keys
_OWN_LISTS = frozenset(("json", "jsonb", "other.lists"))  # a list in an array of them is a value
_PHASES = (Phase.explicit, Phase.generate)  # every problem is listed, so nothing is to shrink


def _array(of: str) -> str:
    base, _, collation = of.partition(" COLLATE ")
    return f"{base}[]" + (f" COLLATE {collation}" if collation else "")


def _tables(of: str) -> Iterator[str]:
    table = _TABLES[of]
    yield f"CREATE TABLE {table} (id int PRIMARY KEY, v {of}, w {_array(of)})"
    if of not in _WITHOUT_ORDER:
        yield f"CREATE TABLE {_KEYED}{table} (v {of} PRIMARY KEY, id int)"
        parent = f"{_KEYED}{table}"
        yield f"CREATE TABLE {_LINKED}{table} (id int PRIMARY KEY, v {of} REFERENCES {parent})"


@pytest.fixture(scope="module")
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    with scratch("postgres", request, tmp_path_factory.mktemp("values")) as made:
        tables = [statement for of in TYPES for statement in _tables(of)]
        made.script(*SETUP, *tables)
        with psycopg.connect(made.dsn, autocommit=True) as connection:
            name = sql.Identifier(connection.info.dbname)
            for setting, value in HOSTILE_SETTINGS.items():
                statement = sql.SQL("ALTER DATABASE {} SET {} = {}")
                connection.execute(statement.format(name, sql.Identifier(setting), value))
        yield made


class _Checks:
    """The checks of one type's table; *problems* collects what does not hold."""

    def __init__(self, opened: Plane, session: Session, of: str, problems: list[str]) -> None:
        self._plane, self._session = opened, session
        self._of, self._table, self._problems = of, _TABLES[of], problems
        self.count = 0

    def expect(self, what: str, found: object, expected: object) -> None:
        self.count += 1
        if found != expected:
            self._problems.append(f"{self._of}: {what}: {found!r}, expected {expected!r}"[:500])

    async def ask(
        self,
        method: str,
        rest: str,
        body: Any = None,
        *,
        prefix: str = "",
        role: str = "all",
        **query: Any,
    ) -> Answer:
        sent = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        url = TABLE + prefix + self._table + rest
        answer = await self._plane.ask(method, url, sent, key=key(role), **query)
        for error in answer.reported:
            self._problems.append(f"{self._of}: {method} {rest} {query}: {error!r}"[:500])
        return answer

    def stored(self) -> list[tuple[Any, ...]]:
        return self._rows(f"SELECT id, v::text, w::text FROM {self._table} ORDER BY id")

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return self._session.execute(query.encode()).fetchall()

    async def written(self) -> list[dict[str, Any]]:
        before = self.stored()
        answer = await self.ask("GET", "", order="id")
        if answer.status != 200:
            self.expect("GET", answer.body, "rows")
            return []
        rows = _rows(answer)
        for row in rows[-1:]:  # the batches below have all of them
            method = ("PATCH", "PUT")[row["id"] % 2]
            answer = await self.ask(method, f"/{row['id']}", row)
            self.expect(f"{method} {row}", answer.json, row)
        self.expect("stored after PATCH and PUT", self.stored(), before)
        answer = await self.ask("PATCH", "", rows)
        self.expect("PATCH of all", answer.json.get("resource"), rows)
        self.expect("stored after PATCH of all", self.stored(), before)
        answer = await self.ask("DELETE", "", filter="id >= 0")
        self.expect("DELETE", answer.status, 200)
        answer = await self.ask("POST", "", rows)
        self.expect("POST", answer.json.get("resource"), rows)
        self.expect("stored after POST", self.stored(), before)
        if self.stored() != before:
            await self.ask("DELETE", "", filter="id >= 0")
        return rows

    def same(self, id: int, *, exact: bool = False) -> list[int]:  # noqa: A002 - as the column
        """Return the ids of the rows with the value of that one; *exact* is by code points."""
        equal = "a.v::text = b.v::text" if exact else "a.v = b.v"
        pairs = f"{self._table} a JOIN {self._table} b ON {equal}"
        query = f"SELECT b.id FROM {pairs} WHERE a.id = {id} ORDER BY 1"
        return [one for (one,) in self._rows(query)]

    async def found(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            same, text = self.same(row["id"]), literal(row["v"])
            test = (f"v = {text}", f"v IN ({text}, {text})")[row["id"] % 2]
            answer = await self.ask("GET", "", filter=test, fields="id", order="id")
            ids = [each["id"] for each in answer.json.get("resource", [answer.json])]
            self.expect(test, ids, same)

    async def ordered(self) -> None:
        query = f"SELECT id FROM {self._table} ORDER BY v, id"
        answer = await self.ask("GET", "", fields="id", order="v,id")
        ids = [each["id"] for each in answer.json.get("resource", [])]
        self.expect("order", ids, [one for (one,) in self._rows(query)])
        if self._of in FOLDED:
            answer = await self.ask("GET", "", fields="MIN(v) AS low, MAX(v) AS high")
            ((low, high),) = self._rows(f"SELECT min(v)::text, max(v)::text FROM {self._table}")
            self.expect("extremes", answer.rows, [{"low": low, "high": high}])

    async def keyed(self, *, routed: bool) -> None:
        for prefix in (_LINKED, _KEYED):
            before = self._rows(f"SELECT v::text, id FROM {prefix}{self._table} ORDER BY id")
            answer = await self.ask("GET", "", prefix=prefix, order="id")
            rows, method = _rows(answer), "PATCH"
            if not routed and prefix == _KEYED:
                method = "POST"  # a key that no request can name
                tables = f"{_LINKED}{self._table}, {_KEYED}{self._table}"
                self._session.execute(f"TRUNCATE {tables}".encode())
            answer = await self.ask(method, "", rows, prefix=prefix)
            self.expect(f"{method} of {prefix}", answer.json.get("resource", answer.json), rows)
            after = self._rows(f"SELECT v::text, id FROM {prefix}{self._table} ORDER BY id")
            self.expect(f"stored in {prefix}", after, before)
        for row in (await self.ask("GET", "", prefix=_KEYED, order="id")).rows if routed else ():
            text = row["v"] if isinstance(row["v"], str) else json.dumps(row["v"])
            answer = await self.ask("GET", "", prefix=_KEYED, ids=literal(row["v"]))
            self.expect(f"ids={text}", answer.json.get("resource", answer.json), [row])
            if text:
                url = "/" + quote(text, safe="")
                answer = await self.ask("PATCH", url, row, prefix=_KEYED)
                self.expect(f"PATCH {url}", answer.json, row)


def _rows(answer: Answer) -> list[dict[str, Any]]:
    """Return the rows; a float that is -0 stays one."""

    def integer(text: str) -> float:
        return -0.0 if text == "-0" else int(text)

    found: list[dict[str, Any]] = json.loads(answer.body, parse_int=integer)["resource"]
    return found


def literal(value: Any) -> str:
    """Return *value* as a filter spells it."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return json.dumps(value)


def _fill(session: Session, values: _Values) -> None:
    for of, texts in values.items():
        table, plain = _TABLES[of], of.partition(" COLLATE ")[0]
        one = f"ARRAY[%s::text, NULL]::{plain}[]"
        two = f"ARRAY[ARRAY[%s::text], ARRAY[%s::text]]::{plain}[]"
        session.execute(f"TRUNCATE {table}".encode())
        for place, text in enumerate(texts):
            array = two if place % 2 and of not in _OWN_LISTS else one
            query = f"INSERT INTO {table} VALUES ({place}, %s::{plain}, {array})"
            session.execute(query.encode(), (text,) * query.count("%s"))
        if of not in _WITHOUT_ORDER:
            for query in (
                f"TRUNCATE {_KEYED}{table}, {_LINKED}{table}",
                f"INSERT INTO {_KEYED}{table} SELECT DISTINCT ON (v) v, id FROM {table}",
                f"INSERT INTO {_LINKED}{table} SELECT id, v FROM {table}",
            ):
                session.execute(query.encode())


@pytest.fixture(scope="module")
def session(database: Database) -> Iterator[Session]:
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        for setting in (
            "default_transaction_read_only = off",
            "search_path = public, other",
            "client_encoding = UTF8",
            "DateStyle = ISO",
            "TimeZone = UTC",
            "extra_float_digits = 1",
            "xmloption = content",
            "standard_conforming_strings = on",
            "array_nulls = on",
        ):
            connection.execute(f"SET {setting}".encode())
        yield connection


@pytest.fixture(scope="module")
async def opened(database: Database) -> AsyncIterator[Plane]:
    made = manifest(database, all=[grant("*", aggregate=True)])
    made["services"]["shop"]["json_text"] = "string"
    async with plane(made) as found:
        yield found


@pytest.mark.fault("values.round_trip", "values.extensions", "values.composites", "values.settings")
@settings(examples(2), phases=_PHASES)
@given(values=_values())
async def test_a_value_as_it_is_read_is_written_and_found(
    opened: Plane, session: Session, values: _Drawn
):
    _fill(session, values)
    problems: list[str] = []
    count = 0
    for of in TYPES:
        checks = _Checks(opened, session, of, problems)
        rows = await checks.written()
        if routed := (await checks.ask("GET", "", order="v")).status == 200:
            await checks.found(rows)
            await checks.ordered()
        if of not in _WITHOUT_ORDER:
            await checks.keyed(routed=routed)
        count += checks.count
    print(f"{len(TYPES)} types with {_COUNT} values: {count} checks")
    assert not problems, "\n".join(problems)


@pytest.mark.fault("values.round_trip")
async def test_a_value_as_it_is_read_is_the_value_of_a_rule(
    opened: Plane, session: Session, database: Database
):
    _fill(session, EDGES)
    problems: list[str] = []
    rules = {}
    for of in TYPES:
        checks = _Checks(opened, session, of, problems)
        answer = await checks.ask("GET", "", order="v,id")
        if answer.status == 200 and answer.rows:
            equal = literal(answer.rows[0]["v"])
            rules[of] = equal, checks.same(answer.rows[0]["id"], exact=of in FOLDED)
    grants = {
        "equal": [grant(_TABLES[of], rows=f"v = {equal}") for of, (equal, _) in rules.items()],
        "listed": [grant(_TABLES[of], rows=f"v IN ({equal})") for of, (equal, _) in rules.items()],
        "other": [grant(_TABLES[of], rows=f"v != {equal}") for of, (equal, _) in rules.items()],
    }
    async with plane(manifest(database, **grants)) as ruled:
        for of, (_, ids) in rules.items():
            checks = _Checks(ruled, session, of, problems)
            everyone = [one for one, *_ in checks.stored()]
            rest = [one for one in everyone if one not in ids]
            for role, expected in (("equal", ids), ("listed", ids), ("other", rest)):
                answer = await checks.ask("GET", "", role=role, fields="id", order="id")
                checks.expect(f"rule {role}", [row["id"] for row in answer.rows], expected)

    assert not problems, problems
