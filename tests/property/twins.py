"""Two databases side by side: all rows for a role with a rule, and only its own for one without."""

import json
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from faucet.control.compile import compile_surface
from faucet.control.introspect import introspect
from faucet.control.load import SourceText, load
from faucet.control.resolve import Overrides, resolve
from faucet.control.validate import validate
from faucet.model.settings import PoolSettings
from faucet.request.execute import Share
from faucet.request.generation import GenerationStatus, Process, open_generation
from faucet.secret import Secret
from faucet.standard import standard_registry
from faucet.workers import Workers
from tests.databases import Database, key, key_of
from tests.factories import resolved
from tests.plane import Answer, Plane
from tests.property.rules import CLAIMS, NOW, Row

COLUMNS = ("id", "tenant", "name", "amount", "flag", "at", "day", "secret", "card")
_TABLE = (
    "CREATE TABLE {place}things (id integer PRIMARY KEY, tenant integer, name text,"
    " amount numeric(10, 2), flag boolean, at timestamp, day date,"
    " secret text DEFAULT 'copper', card text)"
)


def write_tables(here: Database, twin: Database) -> None:
    """Make both tables; on PostgreSQL *here* and *twin* are one database with two schemas."""
    if here.dialect == "postgres":
        for name in ("here", "twin"):
            here.script(f"CREATE SCHEMA {name}", _TABLE.replace("{place}", f"{name}."))
    else:
        here.script(_TABLE.replace("{place}", ""))
        twin.script(_TABLE.replace("{place}", ""))


class Twins:
    """Both tables by driver connections, and generations of any rule over them."""

    def __init__(self, here: Database, twin: Database) -> None:
        self._databases = {"here": here, "twin": twin}
        self._connections: dict[str, Any] = {}
        self._registry = standard_registry()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator["Twins"]:
        """Introspect once, open the executors once."""
        here, twin = self._databases["here"], self._databases["twin"]
        apart = here.dialect == "postgres"
        services = {
            name: database.service(**{"schema": name} if apart else {})
            for name, database in (("here", here), ("twin", twin))
        }
        text = json.dumps(
            {
                "version": 1,
                "services": services,
                "roles": {"role": {"grants": []}},
                "keys": {"role": key_of("role", **CLAIMS)},
            }
        )
        facts = self._registry.facts()
        document = load((SourceText(name="faucet.yaml", text=text),)).value
        assert document is not None
        valid = validate(document, facts).value
        assert valid is not None
        settings = resolve(valid, facts, {}, Overrides(), "/").value
        assert settings is not None
        self._settings, self._facts = settings, facts
        self._catalogs = introspect(settings.services, self._registry.dialects)
        self._executors = {
            name: self._registry.dialects[service.dialect].executor(service)
            for name, service in settings.services.items()
        }
        try:
            with here.connected() as first, twin.connected() as second:
                self._connections = {"here": first, "twin": second}
                for connection in (first, second):
                    if apart:
                        connection.execute("SET synchronous_commit = off")
                yield self
        finally:
            for executor in self._executors.values():
                await executor.close()

    def plane(self, rule: str, *, checked: bool) -> Plane:
        """Return a plane where the one role has *rule* on `here` and none on `twin`."""
        shared = {
            "tables": ["things"],
            "verbs": ["*"],
            "fields": ["*", "!secret"],
            "mask": {"card": "last4"},
            "write": list(COLUMNS),
            "aggregate": True,
        }
        said = {"rows": rule, "check": rule if checked else "all"}
        grants = [
            {**shared, "service": "here", **said},
            {**shared, "service": "twin", "rows": "all"},
        ]
        settings = msgspec.structs.replace(
            self._settings, roles=resolved({"role": {"grants": grants}})
        )
        outcome = compile_surface(settings, self._catalogs, self._facts)
        assert outcome.value is not None, outcome.diagnostics
        reported: list[BaseException] = []
        process = Process(
            status=lambda: GenerationStatus(
                number=1, fingerprint=None, loaded_at=None, last_reload=None
            ),
            readiness=dict,
            draining=lambda: False,
            docs=lambda _path: None,
            clock=NOW.replace(tzinfo=UTC).timestamp,
            report=lambda _request_id, error: reported.append(error),
            workers=Workers("tests", 2),
        )
        generation = open_generation(
            outcome.value,
            self._registry,
            process,
            number=1,
            executors=self._executors,
            shares={name: Share(PoolSettings()) for name in self._executors},
            purpose_key=Secret("k" * 32),
        )
        return Plane(generation, reported)

    async def ask(
        self, plane: Plane, service: str, method: str, rest: str, body: Any, **query: str
    ) -> Answer:
        """Ask `things` of one of the two; an unforeseen failure is raised."""
        answer = await plane.ask(
            method,
            f"/api/v1/{service}/_table/things{rest}",
            body,
            key=key("role"),
            headers={"X-Request-ID": "fixed"},
            **query,
        )
        for error in answer.reported:
            raise error
        assert answer.status != 401
        return answer

    async def both(
        self, plane: Plane, method: str, rest: str = "", body: Any = None, **query: str
    ) -> tuple[Answer, Answer]:
        """Ask the same of both: first where all rows are, then of the twin."""
        here = await self.ask(plane, "here", method, rest, body, **query)
        return here, await self.ask(plane, "twin", method, rest, body, **query)

    def fill(self, service: str, rows: Iterable[Row]) -> None:
        """Put *rows* in the place of whatever was there."""
        connection, table = self._connections[service], self._table(service)
        mark = self._databases[service].either(sqlite="?", postgres="%s")
        marks = ", ".join([mark] * len(COLUMNS))
        cells = [tuple(self._stored(row[name]) for name in COLUMNS) for row in rows]
        connection.execute(f"DELETE FROM {table}")
        connection.cursor().executemany(f"INSERT INTO {table} VALUES ({marks})", cells)
        connection.commit()

    def rows(self, service: str) -> dict[int, Row]:
        """Return what is there, by id."""
        connection = self._connections[service]
        found = connection.execute(f"SELECT * FROM {self._table(service)}").fetchall()
        connection.commit()
        rows = [dict(zip(COLUMNS, map(self._read, COLUMNS, cells), strict=True)) for cells in found]
        return {row["id"]: row for row in rows}

    def _table(self, service: str) -> str:
        return f"{service}.things" if self._databases[service].dialect == "postgres" else "things"

    def _stored(self, value: Any) -> Any:
        if self._databases["here"].dialect == "postgres":
            return value
        match value:
            case Decimal():
                return float(value)
            case datetime():
                text = value.isoformat(sep=" ")
                return text.rstrip("0") if "." in text else text
            case date():
                return value.isoformat()
            case _:
                return value

    def _read(self, name: str, cell: Any) -> Any:
        if cell is None or self._databases["here"].dialect == "postgres":
            return cell
        match name:
            case "amount":
                return Decimal(repr(cell)) if isinstance(cell, float) else Decimal(cell)
            case "flag":
                return bool(cell)
            case "at":
                return datetime.fromisoformat(cell)
            case "day":
                return date.fromisoformat(cell)
            case _:
                return cell


def body_of(answer: Answer) -> Any:
    """Return the answer's JSON without the time that it took."""
    if not answer.body:
        return None
    return json.loads(re.sub(rb'"took_ms":[0-9.]+', b'"took_ms":0', answer.body))
