"""The servers that the tests start behave as the tests rely on."""

import psycopg
import pytest

from tests.servers.postgresql import PostgresServer


def test_each_database_is_empty_and_speaks_unicode(postgres_database: str):
    with psycopg.connect(postgres_database) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        assert tables.fetchone() == (0,)
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)


def test_a_killed_server_comes_back_with_its_committed_rows(postgres_server: PostgresServer):
    with psycopg.connect(postgres_server.dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS id")
        postgres_server.kill()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")

    postgres_server.start()

    with psycopg.connect(postgres_server.dsn) as connection:
        assert connection.execute("SELECT id FROM kept").fetchall() == [(1,)]
