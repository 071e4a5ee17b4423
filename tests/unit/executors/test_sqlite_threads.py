"""SQLite on threads: transactions, limits, turns of writers, files that come and go."""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from faucet.dialects.sqlite.errors import failure
from faucet.errors import (
    CHECK_VIOLATION,
    DATABASE_UNAVAILABLE,
    FOREIGN_KEY_VIOLATION,
    INTERNAL,
    INVALID_VALUE,
    NOT_NULL_VIOLATION,
    OUT_OF_RANGE,
    POOL_EXHAUSTED,
    READ_ONLY,
    SCHEMA_CHANGED,
    STATEMENT_TIMEOUT,
    UNIQUE_VIOLATION,
    ErrorKind,
    ExecutionError,
)
from faucet.executors.sqlite_session import json_is_innocuous
from faucet.executors.sqlite_threads import ThreadExecutor
from faucet.extension.executor import Batch, BatchError, Call, Fetched, Savepoint, Script, Settle
from faucet.model.settings import Journal
from tests.services import service

pytestmark = pytest.mark.anyio

_SCHEMA = """
CREATE TABLE stores (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE CHECK (name <> 'bad'));
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, store INT REFERENCES stores DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE items (id INTEGER PRIMARY KEY, store INT REFERENCES stores);
CREATE TABLE exact (number INT) STRICT;
CREATE TRIGGER refuse BEFORE DELETE ON stores BEGIN SELECT raise(ABORT, 'no'); END;
INSERT INTO stores VALUES (1, 'North');
"""
_ENDLESS = """
WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n
"""
_LIMIT = 30.0

Make = Callable[..., ThreadExecutor]


def _call(sql: str, *parameters: object) -> Call:
    return Call(sql=sql, parameters=parameters)


def _script(*steps: Call | Savepoint | Settle) -> Script[str]:
    for step in steps:  # noqa: UP028  # an iterator without `send` cannot be yielded from
        yield step
    return "done"


@pytest.fixture
async def make(sqlite_database: Path) -> AsyncIterator[Make]:
    with closing(sqlite3.connect(sqlite_database)) as connection:
        connection.executescript(_SCHEMA)
    made: list[ThreadExecutor] = []

    def make(**changes: Any) -> ThreadExecutor:
        path = str(changes.pop("path", sqlite_database))
        prepare = changes.pop("prepare", lambda _: None)
        settings = service("sqlite", path, **{"journal": Journal.WAL, **changes})
        fails = partial(failure, expose_raise=False)
        made.append(ThreadExecutor(settings, failure=fails, prepare=prepare))
        return made[-1]

    yield make
    with anyio.fail_after(10):
        for executor in made:
            await executor.close()


async def _names(executor: ThreadExecutor) -> list[object]:
    fetched = await executor.fetch(_call("SELECT name FROM stores ORDER BY id"), _LIMIT)
    return [name for (name,) in fetched.rows]


async def _kind(
    executor: ThreadExecutor, *steps: Call | Settle, limit: float = _LIMIT
) -> ErrorKind:
    with pytest.raises(ExecutionError) as caught:
        await executor.transact(_script(*steps), limit, writes=True)
    assert caught.value.message == caught.value.kind.title
    assert caught.value.context == {}
    return caught.value.kind


async def test_what_a_script_wrote_is_there_for_the_next_reader(make: Make):
    executor = make()

    def script() -> Script[tuple[int, object]]:
        inserted = yield _call("INSERT INTO stores (name) VALUES (?) RETURNING id", "South")
        updated = yield _call("UPDATE stores SET name = name || '!'")
        return updated.affected, inserted.rows[0][0]

    result = await executor.transact(script(), _LIMIT, writes=True)

    assert result == (2, 2)
    assert await _names(executor) == ["North!", "South!"]


@pytest.mark.promise("sec-39")
async def test_what_a_script_raises_leaves_nothing_written(make: Make):
    executor = make()

    def script() -> Script[None]:
        yield _call("INSERT INTO stores (name) VALUES ('South')")
        raise LookupError

    with pytest.raises(LookupError):
        await executor.transact(script(), _LIMIT, writes=True)

    assert await _names(executor) == ["North"]
    assert await executor.transact(_script(), _LIMIT, writes=True) == "done"


