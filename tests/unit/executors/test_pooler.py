"""The PostgreSQL pool behind PgBouncer: what is pinned, and what it waits for."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import psycopg
import pytest

from faucet.dialects.postgresql import POSTGRESQL
from faucet.errors import DATABASE_UNAVAILABLE, READ_ONLY, STATEMENT_TIMEOUT, ExecutionError
from faucet.extension.dialect import Wanted
from faucet.extension.executor import Call, Executor, Script
from tests.servers.pgbouncer import PgBouncer
from tests.servers.postgresql import PostgresServer
from tests.services import service

pytestmark = [pytest.mark.anyio, pytest.mark.fault("connections.pooler")]

_LIMIT = 30.0
_ONE = Call(sql="SELECT 1", parameters=(), runs_code=False)


def _service(dsn: str, **changes: Any) -> Executor:
    return POSTGRESQL.executor(service("postgres", dsn, pooled=True, **changes))


def _only(call: Call) -> Script[Any]:
    return (yield call).rows


@pytest.fixture
def narrow(postgres_server: PostgresServer) -> Iterator[PgBouncer]:
    """A pooler of one session, in front of a server of this test alone."""
    with PgBouncer(postgres_server.dsn, 1, {"server_login_retry": "1"}) as made:
        yield made


@pytest.fixture
async def executor(narrow: PgBouncer, postgres_server: PostgresServer) -> AsyncIterator[Executor]:
    made = _service(narrow.dsn(postgres_server.dsn), pool={"acquire_timeout": 1.0})
    yield made
    with anyio.fail_after(20):
        await made.close()


async def _kind(executor: Executor, call: Call = _ONE) -> Any:
    with pytest.raises(ExecutionError) as caught:
        await executor.fetch(call, _LIMIT)
    return caught.value.kind


async def test_a_session_that_the_pooler_does_not_give_in_time_is_not_awaited(
    executor: Executor, narrow: PgBouncer, postgres_server: PostgresServer
):
    await executor.fetch(_ONE, _LIMIT)
    with psycopg.connect(narrow.dsn(postgres_server.dsn), prepare_threshold=None) as other:
        other.execute("SELECT 1")
        with anyio.fail_after(10):
            with pytest.raises(ExecutionError) as caught:
                await executor.transact(_only(_ONE), _LIMIT, writes=True)
            answers = await executor.ping()

    assert (caught.value.kind, answers) == (DATABASE_UNAVAILABLE, False)
    with anyio.fail_after(10):
        while not await executor.ping():
            pass
    assert (await executor.fetch(_ONE, _LIMIT)).rows == [(1,)]


async def test_a_caller_that_goes_away_while_it_waits_holds_nothing(
    executor: Executor, narrow: PgBouncer, postgres_server: PostgresServer
):
    await executor.fetch(_ONE, _LIMIT)
    with psycopg.connect(narrow.dsn(postgres_server.dsn), prepare_threshold=None) as other:
        other.execute("SELECT 1")
        waiting = asyncio.create_task(executor.transact(_only(_ONE), _LIMIT, writes=True))
        await asyncio.sleep(0.2)
        waiting.cancel()
        with anyio.fail_after(10):
            await asyncio.wait([waiting])

    assert waiting.cancelled()
    assert (await executor.fetch(_ONE, _LIMIT)).rows == [(1,)]


async def test_a_server_that_is_down_is_noticed_behind_the_pooler_and_found_again(
    executor: Executor, postgres_server: PostgresServer
):
    await executor.fetch(_ONE, _LIMIT)
    await asyncio.to_thread(postgres_server.stop)
    with anyio.fail_after(20):
        down = await executor.ping()
        kinds = {await _kind(executor) for _ in range(10)}
    await asyncio.to_thread(postgres_server.start)
    with anyio.fail_after(30):
        while not await executor.ping():
            pass

    assert (kinds, down) == ({DATABASE_UNAVAILABLE}, False)
    assert (await executor.fetch(_ONE, _LIMIT)).rows == [(1,)]


async def test_the_pooler_has_its_session_back_when_a_call_is_answered(
    database: str, postgres_dsn: str
):
    with PgBouncer(postgres_dsn, 1, {"query_wait_timeout": "5"}) as pooler:
        executor = _service(pooler.dsn(database))
        with psycopg.connect(
            pooler.dsn(database), autocommit=True, prepare_threshold=None
        ) as other:
            for call in (_ONE, _NOTED) * 200:
                await executor.fetch(call, _LIMIT)
                other.execute("SELECT 1")
        await executor.close()


@pytest.fixture
def database(postgres_database: str) -> str:
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute("CREATE TABLE log (id int)")
        connection.execute(
            "CREATE FUNCTION note() RETURNS int LANGUAGE sql AS"
            " $$ INSERT INTO public.log VALUES (1) RETURNING id $$"
        )
        connection.execute("CREATE VIEW noted AS SELECT public.note() AS id")
    return postgres_database


_NOTED = Call(sql="SELECT id FROM public.noted", parameters=())


@pytest.mark.parametrize("limit", [10.0, _LIMIT])
async def test_a_view_whose_function_inserts_writes_only_where_writing_is_allowed(
    database: str, pgbouncer: PgBouncer, limit: float
):
    dsn = pgbouncer.dsn(database)
    limits = {"statement_timeout": 10.0}
    closed, open_ = _service(dsn, read_only=True, limits=limits), _service(dsn, limits=limits)
    kinds = []
    for work in (closed.fetch, lambda call, time: closed.transact(_only(call), time, writes=True)):
        with pytest.raises(ExecutionError) as caught:
            await work(_NOTED, limit)
        kinds.append(caught.value.kind)
    if limit == limits["statement_timeout"]:
        await open_.fetch(_NOTED, limit)
    for each in (closed, open_):
        await each.close()

    assert kinds == [READ_ONLY, READ_ONLY]
    with psycopg.connect(database) as connection:
        written = connection.execute("SELECT count(*) FROM log").fetchone()
    assert written == (1 if limit == limits["statement_timeout"] else 0,)


async def test_settings_of_other_clients_end_where_a_call_begins(
    database: str, pgbouncer: PgBouncer
):
    show = Call(
        sql="SELECT current_setting('statement_timeout'), current_setting('search_path'),"
        " current_setting('role'), current_setting('TimeZone'), current_setting('IntervalStyle')",
        parameters=(),
        runs_code=False,
    )
    executor = _service(pgbouncer.dsn(database), limits={"statement_timeout": 30.0})
    before = (await executor.fetch(show, _LIMIT)).rows
    for _ in range(4):
        with psycopg.connect(
            pgbouncer.dsn(database), autocommit=True, prepare_threshold=None
        ) as other:
            for text in (
                "SET statement_timeout = '20s'",
                "SET search_path = evil",
                "SET IntervalStyle = postgres",
                "SET TimeZone = 'Asia/Tokyo'",
                "SET ROLE pg_monitor",
            ):
                other.execute(text)
            left = other.execute(show.sql).fetchone()
        after = (await executor.fetch(show, _LIMIT)).rows
        assert (left != before[0], after) == (True, before)
    await executor.close()

    assert before == [("30s", 'pg_catalog,"public",pg_temp', "none", "UTC", "iso_8601")]


async def test_settings_end_with_their_transaction(database: str, pgbouncer: PgBouncer):
    executor = _service(pgbouncer.dsn(database), read_only=True)
    for _ in range(4):
        await executor.fetch(_ONE, _LIMIT)
        await executor.transact(_only(_ONE), 5.0, writes=False)
        with psycopg.connect(pgbouncer.dsn(database), autocommit=True) as other:
            found = other.execute(
                "SELECT current_setting('search_path'), current_setting('transaction_read_only'),"
                " current_setting('bytea_output'), current_setting('statement_timeout')"
            ).fetchone()
        assert found == ('"$user", public', "off", "hex", "0")
    await executor.close()


async def test_a_statement_that_takes_too_long_is_stopped_and_its_session_is_used_again(
    database: str, pgbouncer: PgBouncer
):
    executor = _service(
        pgbouncer.dsn(database), pool={"size": 1}, limits={"statement_timeout": 0.2}
    )
    slow = Call(sql="SELECT pg_sleep(60)::text", parameters=(), runs_code=False)

    assert [await _kind_within(executor, slow) for _ in range(4)] == [STATEMENT_TIMEOUT] * 4
    assert (await executor.fetch(_ONE, 0.2)).rows == [(1,)]
    await executor.close()


async def _kind_within(executor: Executor, call: Call) -> Any:
    with pytest.raises(ExecutionError) as caught:
        await executor.fetch(call, 0.2)
    return caught.value.kind


def test_the_catalog_is_the_same_through_the_pooler(database: str, pgbouncer: PgBouncer):
    direct = POSTGRESQL.introspect(database, Wanted(schema="public"))
    pooled = POSTGRESQL.introspect(pgbouncer.dsn(database), Wanted(schema="public", pooled=True))

    assert pooled == direct


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ("-c work_mem=8MB", ("8MB", "on")),
        ("-cwork_mem=9MB --jit=off", ("9MB", "off")),
        (r"--work-mem=7MB -c jit=o\ff", ("7MB", "off")),
    ],
)
async def test_settings_in_the_options_of_a_dsn_are_kept(
    database: str, pgbouncer: PgBouncer, options: str, shown: tuple[str, str]
):
    dsn = psycopg.conninfo.make_conninfo(pgbouncer.dsn(database), options=options)
    executor = _service(dsn)
    show = Call(
        sql="SELECT current_setting('work_mem'), current_setting('jit')",
        parameters=(),
        runs_code=False,
    )

    assert (await executor.fetch(show, _LIMIT)).rows == [shown]
    await executor.close()


async def test_other_options_of_a_dsn_are_refused(database: str, pgbouncer: PgBouncer):
    dsn = psycopg.conninfo.make_conninfo(pgbouncer.dsn(database), options="-d 5")

    assert await _kind(_service(dsn)) is DATABASE_UNAVAILABLE
