"""A scratch database on each dialect."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import DIALECTS, Database, scratch


@pytest.fixture(params=DIALECTS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database, of each dialect in turn."""
    with scratch(request.param, request, tmp_path) as made:
        yield made


@pytest.fixture
def postgres(
    request: pytest.FixtureRequest, postgres_dsn: str, tmp_path: Path
) -> Iterator[Database]:
    """An empty PostgreSQL database."""
    with scratch("postgres", request, tmp_path) as made:
        yield made