async def test_a_savepoint_undoes_its_own_writes_alone(make: Make):
    executor = make()

    def script() -> Script[list[ErrorKind]]:
        failed = []
        for name in ("South", "North", "bad", "West"):
            yield Savepoint.BEGIN
            try:
                yield _call("INSERT INTO stores (name) VALUES (?)", name)
            except ExecutionError as error:
                failed.append(error.kind)
                yield Savepoint.UNDO
            else:
                yield Savepoint.RELEASE
        return failed

    failed = await executor.transact(script(), _LIMIT, writes=True)

    assert failed == [UNIQUE_VIOLATION, CHECK_VIOLATION]
    assert await _names(executor) == ["North", "South", "West"]


@pytest.mark.promise("sec-39")
async def test_a_deferred_key_that_holds_nothing_fails_the_commit(make: Make):
    executor = make()

    kind = await _kind(executor, _call("INSERT INTO orders (store) VALUES (7)"), Settle())

    assert kind is FOREIGN_KEY_VIOLATION
    assert (await executor.fetch(_call("SELECT count(*) FROM orders"), _LIMIT)).rows == [(0,)]
    assert await executor.transact(_script(), _LIMIT, writes=True) == "done"


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (_call("INSERT INTO stores VALUES (1, 'x')"), UNIQUE_VIOLATION),
        (_call("INSERT INTO stores (name) VALUES ('North')"), UNIQUE_VIOLATION),
        (_call("INSERT INTO stores (name) VALUES (NULL)"), NOT_NULL_VIOLATION),
        (_call("INSERT INTO stores (name) VALUES ('bad')"), CHECK_VIOLATION),
        (_call("INSERT INTO items (store) VALUES (7)"), FOREIGN_KEY_VIOLATION),
        (_call("DELETE FROM stores"), CHECK_VIOLATION),
        (_call("INSERT INTO stores VALUES ('x', 'x')"), INVALID_VALUE),
        (_call("INSERT INTO exact VALUES ('x')"), INVALID_VALUE),
        (_call("INSERT INTO exact VALUES (?)", 2**63), OUT_OF_RANGE),
        (_call("INSERT INTO stores (name) VALUES (?)", "\udc80"), INVALID_VALUE),
        (_call("SELECT nonsense"), SCHEMA_CHANGED),
        (_call("SELECT )"), INTERNAL),
    ],
)
async def test_an_error_is_known_by_its_code(make: Make, call: Call, kind: ErrorKind):
    assert await _kind(make(), call) is kind


async def test_a_statement_that_takes_too_long_is_stopped(make: Make):
    executor = make()

    with pytest.raises(ExecutionError) as caught:
        await executor.fetch(_call(_ENDLESS), 0.01)

    assert caught.value.kind is STATEMENT_TIMEOUT
    assert await _names(executor) == ["North"]


@pytest.mark.promise("sec-39")
async def test_a_write_that_is_stopped_takes_its_transaction_with_it(make: Make):
    executor = make()

    def script() -> Script[str]:
        yield _call("INSERT INTO stores (name) VALUES ('South')")
        yield Savepoint.BEGIN
        try:
            yield _call(f"INSERT INTO stores (name) {_ENDLESS}")
        except ExecutionError:
            yield Savepoint.UNDO
        yield _call("INSERT INTO stores (name) VALUES ('West')")
        return "survived"

    with pytest.raises(ExecutionError) as caught:
        await executor.transact(script(), 0.05, writes=True)

    assert caught.value.kind is STATEMENT_TIMEOUT
    assert await _names(executor) == ["North"]


async def test_a_snapshot_stays_and_does_not_write(make: Make):
    executor = make()
    count = _call("SELECT count(*) FROM stores")
    read, written = threading.Event(), threading.Event()

    def script() -> Script[tuple[object, object]]:
        before = yield count
        read.set()
        written.wait(10)
        after = yield count
        return before.rows, after.rows

    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(executor.transact(script(), _LIMIT, writes=False))
        await asyncio.to_thread(read.wait, 10)
        insert = _script(_call("INSERT INTO stores (name) VALUES ('South')"))
        await executor.transact(insert, _LIMIT, writes=True)
        written.set()

    assert reading.result() == ([(1,)], [(1,)])
    with pytest.raises(ExecutionError) as caught:
        await executor.transact(_script(_call("DELETE FROM items")), _LIMIT, writes=False)
    assert caught.value.kind is READ_ONLY


