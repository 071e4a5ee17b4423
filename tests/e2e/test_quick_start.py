"""The quick start as printed: serve, add a database, make a key, ask; no restart in between."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.servers.faucet_process import SECONDS, FaucetProcess

pytestmark = pytest.mark.e2e


def _faucet(folder: Path, *arguments: str) -> str:
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-m", "faucet", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": root},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_database_and_a_key_added_while_it_runs_answer_rows(
    tmp_path: Path, postgres_database: str
):
    with psycopg.connect(postgres_database) as database:
        database.execute("CREATE TABLE users (id serial PRIMARY KEY, name text)")
        database.execute(
            "INSERT INTO users (name) SELECT 'user ' || n FROM generate_series(1, 30) n"
        )

    with FaucetProcess(tmp_path, "-p", "0").listening() as server:
        assert server.get("/readyz").status_code == 503
        _faucet(tmp_path, "db", "add", "mydb", "--driver", "postgres", "--dsn", postgres_database)
        server.generation(1)
        key = _faucet(tmp_path, "key", "create", "--role", "default").strip()
        server.generation(2)
        path = "/api/v1/mydb/_table/users?limit=10"
        answer = server.get(path, **{"X-API-Key": key})

        assert answer.status_code == 200
        assert len(answer.json()["resource"]) == 10
        assert server.get(path).status_code == 401
        assert server.get("/readyz").json() == {"status": "ok"}
