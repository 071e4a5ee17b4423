"""Both databases, each behind a plane of its own, and what is left in them."""

import random
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import msgspec

from tests.databases import Database, key, key_of
from tests.plane import Answer, Plane, plane
from tests.property.attackers.requests import Attack
from tests.property.attackers.roles import Role
from tests.property.attackers.rows import (
    ONE_SIDED,
    SHARED,
    TAKEN,
    Row,
    differing,
    hidden_row,
    last_row,
    means,
    shared_row,
)
from tests.property.attackers.rules import CLAIMS, Rule
from tests.property.attackers.tables import COLUMNS, TABLES, VIEWS, key_columns, statements

Reply = tuple[int, Mapping[str, str], bytes]


class State(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of all tables, each after the name of its table, once for each time it is there."""

    rows: Counter[tuple[Any, ...]]

    def those(self, rule: Rule, *, allowed: bool) -> Counter[tuple[Any, ...]]:
        """Return the rows that *rule* allows, or the others."""
        return Counter(
            {row: times for row, times in self.rows.items() if rule.allows(as_row(row)) is allowed}
        )

    def ids(self, rule: Rule, table: str) -> list[int]:
        """Return the ids of the rows of *table* that *rule* allows, in order."""
        allowed = self.those(rule, allowed=True)
        return sorted(row[1] for row in allowed.elements() if row[0] == table)


def as_row(cells: tuple[Any, ...]) -> Mapping[str, Any]:
    """Return what the cells of a row of `State` mean."""
    return means(dict(zip(COLUMNS, cells[1:], strict=True)))


class Side:
    """One of both databases, by the driver's own connection and by the product."""

    def __init__(self, database: Database, connection: Any, opened: Plane) -> None:
        self._database, self._connection, self._plane = database, connection, opened
        self._state: State | None = None

    async def ask(self, role: str, attack: Attack) -> Reply:
        """Return the answer without the time that it took; a crash is raised."""
        answer = await self._plane.ask(
            attack.method,
            attack.url,
            attack.body,
            key=key(role),
            headers={"X-Request-ID": "fixed"},
            **attack.query,
        )
        for error in answer.reported:
            raise error
        if not attack.reads:
            self._state = None
        return _reply(answer)

    async def get(self, role: str, url: str, **query: str) -> Reply:
        """Return the answer to one GET."""
        return _reply(await self._plane.get(url, key=key(role), **query))

    async def ids(self, role: str, table: str) -> list[int]:
        """Return the ids that a list of *table* has for *role*."""
        url = f"/api/v1/shop/_table/{table}"
        answer = await self._plane.get(url, key=key(role), fields="id", order="id", limit="0")
        return [row["id"] for row in answer.rows]

    def fill(self, rows: Mapping[str, Iterable[Row]]) -> None:
        """Put *rows* in the place of all that was there."""
        for statement in self._emptying():
            self._connection.execute(statement)
        for table, records in rows.items():
            cells = [tuple(self._stored(record[name]) for name in COLUMNS) for record in records]
            self._connection.cursor().executemany(self._insertion(table), cells)
        for statement in ("DELETE FROM log", "DELETE FROM spill"):
            self._connection.execute(statement)
        self._connection.commit()
        self._state = None

    def state(self) -> State:
        """Return what is in all tables, which is read again once something may have changed it."""
        self._state = self._state or self._read_state()
        return self._state

    def _read_state(self) -> State:
        found = self._connection.execute(
            " UNION ALL ".join(
                f"SELECT '{table}', {', '.join(COLUMNS)} FROM {table}" for table in TABLES
            )
        ).fetchall()
        self._connection.commit()
        return State(rows=Counter(found))

    def _stored(self, cell: Any) -> Any:
        sqlite = self._database.dialect == "sqlite"
        return cell.isoformat(" ") if sqlite and isinstance(cell, datetime) else cell

    def _emptying(self) -> Iterable[str]:
        if self._database.dialect == "postgres":
            # No rule or trigger is in effect here, so that every row goes, and at little cost.
            yield from (f"DELETE FROM {table}" for table in TABLES)
            return
        for table in reversed(TABLES):
            # Triggers keep some rows from being deleted, by their names.
            yield f"UPDATE {table} SET name = 'purged'"
            yield f"DELETE FROM {table}"

    def _insertion(self, table: str) -> str:
        mark = self._database.either(sqlite="?", postgres="%s")
        marks = ", ".join([mark] * len(COLUMNS))
        return f"INSERT INTO {table} ({', '.join(COLUMNS)}) VALUES ({marks})"


class Twins:
    """Two sides that differ in rows, and in cells, that a role may not see."""

    def __init__(self, here: Side, twin: Side, dialect: str) -> None:
        self.sides = (here, twin)
        self.dialect = dialect
        self._loose = dialect == "sqlite"

    def fill(self, role: Role, chance: random.Random) -> None:
        """Fill both for *role*: with equal rows that it sees, and others of each side's own."""
        shared = self._shared(chance)
        for number, side in enumerate(self.sides):
            rows = {
                table: [
                    *(
                        differing(chance, row, role, number, loose=self._loose)
                        for row in shared[table]
                    ),
                    *self._hidden(chance, role, table, one_sided=number == 0),
                ]
                for table in TABLES
            }
            side.fill(rows | self._heirs(chance, role))

    def _shared(self, chance: random.Random) -> Mapping[str, list[Row]]:
        shared = {
            table: [
                last_row(chance),
                *(shared_row(chance, number, loose=self._loose) for number in SHARED),
            ]
            for table in TABLES
        }
        for row, parent in zip(shared["notes"], shared["base"], strict=True):
            row |= {"tenant": parent["tenant"], "num": parent["num"]}
        return shared

    def _hidden(
        self, chance: random.Random, role: Role, table: str, *, one_sided: bool
    ) -> list[Row]:
        numbers = [*TAKEN, *(ONE_SIDED if one_sided else ())]
        # The declared key of a view of `base` is its number: that one of them is a hidden row's is
        # told, as the author was warned, so that only numbers of both sides may be met there.
        met = TAKEN if table == "base" else numbers
        rows = [self._hidden_row(chance, number, role, met=number in met) for number in numbers]
        for row in rows:
            if table == "notes":
                # As for parents: a reference to a row that the attacker deletes is a conflict.
                row["num"] = None
            if table == "bare":
                row["id"] %= 40
        return rows

    def _hidden_row(self, chance: random.Random, number: int, role: Role, *, met: bool) -> Row:
        # A role that may write no tenant but its own cannot meet a key of another.
        reach = met and role.check is not None and role.rule.confines
        return hidden_row(chance, number, role, loose=self._loose, reach=reach)

    def _heirs(self, chance: random.Random, role: Role) -> dict[str, list[Row]]:
        """Return rows of a child table; their ids are also those of visible rows of its parent."""
        if self.dialect == "sqlite":
            return {}
        numbers = chance.sample([*SHARED, *TAKEN], 5)
        rows = [self._hidden_row(chance, number, role, met=False) for number in numbers]
        return {"heir": rows}


@asynccontextmanager
async def open_twins(here: Database, twin: Database, roles: Iterable[Role]) -> AsyncIterator[Twins]:
    """Make the tables of both, and open a plane with all *roles* over each."""
    roles = tuple(roles)
    for database in (here, twin):
        database.script(*statements(database.dialect))
    with here.connected() as first, twin.connected() as second:
        async with (
            plane(_manifest(here, roles)) as one,
            plane(_manifest(twin, roles)) as other,
        ):
            if here.dialect == "postgres":
                for connection in (first, second):
                    # No triggers, no constraints, no waiting for the disk, where rows are put.
                    connection.execute("SET session_replication_role = replica")
                    connection.execute("SET synchronous_commit = off")
            yield Twins(Side(here, first, one), Side(twin, second, other), here.dialect)


def _manifest(database: Database, roles: Iterable[Role]) -> dict[str, Any]:
    resources = {view: {"primary_key": list(key_columns(view))} for view in VIEWS}
    grants = {role.name: list(role.grants(database.dialect)) for role in roles}
    return {
        "version": 1,
        "services": {"shop": database.service(resources=resources)},
        "roles": {name: {"grants": own} for name, own in grants.items()},
        "keys": {role.name: key_of(role.name, **CLAIMS) for role in roles},
    }


def _reply(answer: Answer) -> Reply:
    body = re.sub(rb'"took_ms":[0-9.]+', b'"took_ms":0', answer.body)
    return answer.status, dict(answer.headers), body
