"""A scratch database on each dialect."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import DIALECTS, Database, scratch


@pytest.fixture(scope="session")
def shared_postgres(
    request: pytest.FixtureRequest, postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """One PostgreSQL database for all: to empty it costs much less than to make one."""
    with scratch("postgres", request, tmp_path_factory.mktemp("shared")) as made:
        yield made


@pytest.fixture
def postgres(shared_postgres: Database) -> Database:
    """An empty PostgreSQL database."""
    shared_postgres.script("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return shared_postgres


@pytest.fixture(params=DIALECTS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database, of each dialect in turn."""
    if request.param == "postgres":
        yield request.getfixturevalue("postgres")
        return
    with scratch(request.param, request, tmp_path) as made:
        yield made
