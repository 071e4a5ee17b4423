"""Options, servers and databases that any test may ask for."""

import os
import secrets
import sqlite3
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from coverage import Coverage
from hypothesis import HealthCheck, settings

from tests import budget
from tests.golden_files import Golden
from tests.loop_watch import watched_loops
from tests.servers.pgbouncer import PgBouncer, PgBouncerMissingError
from tests.servers.postgresql import PostgresMissingError, PostgresServer, empty_database
from tests.servers.programs import ProgramMissingError, find_program

# In time of the processor.
_MOST_SECONDS = 0.2
_SHARED = "faucet_postgres_dsn"
_POSTGRESQL_FIXTURES = frozenset(
    {"postgres_dsn", "postgres_database", "postgres_server", "pgbouncer"}
)

_slow_starts_are_fine = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
settings.register_profile(
    "dev",
    deadline=None,
    max_examples=budget.DEFAULT,
    suppress_health_check=_slow_starts_are_fine,
)
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("faucet")
    group.addoption(
        "--allow-missing",
        action="store_true",
        help="skip the tests whose server or program is missing, instead of failing",
    )
    group.addoption(
        "--update-golden",
        action="store_true",
        help="write what the code answers into the golden files, instead of comparing",
    )


class _SharedServer:
    """Of pytest-xdist's controller: one PostgreSQL for all workers, started with the first one."""

    def __init__(self) -> None:
        self._dsn: str | None = None

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        if self._dsn is None:
            self._dsn = self._start(node.config)
        node.workerinput[_SHARED] = self._dsn

    def _start(self, config: pytest.Config) -> str:
        """Return the URL; or nothing, and then each worker tries, and reports what is missing."""
        try:
            server = PostgresServer()
        except PostgresMissingError:
            return ""
        config.add_cleanup(server.remove)
        server.start()
        return server.dsn


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and not os.environ.get("FAUCET_TEST_POSTGRES_DSN"):
        config.pluginmanager.register(_SharedServer())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _POSTGRESQL_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.postgresql)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def golden(request: pytest.FixtureRequest) -> Golden:
    """Call with a path and a text: equal, or written with `--update-golden`."""
    return Golden(update=bool(request.config.getoption("--update-golden")))


@pytest.fixture(scope="session")
def postgres_dsn(request: pytest.FixtureRequest) -> Iterator[str]:
    """The superuser's URL of a server that the whole run shares, all workers included."""
    shared = getattr(request.config, "workerinput", {}).get(_SHARED)
    if given := os.environ.get("FAUCET_TEST_POSTGRES_DSN") or shared:
        yield given
        return
    with _server(request) as server:
        yield server.dsn


@pytest.fixture
def postgres_server(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """A server of this test alone, which it may stop, kill and restart."""
    with _server(request) as server:
        yield server


@pytest.fixture
def postgres_database(postgres_dsn: str) -> Iterator[str]:
    """The URL of an empty database, dropped afterwards whoever is still connected."""
    with empty_database(postgres_dsn, f"test_{secrets.token_hex(6)}") as dsn:
        yield dsn


@pytest.fixture(scope="session")
def pgbouncer(request: pytest.FixtureRequest, postgres_dsn: str) -> Iterator[PgBouncer]:
    """A pooler in transaction mode, in front of the server that the whole run shares."""
    try:
        made = PgBouncer(postgres_dsn)
    except PgBouncerMissingError as missing:
        _end_without(request, missing)
    with made:
        yield made


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Path:
    """The path of an empty SQLite database."""
    path = tmp_path / "test.db"
    sqlite3.connect(path).close()
    path.touch()
    return path


def _server(request: pytest.FixtureRequest) -> PostgresServer:
    try:
        return PostgresServer()
    except PostgresMissingError as missing:
        _end_without(request, missing)


def _end_without(request: pytest.FixtureRequest | pytest.Item, missing: Exception) -> NoReturn:
    if request.config.getoption("--allow-missing"):
        pytest.skip(str(missing))
    pytest.fail(str(missing), pytrace=False)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail a test whose program is missing."""
    for marker in item.iter_markers("program"):
        try:
            find_program(*marker.args)
        except ProgramMissingError as missing:
            _end_without(item, missing)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """
    Fail a test in whose process Faucet kept the event loop busy for too long at once.

    Not when coverage is measured: tracing makes Faucet several times slower than it is.
    """
    exempt = item.get_closest_marker("blocks_loop") is not None or Coverage.current() is not None
    if item.get_closest_marker("anyio") is None or exempt:
        return (yield)
    with watched_loops() as longest:
        result = yield
    if longest.seconds > _MOST_SECONDS:
        pytest.fail(
            f"the event loop was kept busy for {longest.seconds:.2f} s:\n{longest.stack}",
            pytrace=False,
        )
    return result
