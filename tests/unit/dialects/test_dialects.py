"""The bundled dialects load their drivers on first use alone."""

from pathlib import Path

import anyio
import pytest

from faucet.dialects.sqlite import SQLITE
from faucet.extension.executor import Call
from tests.bare_python import output_of
from tests.services import service


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_importing_a_dialect_imports_no_driver(dialect: str):
    script = f"import sys, faucet.dialects.{dialect}; print(*sys.modules)"

    assert {"psycopg", "sqlite3"}.isdisjoint(output_of(script).split())


def test_a_sqlite_connection_has_the_functions_that_its_forms_call(sqlite_database: Path):
    call = Call(sql="SELECT faucet_hmac('a', '00')", parameters=())

    async def fetch() -> object:
        executor = SQLITE.executor(service("sqlite", str(sqlite_database)))
        fetched = await executor.fetch(call, 30.0)
        await executor.close()
        return fetched.rows[0][0]

    digest = anyio.run(fetch)

    assert isinstance(digest, str)
    assert len(digest) == 64
