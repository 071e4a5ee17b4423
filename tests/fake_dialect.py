"""A dialect that only tests have: stores in memory, by name, behind `fake://TOKEN@NAME`."""

import re
import sqlite3
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import TypeVar
from urllib.parse import quote

from faucet.dialects.sqlite.errors import classify
from faucet.dialects.sqlite.forms import SqliteForms
from faucet.dialects.sqlite.functions import prepare
from faucet.errors import DATABASE_UNAVAILABLE, ExecutionError
from faucet.executors.script import Finished, Walk
from faucet.extension.dialect import Dialect
from faucet.extension.executor import Batch, Call, Fetched, RunWork, Script, Step
from faucet.extension.registry import Registrar, Registry
from faucet.model.catalog import (
    Catalog,
    Column,
    ColumnType,
    Days,
    Kind,
    Relation,
    RelationKind,
)
from faucet.model.dsn import DsnError, DsnForms
from faucet.model.facts import DialectFacts
from faucet.model.settings import ServiceSettings
from faucet.model.values.times import days_of
from faucet.standard import add_standard

T = TypeVar("T")

_DSN = re.compile(r"fake://(?:(?P<token>[^@]*)@)?(?P<name>[a-z]+)")
_CENTURY = Days(first=days_of(1900, 1, 1), last=days_of(1999, 12, 31), infinite=False)
_TYPES = {
    "id": ColumnType(kind=Kind.INTEGER, db_type="number", bits=64),
    "body": ColumnType(kind=Kind.TEXT, db_type="words"),
    "day": ColumnType(kind=Kind.DATE, db_type="day", days=_CENTURY),
}


class FakeForms(SqliteForms):
    """The SQL that the store understands."""


class FakeExecutor:
    """The executor of a store; see `Executor`."""

    def __init__(self, store: sqlite3.Connection) -> None:
        self._store = store

    async def fetch(self, call: Call, time_limit: float) -> Fetched:
        """Run one statement."""
        return self._run(call)

    async def transact(
        self, script: Script[T], time_limit: float, *, writes: bool, run: RunWork | None = None
    ) -> T:
        """Run *script*; a step that fails undoes all of it."""
        walk = Walk(script)
        with self._store:
            step = walk.start()
            while not isinstance(step, Finished):
                step = walk.advance(self._outcome(step), ended=False)
        return step.result

    async def stream(
        self, call: Call, time_limit: float, size: int
    ) -> AsyncGenerator[Sequence[tuple[object, ...]], None]:
        """Return the rows of one statement in lists of *size*."""
        rows = self._run(call).rows
        for start in range(0, len(rows), size):
            yield rows[start : start + size]

    async def ping(self) -> bool:
        """Memory is always there."""
        return True

    async def close(self) -> None:
        """Keep the store: others look at it."""

    def _outcome(self, step: Step) -> Fetched | ExecutionError:
        try:
            match step:
                case Call():
                    return self._run(step)
                case Batch(calls=calls):
                    return Fetched(rows=(), each=tuple(map(self._run, calls)))
                case _:
                    return Fetched(rows=())
        except ExecutionError as error:
            return error

    def _run(self, call: Call) -> Fetched:
        try:
            cursor = self._store.execute(call.sql, call.parameters)
            return Fetched(rows=cursor.fetchall(), affected=max(cursor.rowcount, 0))
        except sqlite3.Error as error:
            raise ExecutionError(classify(error)) from error


def new_store() -> sqlite3.Connection:
    """Return a store with the table `notes` and one row in it."""
    store = sqlite3.connect(":memory:", check_same_thread=False)
    prepare(store)
    store.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT NOT NULL, day TEXT)")
    store.execute("INSERT INTO notes VALUES (1, 'hello', '1984-04-04')")
    return store


def registry_with(stores: Mapping[str, sqlite3.Connection]) -> Registry:
    """Return the bundled extensions and the dialect `fake` on *stores*."""
    registrar = Registrar()
    add_standard(registrar)
    registrar.dialect(
        Dialect(
            facts=DialectFacts(
                name="fake",
                aliases=("phoney",),
                dsn=_DSN_FORMS,
                array_parameters=False,
                returning=True,
            ),
            forms=FakeForms,
            introspect=lambda dsn, _wanted: _catalog(stores, dsn),
            executor=lambda service: _executor(stores, service),
        )
    )
    return registrar.freeze()


def _executor(stores: Mapping[str, sqlite3.Connection], service: ServiceSettings) -> FakeExecutor:
    return FakeExecutor(stores[_parts(service.dsn.reveal())["name"]])


def _catalog(stores: Mapping[str, sqlite3.Connection], dsn: str) -> Catalog:
    if _parts(dsn)["name"] not in stores:
        raise ExecutionError(DATABASE_UNAVAILABLE) from LookupError(f"no store for {dsn}")
    columns = tuple(
        Column(name=name, position=position, type=of, nullable=name == "day")
        for position, (name, of) in enumerate(_TYPES.items(), 1)
    )
    notes = Relation(
        schema=None,
        name="notes",
        kind=RelationKind.TABLE,
        columns=columns,
        primary_key=("id",),
    )
    return Catalog(schema=None, server_version="fake 1", relations={"notes": notes})


def _parts(dsn: str) -> re.Match[str]:
    found = _DSN.fullmatch(dsn)
    if found is None:
        raise DsnError("a DSN of fake names a store")
    return found


def _check(template: str) -> None:
    _parts(template)


def _read(text: str, _folder: str) -> str:
    return _parts(text)[0]


def _tokens(dsn: str) -> frozenset[str]:
    found = _DSN.fullmatch(dsn)
    return frozenset({found["token"]} - {None, ""} if found else ())


_DSN_FORMS = DsnForms(
    example="fake://token@store",
    recognizes=lambda text: text.startswith("fake:"),
    check=_check,
    read=_read,
    escape=lambda _template, value: quote(value, safe=""),
    holds_secret=lambda template, placeholder: bool(_tokens(template) - {placeholder}),
    secrets=_tokens,
    hint=lambda _template: "",
)
