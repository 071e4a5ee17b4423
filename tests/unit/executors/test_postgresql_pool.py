"""The PostgreSQL pool: transactions, limits, pins, servers that go and come back."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import psycopg
import pytest

from faucet.dialects.postgresql import POSTGRESQL
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
    TRANSACTION_CONFLICT,
    UNIQUE_VIOLATION,
    ErrorKind,
    ExecutionError,
)
from faucet.extension.dialect import Wanted
from faucet.extension.executor import (
    Batch,
    BatchError,
    Call,
    Executor,
    Fetched,
    Savepoint,
    Script,
    Settle,
    Step,
)
from tests.servers.pgbouncer import PgBouncer
from tests.servers.postgresql import PostgresServer
from tests.services import service

pytestmark = pytest.mark.anyio

_SCHEMA = """
CREATE TABLE stores (
    id int PRIMARY KEY, name varchar(9) NOT NULL UNIQUE CHECK (name <> 'bad'), open date
);
CREATE TABLE orders (
    id int PRIMARY KEY, store int REFERENCES stores DEFERRABLE INITIALLY DEFERRED,
    span int4range, EXCLUDE USING gist (span WITH &&)
);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
CREATE TRIGGER refuse BEFORE DELETE ON stores FOR EACH ROW EXECUTE FUNCTION refuse();
INSERT INTO stores VALUES (1, 'North', 'infinity'), (2, 'South', NULL);
"""
_LIMIT = 30.0
_NAMES = Call(sql="SELECT name FROM public.stores ORDER BY id", parameters=())

Make = Callable[..., Executor]


def _call(sql: str, *parameters: object) -> Call:
    return Call(sql=sql, parameters=parameters)


def _script(*steps: Step) -> Script[str]:
    for step in steps:  # noqa: UP028  # an iterator without `send` cannot be yielded from
        yield step
    return "done"


@pytest.fixture(params=["server", "pooler"])
def access(request: pytest.FixtureRequest) -> PgBouncer | None:
    """What the executors connect to: the server, or a pooler in transaction mode."""
    found: PgBouncer | None = None
    if request.param == "pooler":
        found = request.getfixturevalue("pgbouncer")
    return found


@pytest.fixture
async def make(postgres_database: str, access: PgBouncer | None) -> AsyncIterator[Make]:
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute(_SCHEMA)
    made: list[Executor] = []

    def make(dsn: str = postgres_database, **changes: Any) -> Executor:
        if access and "//" in dsn:
            dsn, changes["pooled"] = access.dsn(dsn), True
        made.append(POSTGRESQL.executor(service("postgres", dsn, **changes)))
        return made[-1]

    yield make
    with anyio.fail_after(10):
        for executor in made:
            await executor.close()


async def _names(executor: Executor) -> list[object]:
    return [name for (name,) in (await executor.fetch(_NAMES, _LIMIT)).rows]


async def _kind(executor: Executor, *steps: Step, limit: float = _LIMIT) -> ErrorKind:
    with pytest.raises(ExecutionError) as caught:
        await executor.transact(_script(*steps), limit, writes=True)
    assert caught.value.message == caught.value.kind.title
    assert caught.value.context == {}
    return caught.value.kind


async def test_what_a_script_wrote_is_there_for_the_next_reader(make: Make):
    executor = make()

    def script() -> Script[tuple[int, object]]:
        inserted = yield _call("INSERT INTO public.stores VALUES (%s, %s) RETURNING id", "3", "W%")
        updated = yield _call("UPDATE public.stores SET name = name || '!%%'")
        return updated.affected, inserted.rows[0][0]

    result = await executor.transact(script(), _LIMIT, writes=True)

    assert result == (3, 3)
    assert await _names(executor) == ["North!%", "South!%", "W%!%"]


async def test_values_come_as_python_holds_them_or_as_text(make: Make):
    fetched = await make().fetch(
        _call(
            "SELECT 1::int8, 1.5::float8, true, '\\x00ff'::bytea, %s::text, NULL, 'infinity'::date,"
            " '0044-03-15 BC'::timestamptz, 1.10::numeric, 'P1M'::interval, '{1,NULL}'::int[],"
            " '{\"a\":1.0}'::jsonb",
            "ü",
        ),
        _LIMIT,
    )

    assert fetched.rows == [
        (
            *(1, 1.5, True, b"\x00\xff", "ü", None, "infinity", "0044-03-15 00:00:00+00 BC"),
            *("1.10", "P1M", "{1,NULL}", '{"a": 1.0}'),
        )
    ]


@pytest.mark.promise("sec-39")
async def test_what_a_script_raises_leaves_nothing_written(make: Make):
    executor = make(pool={"size": 1})

    def script() -> Script[None]:
        yield _call("INSERT INTO public.stores VALUES (3, 'West')")
        raise LookupError

    with pytest.raises(LookupError):
        await executor.transact(script(), _LIMIT, writes=True)

    assert await _names(executor) == ["North", "South"]


async def test_a_savepoint_undoes_its_own_writes_alone(make: Make):
    executor = make()

    def script() -> Script[list[ErrorKind]]:
        failed = []
        for number, name in enumerate(("West", "North", "bad", "East"), start=3):
            yield Savepoint.BEGIN
            try:
                yield _call("INSERT INTO public.stores VALUES (%s, %s)", str(number), name)
            except ExecutionError as error:
                failed.append(error.kind)
                yield Savepoint.UNDO
            else:
                yield Savepoint.RELEASE
        return failed

    failed = await executor.transact(script(), _LIMIT, writes=True)

    assert failed == [UNIQUE_VIOLATION, CHECK_VIOLATION]
    assert await _names(executor) == ["North", "South", "West", "East"]


@pytest.mark.promise("sec-39")
async def test_a_failed_transaction_never_commits_in_silence(make: Make):
    executor = make()

    def script() -> Script[str]:
        yield _call("INSERT INTO public.stores VALUES (3, 'West')")
        try:
            yield _call("INSERT INTO public.stores VALUES (1, 'East')")
        except ExecutionError:
            return "survived"
        return "unharmed"

    with pytest.raises(ExecutionError) as caught:
        await executor.transact(script(), _LIMIT, writes=True)

    assert caught.value.kind is UNIQUE_VIOLATION
    assert await _names(executor) == ["North", "South"]


async def test_a_deferred_key_speaks_when_constraints_are_settled(make: Make):
    executor = make()
    reached: list[str] = []

    def script() -> Script[None]:
        yield _call("INSERT INTO public.orders VALUES (1, 7)")
        reached.append("inserted")
        yield Settle()
        reached.append("settled")

    with pytest.raises(ExecutionError) as caught:
        await executor.transact(script(), _LIMIT, writes=True)

    assert caught.value.kind is FOREIGN_KEY_VIOLATION
    assert reached == ["inserted"]


@pytest.mark.promise("sec-39")
async def test_a_deferred_key_fails_the_commit(make: Make):
    executor = make(pool={"size": 1})

    kind = await _kind(executor, _call("INSERT INTO public.orders VALUES (1, 7)"))

    assert kind is FOREIGN_KEY_VIOLATION
    assert (await executor.fetch(_call("SELECT count(*) FROM public.orders"), _LIMIT)).rows == [
        (0,)
    ]


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (_call("INSERT INTO public.stores VALUES (1, 'x')"), UNIQUE_VIOLATION),
        (_call("INSERT INTO public.stores VALUES (9, NULL)"), NOT_NULL_VIOLATION),
        (_call("INSERT INTO public.stores VALUES (9, 'bad')"), CHECK_VIOLATION),
        (_call("INSERT INTO public.stores VALUES (9, '1234567890')"), OUT_OF_RANGE),
        (_call("INSERT INTO public.stores VALUES (%s, 'x')", "99999999999"), OUT_OF_RANGE),
        (_call("INSERT INTO public.stores VALUES (%s, 'x')", "x"), INVALID_VALUE),
        (_call("SELECT %s::date", "yesterday-ish"), INVALID_VALUE),
        (_call("SELECT %s::date", "2024-02-31"), OUT_OF_RANGE),
        (_call("SELECT %s::text", "\0"), INVALID_VALUE),
        (_call("SELECT %s::text", "\udc80"), INVALID_VALUE),
        (_call("DELETE FROM public.stores"), CHECK_VIOLATION),
        (
            _call("INSERT INTO public.orders VALUES (1, NULL, '[1,3]'), (2, NULL, '[2,4]')"),
            UNIQUE_VIOLATION,
        ),
        (_call("SELECT nonsense"), SCHEMA_CHANGED),
        (_call("SELECT )"), INTERNAL),
        (_call("SELECT pg_terminate_backend(pg_backend_pid())"), DATABASE_UNAVAILABLE),
    ],
)
async def test_an_error_is_known_by_its_code(make: Make, call: Call, kind: ErrorKind):
    executor = make(pool={"size": 1})

    assert await _kind(executor, call) is kind
    assert await _names(executor) == ["North", "South"]


@pytest.mark.parametrize("limit", [_LIMIT, 0.05])
async def test_a_statement_that_takes_too_long_is_stopped(make: Make, limit: float):
    executor = make(pool={"size": 1}, limits={"statement_timeout": min(limit, 0.05)})

    with pytest.raises(ExecutionError) as caught:
        await executor.fetch(_call("SELECT pg_sleep(60)"), 0.05)

    assert caught.value.kind is STATEMENT_TIMEOUT
    assert await _kind(executor, _call("SELECT pg_sleep(60)"), limit=0.05) is STATEMENT_TIMEOUT


async def test_another_limit_than_the_pinned_one_is_for_one_call(make: Make):
    executor = make(pool={"size": 1})
    show = _call("SELECT current_setting('statement_timeout')")

    limits = [(await executor.fetch(show, limit)).rows[0][0] for limit in (30.0, 0.5, 30.0)]

    assert limits == ["30s", "500ms", "30s"]


async def test_a_snapshot_stays_and_does_not_write(make: Make):
    executor = make()
    isolation = _call("SELECT current_setting('transaction_isolation')")

    def script() -> Script[object]:
        return (yield isolation).rows[0][0]

    assert await executor.transact(script(), _LIMIT, writes=False) == "repeatable read"
    delete = _script(_call("DELETE FROM public.orders"))
    with pytest.raises(ExecutionError) as caught:
        await executor.transact(delete, _LIMIT, writes=False)
    assert caught.value.kind is READ_ONLY


async def test_a_read_only_service_is_not_written(make: Make):
    executor = make(read_only=True)

    assert await _kind(executor, _call("DELETE FROM public.orders")) is READ_ONLY


@pytest.mark.promise("sec-39")
async def test_a_deadlock_fails_the_whole_whatever_the_script_does(
    make: Make, postgres_database: str
):
    executor = make(pool={"size": 1})
    other = psycopg.connect(postgres_database, autocommit=True)
    # The other side never looks for deadlocks, so that ours is the one to be ended.
    other.execute("SET deadlock_timeout = '1h'")
    other.execute("BEGIN")
    waiting = threading.Thread(
        target=other.execute, args=("UPDATE stores SET open = NULL WHERE id = 1",)
    )

    seen: list[ErrorKind] = []

    def script() -> Script[str]:
        yield _call("UPDATE public.stores SET name = 'first' WHERE id = 1")
        other.execute("UPDATE stores SET open = NULL WHERE id = 2")
        waiting.start()
        second = _call("UPDATE public.stores SET name = 'second' WHERE id = 2")
        for step in (second, Savepoint.UNDO, second):
            try:
                yield step
            except ExecutionError as error:
                seen.append(error.kind)
        return "survived"

    with other:
        with pytest.raises(ExecutionError) as caught:
            await executor.transact(script(), _LIMIT, writes=True)
        await asyncio.to_thread(waiting.join, 10)
        other.execute("ROLLBACK")

    assert caught.value.kind is TRANSACTION_CONFLICT
    assert seen == [TRANSACTION_CONFLICT] * 3
    assert await _names(executor) == ["North", "South"]


@pytest.mark.promise("sec-39")
async def test_a_cancelled_call_writes_nothing_and_leaves_the_pool_whole(make: Make):
    executor = make(pool={"size": 1})
    written = asyncio.Event()

    def script() -> Script[None]:
        yield _call("INSERT INTO public.stores VALUES (3, 'West')")
        written.set()
        yield _call("SELECT pg_sleep(60)")

    writing = asyncio.create_task(executor.transact(script(), _LIMIT, writes=True))
    with anyio.fail_after(10):
        await written.wait()
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing

        assert await _names(executor) == ["North", "South"]
        insert = _script(_call("INSERT INTO public.stores VALUES (3, 'East')"))
        assert await executor.transact(insert, _LIMIT, writes=True) == "done"


async def test_no_connection_in_time_is_an_exhausted_pool(make: Make):
    executor = make(pool={"size": 1, "acquire_timeout": 1.0})
    inside = asyncio.Event()

    def script() -> Script[None]:
        yield _call("SELECT 1")
        inside.set()
        yield _call("SELECT pg_sleep(60)")

    busy = asyncio.create_task(executor.transact(script(), _LIMIT, writes=False))
    with anyio.fail_after(10):
        await inside.wait()
        with pytest.raises(ExecutionError) as caught:
            await _names(executor)
        answers = await executor.ping()
        busy.cancel()
        await asyncio.wait([busy])

    assert caught.value.kind is POOL_EXHAUSTED
    assert answers is True
    assert await _names(executor) == ["North", "South"]


async def test_a_connection_that_was_ended_while_idle_is_not_lent(
    make: Make, postgres_database: str
):
    executor = make(pool={"size": 1})
    (pid,) = (await executor.fetch(_call("SELECT pg_backend_pid()"), _LIMIT)).rows[0]
    with psycopg.connect(postgres_database, autocommit=True) as other:
        # It returns when the backend is gone.
        ended = other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,)).fetchone()

    assert ended == (True,)
    assert await _names(executor) == ["North", "South"]


@pytest.mark.parametrize("access", ["server"], indirect=True)
async def test_a_connection_grows_no_older_than_it_may(make: Make):
    executor = make(pool={"size": 1, "max_lifetime": 0.0})
    pid = _call("SELECT pg_backend_pid()")

    first, second = [(await executor.fetch(pid, _LIMIT)).rows for _ in range(2)]

    assert first != second


async def test_a_server_that_went_away_is_noticed_at_once_and_found_again(
    postgres_server: PostgresServer,
):
    executor = POSTGRESQL.executor(service("postgres", postgres_server.dsn))
    one = _call("SELECT 1")

    with anyio.fail_after(60):
        before = await executor.ping()
        await asyncio.to_thread(postgres_server.stop)
        kinds = []
        for _ in range(20):
            with pytest.raises(ExecutionError) as caught:
                await executor.fetch(one, _LIMIT)
            kinds.append(caught.value.kind)
        down = await executor.ping()
        await asyncio.to_thread(postgres_server.start)
        after = await executor.ping()
        fetched = await executor.fetch(one, _LIMIT)
        await executor.close()

    assert (before, down, after) == (True, False, True)
    assert set(kinds) == {DATABASE_UNAVAILABLE}
    assert fetched.rows == [(1,)]


async def test_a_dsn_that_cannot_be_read_is_unavailable(make: Make):
    with pytest.raises(ExecutionError) as caught:
        await make("no;dsn").fetch(_NAMES, _LIMIT)

    assert caught.value.kind is DATABASE_UNAVAILABLE


_PINS = {
    "application_name": "faucet",
    "array_nulls": "on",
    "bytea_output": "hex",
    "client_encoding": "UTF8",
    "DateStyle": "ISO, YMD",
    "default_transaction_read_only": "off",
    "exit_on_error": "off",
    "extra_float_digits": "1",
    "gin_fuzzy_search_limit": "0",
    "IntervalStyle": "iso_8601",
    "lc_monetary": "C",
    "quote_all_identifiers": "off",
    "row_security": "on",
    "search_path": 'pg_catalog,"public",pg_temp',
    "standard_conforming_strings": "on",
    "statement_timeout": "30s",
    "TimeZone": "UTC",
    "transform_null_equals": "off",
    "xmloption": "content",
}
_SETTINGS = _call(f"SELECT {', '.join(f'current_setting({name!r})' for name in _PINS)}")
_POISON = {
    "array_nulls": "off",
    "bytea_output": "escape",
    "DateStyle": "German",
    "default_transaction_read_only": "on",
    "extra_float_digits": "0",
    "gin_fuzzy_search_limit": "1",
    "IntervalStyle": "postgres",
    "quote_all_identifiers": "on",
    "row_security": "off",
    "search_path": "evil",
    "statement_timeout": "1h",
    "TimeZone": "Asia/Tokyo",
    "transform_null_equals": "on",
    "xmloption": "document",
}


async def _settings(executor: Executor) -> dict[str, object]:
    return dict(zip(_PINS, (await executor.fetch(_SETTINGS, _LIMIT)).rows[0], strict=True))


@pytest.mark.promise("sec-33")
async def test_settings_of_the_database_do_not_reach_a_session(make: Make, postgres_database: str):
    name = psycopg.conninfo.conninfo_to_dict(postgres_database)["dbname"]
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        for setting, value in {**_POISON, "exit_on_error": "on"}.items():
            connection.execute(f"ALTER DATABASE \"{name}\" SET {setting} = '{value}'")

    assert await _settings(make()) == _PINS


@pytest.mark.fault("connections.application", "values.settings")
@pytest.mark.promise("sec-33")
async def test_options_of_the_dsn_are_kept_but_ours_win(make: Make, postgres_database: str):
    options = "-c%20work_mem%3D8MB%20-c%20TimeZone%3DAsia/Tokyo"
    executor = make(f"{postgres_database}?options={options}&application_name=other")

    shown = await executor.fetch(_call("SELECT current_setting('work_mem')"), _LIMIT)

    assert shown.rows == [("8MB",)]
    assert await _settings(executor) == {**_PINS, "application_name": "other"}


@pytest.mark.fault("connections.attributes")
@pytest.mark.parametrize("read_only", [False, True])
async def test_a_dsn_that_asks_for_a_writable_server_connects_to_one(
    make: Make, postgres_database: str, read_only: bool
):
    dsn = f"{postgres_database}?target_session_attrs=read-write"

    assert "stores" in POSTGRESQL.introspect(dsn, Wanted(schema="public")).relations
    assert await _names(make(dsn, read_only=read_only)) == ["North", "South"]


@pytest.mark.parametrize("read_only", [False, True])
async def test_a_dsn_that_asks_for_a_standby_does_not_connect_to_a_primary(
    make: Make, postgres_database: str, read_only: bool
):
    dsn = f"{postgres_database}?target_session_attrs=read-only"

    assert not await make(dsn, read_only=read_only).ping()


@pytest.mark.promise("sec-33")
@pytest.mark.parametrize("fails", [False, True])
async def test_what_a_trigger_does_to_the_session_does_not_reach_the_next_principal(
    make: Make, postgres_database: str, fails: bool
):
    sets = "".join(f"PERFORM set_config('{k}', '{v}', false);" for k, v in _POISON.items())
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " PERFORM set_config('app.tenant', 'of another', false);"
            " PERFORM pg_advisory_lock(7);"
            " CREATE TEMP TABLE stores AS SELECT 1 AS id, 'evil' AS name;"
            f" {sets} RETURN NEW; END $$"
        )
        connection.execute(
            "CREATE TRIGGER poison AFTER INSERT ON orders"
            " FOR EACH ROW EXECUTE FUNCTION public.poison()"
        )
    executor = make(pool={"size": 1})
    insert = _call("INSERT INTO public.orders VALUES (1, 1)")
    session = _call(
        "SELECT coalesce(current_setting('app.tenant', true), ''), to_regclass('pg_temp.stores'),"
        " (SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
        " WHERE locktype = 'advisory' AND datname = current_database()), pg_backend_pid()"
    )
    (before,) = (await executor.fetch(session, _LIMIT)).rows

    if fails:
        await _kind(executor, insert, _call("SELECT nonsense"))
    else:
        await executor.transact(_script(insert), _LIMIT, writes=True)

    assert await _settings(executor) == _PINS
    assert (await executor.fetch(session, _LIMIT)).rows == [before]
    unqualified = await executor.fetch(_call("SELECT name FROM stores ORDER BY id"), _LIMIT)
    assert unqualified.rows == [("North",), ("South",)]


def _stores(*rows: tuple[str, str]) -> Batch:
    sql = "INSERT INTO public.stores VALUES (%s, %s) RETURNING id"
    return Batch(calls=tuple(Call(sql=sql, parameters=row) for row in rows))


@pytest.mark.parametrize("mixed", [False, True])
async def test_a_batch_fetches_what_its_calls_would_alone(make: Make, mixed: bool):
    calls = (*_stores(("3", "W%"), ("4", "%%")).calls,)
    if mixed:
        calls += (_call("UPDATE public.stores SET open = NULL"), _NAMES)

    def script() -> Script[tuple[Fetched, ...]]:
        return (yield Batch(calls=calls)).each

    each = await make().transact(script(), _LIMIT, writes=True)

    assert [list(fetched.rows) for fetched in each[:2]] == [[(3,)], [(4,)]]
    assert [fetched.affected for fetched in each] == ([1, 1, 4, 4] if mixed else [1, 1])
    if mixed:
        assert list(each[3].rows) == [("North",), ("South",), ("W%",), ("%%",)]


async def test_a_long_batch_fetches_what_its_calls_would_alone(make: Make):
    rows = [(str(number), f"S{number}") for number in range(100, 200)]

    def script() -> Script[list[object]]:
        inserted = yield _stores(*rows)
        counts = yield Batch(calls=(_call("DELETE FROM public.orders"),) * 100)
        return [fetched.rows[0][0] for fetched in inserted.each] + [len(counts.each)]

    result = await make().transact(script(), _LIMIT, writes=True)

    assert result == [*range(100, 200), 100]


@pytest.mark.parametrize("kind_of_batch", ["short", "mixed", "long"])
@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (("1", "x"), UNIQUE_VIOLATION),
        (("4", "bad"), CHECK_VIOLATION),
        (("x", "x"), INVALID_VALUE),
        (("4", "a\0b"), INVALID_VALUE),
    ],
)
async def test_a_batch_ends_with_the_first_call_that_fails(
    make: Make,
    kind_of_batch: str,
    bad: tuple[str, str],
    kind: ErrorKind,
    caplog: pytest.LogCaptureFixture,
):
    executor = make()
    good, rest = _stores(("3", "W"), ("5", "E")).calls, _stores(("6", "F"), ("1", "G")).calls
    middle: tuple[Call, ...] = (_NAMES,) if kind_of_batch == "mixed" else ()
    if kind_of_batch == "long":
        middle = _stores(*((str(n), f"S{n}") for n in range(100, 200))).calls
    calls = (*good, *middle, *_stores(bad).calls, *rest)

    def script() -> Script[BatchError | None]:
        yield Savepoint.BEGIN
        try:
            yield Batch(calls=calls)
        except BatchError as error:
            yield Savepoint.UNDO
            return error
        return None

    failed = await executor.transact(script(), _LIMIT, writes=True)

    assert failed is not None
    assert (failed.kind, len(failed.done)) == (kind, len(good + middle))
    assert await _names(executor) == ["North", "South"]
    assert not caplog.records


async def test_a_batch_is_one_statement_after_the_other_for_time_limits(make: Make):
    sleep = _call("SELECT pg_sleep(0.2)::text")
    executor = make()

    await executor.transact(_script(Batch(calls=(sleep,) * 3)), 0.4, writes=True)

    late = Batch(calls=(sleep, _call("SELECT pg_sleep(9)::text")))
    assert await _kind(executor, late, limit=0.4) is STATEMENT_TIMEOUT


async def test_a_batch_whose_caller_goes_away_leaves_nothing_behind(make: Make):
    executor = make(pool={"size": 1})
    calls = (*_stores(("3", "W")).calls, _call("SELECT pg_sleep(9)::text"))
    task = asyncio.create_task(executor.transact(_script(Batch(calls=calls)), _LIMIT, writes=True))
    await asyncio.sleep(0.3)

    task.cancel()
    with anyio.fail_after(30):
        await asyncio.wait([task])

    assert task.cancelled()
    assert await _names(executor) == ["North", "South"]


_MANY = "SELECT n FROM generate_series(1, %s::int) AS n ORDER BY n"


async def _waits_for_a_connection(executor: Executor) -> bool:
    """Return whether no connection of a pool of one is free."""
    try:
        async with asyncio.timeout(0.3):
            await executor.fetch(_NAMES, _LIMIT)
    except (TimeoutError, ExecutionError):
        return True
    return False


@pytest.mark.parametrize(("rows", "sizes"), [(0, []), (5, [5]), (10, [10]), (25, [10, 10, 5])])
async def test_a_stream_comes_in_chunks(make: Make, rows: int, sizes: list[int]):
    executor = make(pool={"size": 1})

    chunks = [chunk async for chunk in executor.stream(_call(_MANY, str(rows)), _LIMIT, 10)]

    assert [len(chunk) for chunk in chunks] == sizes
    assert [n for chunk in chunks for (n,) in chunk] == list(range(1, rows + 1))
    assert await _names(executor) == ["North", "South"]


@pytest.mark.parametrize("limit", [_LIMIT, 20.0])
async def test_a_stream_holds_its_connection_until_it_is_closed(make: Make, limit: float):
    executor = make(pool={"size": 1, "acquire_timeout": 0.1})
    stream = executor.stream(_call(_MANY, "100000"), limit, 10)

    async with contextlib.aclosing(stream):
        await anext(stream)
        assert await _waits_for_a_connection(executor)

    assert not await _waits_for_a_connection(executor)


async def test_a_stream_reads_no_further_than_its_consumer(make: Make):
    executor = make()
    sleeping = (
        "SELECT n, pg_sleep(CASE WHEN n > 2 THEN 30 ELSE 0 END)::text FROM generate_series(1, 9) n"
    )
    stream = executor.stream(_call(sleeping), _LIMIT, 1)

    with anyio.fail_after(30):
        async with contextlib.aclosing(stream):
            assert [(await anext(stream))[0][0] for _ in range(2)] == [1, 2]


async def test_a_stream_sees_one_snapshot(make: Make):
    executor = make()
    stream = executor.stream(_NAMES, _LIMIT, 1)
    seen = list(await anext(stream))
    insert = _call("INSERT INTO public.stores VALUES (3, 'West')")
    await executor.transact(_script(insert), _LIMIT, writes=True)

    seen += [row async for chunk in stream for row in chunk]

    assert seen == [("North",), ("South",)]


async def test_a_stream_writes_nothing(make: Make):
    inserting = _call("WITH i AS (INSERT INTO public.stores VALUES (3, 'W') RETURNING id) TABLE i")

    with pytest.raises(ExecutionError):
        await anext(make().stream(inserting, _LIMIT, 10))


@pytest.mark.parametrize("limit", [_LIMIT, 0.3])
async def test_the_time_limit_of_a_stream_is_that_of_each_chunk(make: Make, limit: float):
    executor = make(limits={"statement_timeout": 0.3})
    sleeping = (
        "SELECT pg_sleep(CASE n WHEN 3 THEN 1 ELSE 0.2 END)::text FROM generate_series(1, 3) n"
    )
    stream = executor.stream(_call(sleeping), limit, 1)

    await anext(stream)
    await anext(stream)

    if limit == _LIMIT:
        await anext(stream)
        return
    with pytest.raises(ExecutionError) as caught:
        await anext(stream)
    assert caught.value.kind is STATEMENT_TIMEOUT
    assert await _names(executor) == ["North", "South"]


async def test_a_stream_whose_consumer_is_cancelled_gives_its_connection_back(make: Make):
    executor = make(pool={"size": 1})

    async def consume() -> None:
        async for _chunk in executor.stream(_call("SELECT pg_sleep(30)::text"), _LIMIT, 1):
            pass

    task = asyncio.create_task(consume())
    await asyncio.sleep(0.3)
    task.cancel()
    with anyio.fail_after(30):
        await asyncio.wait([task])
        assert await _names(executor) == ["North", "South"]

    assert task.cancelled()


async def test_closing_waits_for_streams_and_then_refuses_them(make: Make):
    executor = make()
    stream = executor.stream(_call(_MANY, "30"), _LIMIT, 10)
    await anext(stream)

    closing = asyncio.create_task(executor.close())
    await asyncio.sleep(0.1)
    assert not closing.done()
    rest = [chunk async for chunk in stream]
    await closing

    assert len(rest) == 2
    with pytest.raises(ExecutionError) as caught:
        await anext(executor.stream(_NAMES, _LIMIT, 10))
    assert caught.value.kind is DATABASE_UNAVAILABLE


@pytest.mark.fault("attacks.shapes")
@pytest.mark.parametrize(("length", "prepared"), [(100, True), (9000, False)])
async def test_a_long_statement_is_not_prepared_however_often_it_is_used(
    make: Make, access: PgBouncer | None, length: int, prepared: bool
):
    executor = make(pool={"size": 1})
    call = _call(f"SELECT 'mark', '{'a' * length}'")
    for _ in range(10):
        await executor.fetch(call, _LIMIT)

    def script() -> Script[None]:
        yield Batch(calls=(call,) * 40)

    await executor.transact(script(), _LIMIT, writes=True)
    known = await executor.fetch(
        _call("SELECT count(*) > 0 FROM pg_prepared_statements WHERE statement ~ '^SELECT .mark'"),
        _LIMIT,
    )

    assert known.rows == [(prepared and access is None,)]