async def test_writers_take_turns_and_readers_pass(make: Make):
    executor = make(pool={"size": 1, "acquire_timeout": 0.05})
    inside, leave = threading.Event(), threading.Event()

    def slow() -> Script[None]:
        yield _call("INSERT INTO stores (name) VALUES ('South')")
        inside.set()
        leave.wait(10)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(executor.transact(slow(), _LIMIT, writes=True))
        await asyncio.to_thread(inside.wait, 10)
        with pytest.raises(ExecutionError) as caught:
            await executor.transact(_script(), _LIMIT, writes=True)
        seen = await _names(executor)
        leave.set()

    assert caught.value.kind is POOL_EXHAUSTED
    assert seen == ["North"]
    assert await _names(executor) == ["North", "South"]


async def test_a_cancelled_write_is_rolled_back_and_the_next_proceeds(make: Make):
    executor = make(pool={"size": 1, "acquire_timeout": 10.0})
    inside, leave = threading.Event(), threading.Event()

    def slow() -> Script[None]:
        yield _call("INSERT INTO stores (name) VALUES ('South')")
        inside.set()
        leave.wait(10)
        yield _call("INSERT INTO stores (name) VALUES ('West')")

    writing = asyncio.create_task(executor.transact(slow(), _LIMIT, writes=True))
    await asyncio.to_thread(inside.wait, 10)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    leave.set()

    assert await executor.transact(_script(), _LIMIT, writes=True) == "done"
    assert await _names(executor) == ["North"]


async def test_a_cancelled_read_is_interrupted(make: Make):
    executor = make(pool={"size": 1, "acquire_timeout": 10.0})
    async with anyio.create_task_group() as group:
        group.start_soon(executor.fetch, _call(_ENDLESS), 1e6)
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()

    # The only reader is free again.
    with anyio.fail_after(_LIMIT):
        assert (await executor.fetch(_call("SELECT 1"), _LIMIT)).rows == [(1,)]


@pytest.mark.parametrize("steps", [[_ENDLESS], ["SELECT 1"] * 1_000_000], ids=["long", "many"])
async def test_a_cancelled_write_is_interrupted_and_rolled_back(make: Make, steps: list[str]):
    executor = make()
    script = _script(_call("INSERT INTO stores VALUES (2, 'South')"), *map(_call, steps))
    async with anyio.create_task_group() as group:
        group.start_soon(partial(executor.transact, script, 1e6, writes=True))
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()

    with anyio.fail_after(_LIMIT):
        written = _script(_call("INSERT INTO stores VALUES (3, 'West')"))
        await executor.transact(written, _LIMIT, writes=True)
    assert (await executor.fetch(_call("SELECT id FROM stores"), _LIMIT)).rows == [(1,), (3,)]


async def test_a_file_that_another_process_holds_is_unavailable(make: Make, sqlite_database: Path):
    executor = make(pool={"size": 1, "acquire_timeout": 0.01})
    with closing(sqlite3.connect(sqlite_database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        kind = await _kind(executor)

    assert kind is DATABASE_UNAVAILABLE
    assert await executor.transact(_script(), _LIMIT, writes=True) == "done"


async def test_a_missing_file_is_unavailable_until_it_comes(make: Make, tmp_path: Path):
    path = tmp_path / "later #1?.db"
    executor = make(path=path)

    with pytest.raises(ExecutionError) as caught:
        await _names(executor)
    assert caught.value.kind is DATABASE_UNAVAILABLE
    assert await executor.ping() is False
    assert not path.exists()

    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(_SCHEMA)
    assert await executor.ping() is True
    assert await _names(executor) == ["North"]


async def test_a_file_that_was_exchanged_is_opened_anew(
    make: Make, tmp_path: Path, sqlite_database: Path
):
    executor = make(read_only=True)
    before = await _names(executor)
    with closing(sqlite3.connect(tmp_path / "new.db")) as connection:
        connection.executescript(_SCHEMA.replace("North", "Pole"))
    (tmp_path / "new.db").replace(sqlite_database)

    assert before == ["North"]
    assert await _names(executor) == ["Pole"]


async def test_a_read_only_service_is_not_written(make: Make):
    assert await _kind(make(read_only=True), _call("DELETE FROM items")) is READ_ONLY


@pytest.mark.promise("sec-33")
async def test_every_connection_is_pinned(make: Make):
    prepared: list[sqlite3.Connection] = []
    executor = make(prepare=prepared.append)

    fetched = await executor.fetch(
        _call(
            "SELECT 'a' LIKE 'A', foreign_keys, trusted_schema, query_only, journal_mode"
            " FROM pragma_foreign_keys, pragma_trusted_schema, pragma_query_only,"
            " pragma_journal_mode"
        ),
        _LIMIT,
    )

    # Some versions of SQLite would refuse every file whose schema calls a JSON function.
    trusted = 0 if json_is_innocuous() else 1
    assert fetched.rows == [(0, 1, trusted, 1, "wal")]
    assert len(prepared) == 1


async def test_a_closed_executor_takes_no_calls(make: Make):
    executor = make()
    await _names(executor)

    await executor.close()

    with pytest.raises(ExecutionError) as caught:
        await _names(executor)
    assert caught.value.kind is DATABASE_UNAVAILABLE


async def test_few_long_searches_of_a_long_text_end_at_the_limit_too(make: Make):
    executor = make()
    tests = " OR ".join(["instr(t.x, 'aaaaaaaaaaaaaaab')"] * 40)
    text = "SELECT replace(hex(zeroblob(500000)), '0', 'a') AS x"
    statement = f"SELECT count(*) FROM ({text}) t WHERE {tests}"

    with pytest.raises(ExecutionError) as caught:
        await executor.fetch(_call(statement), 0.05)

    assert caught.value.kind is STATEMENT_TIMEOUT


def _stores(*rows: tuple[object, object]) -> tuple[Call, ...]:
    return tuple(_call("INSERT INTO stores VALUES (?, ?) RETURNING id", *row) for row in rows)


async def test_a_batch_fetches_what_its_calls_would_alone(make: Make):
    calls = (*_stores((2, "South"), (3, "West")), _call("UPDATE stores SET name = name || '!'"))

    def script() -> Script[tuple[Fetched, ...]]:
        return (yield Batch(calls=calls)).each

    each = await make().transact(script(), _LIMIT, writes=True)

    assert [list(fetched.rows) for fetched in each] == [[(2,)], [(3,)], []]
    assert each[-1].affected == 3


async def test_a_batch_ends_with_the_first_call_that_fails(make: Make):
    executor = make()

    def script() -> Script[BatchError | None]:
        yield Savepoint.BEGIN
        try:
            yield Batch(calls=_stores((2, "South"), (3, "bad"), (1, "West")))
        except BatchError as error:
            yield Savepoint.UNDO
            return error
        return None

    failed = await executor.transact(script(), _LIMIT, writes=True)

    assert failed is not None
    assert (failed.kind, [list(each.rows) for each in failed.done]) == (CHECK_VIOLATION, [[(2,)]])
    assert await _names(executor) == ["North"]


_MANY = (
    "WITH RECURSIVE n(x) AS (SELECT 1 WHERE ?1 > 0 UNION ALL SELECT x + 1 FROM n WHERE x < ?1)"
    " SELECT x FROM n"
)
_READ = _call("SELECT name FROM stores ORDER BY id")


@pytest.mark.parametrize(("rows", "sizes"), [(0, []), (5, [5]), (10, [10]), (25, [10, 10, 5])])
async def test_a_stream_comes_in_chunks(make: Make, rows: int, sizes: list[int]):
    executor = make(pool={"size": 1})

    chunks = [chunk async for chunk in executor.stream(_call(_MANY, rows), _LIMIT, 10)]

    assert [len(chunk) for chunk in chunks] == sizes
    assert [n for chunk in chunks for (n,) in chunk] == list(range(1, rows + 1))
    assert await _names(executor) == ["North"]


async def test_a_stream_holds_its_session_until_it_is_closed(make: Make):
    executor = make(pool={"size": 1, "acquire_timeout": 0.1})
    stream = executor.stream(_call(_MANY, 1000), _LIMIT, 10)

    async with contextlib.aclosing(stream):
        await anext(stream)
        with pytest.raises(ExecutionError) as caught:
            await executor.fetch(_READ, _LIMIT)

    assert caught.value.kind is POOL_EXHAUSTED
    assert await _names(executor) == ["North"]


async def test_a_stream_reads_no_further_than_its_consumer(make: Make):
    read: list[int] = []

    def seen(number: int) -> int:
        read.append(number)
        return number

    def prepare(connection: sqlite3.Connection) -> None:
        connection.create_function("seen", 1, seen)

    executor = make(prepare=prepare)
    stream = executor.stream(_call(f"SELECT seen(x) FROM ({_MANY})", 1000), _LIMIT, 10)

    async with contextlib.aclosing(stream):
        await anext(stream)
        await anext(stream)

    # The driver reads one row ahead.
    assert 20 <= len(read) <= 21


async def test_a_stream_sees_one_snapshot_and_holds_no_writer_up(make: Make):
    executor = make()
    await executor.transact(
        _script(_call("INSERT INTO stores VALUES (2, 'South')")), _LIMIT, writes=True
    )
    stream = executor.stream(_READ, _LIMIT, 1)
    seen = list(await anext(stream))
    insert = _call("INSERT INTO stores VALUES (3, 'West')")
    await executor.transact(_script(insert), _LIMIT, writes=True)

    seen += [row async for chunk in stream for row in chunk]

    assert seen == [("North",), ("South",)]


async def test_the_time_limit_of_a_stream_is_that_of_each_chunk(make: Make):
    executor = make()
    stream = executor.stream(
        _call(
            "SELECT CASE column1 WHEN 3 THEN (WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL"
            " SELECT x + 1 FROM n) SELECT count(*) FROM n) ELSE column1 END"
            " FROM (VALUES (1), (2), (3))"
        ),
        0.3,
        1,
    )

    with pytest.raises(ExecutionError) as caught:
        [chunk async for chunk in stream]

    assert caught.value.kind is STATEMENT_TIMEOUT
    assert await _names(executor) == ["North"]


async def test_a_stream_whose_consumer_is_cancelled_gives_its_session_back(make: Make):
    executor = make(pool={"size": 1})

    async def consume() -> None:
        async for _chunk in executor.stream(_call(_ENDLESS), 0.5, 1):
            pass

    task = asyncio.create_task(consume())
    await asyncio.sleep(0.2)
    task.cancel()
    with anyio.fail_after(30):
        await asyncio.wait([task])
        assert await _names(executor) == ["North"]

    assert task.cancelled()


async def test_closing_waits_for_streams_and_then_refuses_them(make: Make):
    executor = make()
    stream = executor.stream(_call(_MANY, 30), _LIMIT, 10)
    await anext(stream)

    closing = asyncio.create_task(executor.close())
    await asyncio.sleep(0.1)
    assert not closing.done()
    rest = [chunk async for chunk in stream]
    await closing

    assert len(rest) == 2
    with pytest.raises(ExecutionError) as caught:
        await anext(executor.stream(_READ, _LIMIT, 10))
    assert caught.value.kind is DATABASE_UNAVAILABLE


def _exchange(path: Path, name: str) -> None:
    """Put a new file with one store *name* in the place of *path*."""
    path.rename(path.with_suffix(".old"))
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(_SCHEMA.replace("North", name))


async def test_a_stream_goes_on_with_the_file_it_began_with(make: Make, sqlite_database: Path):
    executor = make(pool={"size": 1})
    stream = executor.stream(_call(_MANY, 30), _LIMIT, 10)
    await anext(stream)
    _exchange(sqlite_database, "New")

    rest = [row async for chunk in stream for row in chunk]

    assert len(rest) == 20
    assert await _names(executor) == ["New"]


async def test_a_stream_that_cannot_begin_leaves_its_session_usable(make: Make):
    executor = make(pool={"size": 1})

    with pytest.raises(ExecutionError):
        await anext(executor.stream(_call("SELECT nothing FROM stores"), _LIMIT, 10))

    assert await _names(executor) == ["North"]


async def test_a_connection_that_ran_many_long_statements_is_opened_again(make: Make):
    opened: list[sqlite3.Connection] = []
    executor = make(pool={"size": 1, "acquire_timeout": 10.0}, prepare=opened.append)
    for number in range(40):
        await executor.fetch(_call(f"SELECT {number}"), _LIMIT)
    assert len(opened) == 1

    for number in range(40):
        await executor.fetch(_call(f"SELECT {number}, '{'a' * 9000}'"), _LIMIT)
    assert len(opened) == 5
