"""New tables and columns appear without a signal: announced, or looked for at intervals."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.databases import DIALECTS, Database, scratch
from tests.servers.faucet_process import FaucetProcess
from tests.servers.pgbouncer import PgBouncer

pytestmark = [pytest.mark.e2e, pytest.mark.fault("catalog.notify")]

_ITEMS = "/api/v1/shop/_table/items"
_LISTENERS = (
    "SELECT pid FROM pg_stat_activity"
    " WHERE query = 'LISTEN faucet' AND datname = current_database()"
)
_ADD = "ALTER TABLE items ADD COLUMN price integer DEFAULT 5"
_WITH_PRICE = [{"id": 1, "price": 5}]


def _make(request: pytest.FixtureRequest, folder: Path, dialect: str) -> Iterator[Database]:
    with scratch(dialect, request, folder) as made:
        made.script("CREATE TABLE items (id integer PRIMARY KEY)", "INSERT INTO items VALUES (1)")
        yield made


@pytest.fixture(params=DIALECTS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    yield from _make(request, tmp_path, request.param)


@pytest.fixture
def postgres(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    yield from _make(request, tmp_path, "postgres")


def _serve(folder: Path, database: Database, **service: Any) -> FaucetProcess:
    grants = [{"service": "shop", "tables": ["*"], "verbs": ["GET"]}]
    made = {
        "version": 1,
        "server": {"host": "127.0.0.1", "port": 0},
        "auth": {"anonymous": "all"},
        "services": {"shop": database.service(required=True, **service)},
        "roles": {"all": {"grants": grants}},
    }
    (folder / "faucet.yaml").write_text(json.dumps(made))
    return FaucetProcess(folder)


def _rows(faucet: FaucetProcess) -> Any:
    return faucet.get(_ITEMS).json()["resource"]


def _until_there_are(database: Database, listeners: int) -> None:
    for _ in range(1000):
        if len(database.rows(_LISTENERS)) == listeners:
            return
    raise AssertionError(f"there are not {listeners} listeners")


@pytest.mark.parametrize("read_only", [False, True])
def test_a_new_column_appears_once_it_is_announced(
    postgres: Database, tmp_path: Path, read_only: bool
):
    with _serve(tmp_path, postgres, read_only=read_only) as faucet:
        faucet.listening()
        _until_there_are(postgres, 1)
        before = _rows(faucet)
        postgres.script(_ADD, "NOTIFY faucet")
        faucet.generation(2)

        assert (before, _rows(faucet)) == ([{"id": 1}], _WITH_PRICE)


def test_a_database_may_announce_every_change_by_itself(postgres: Database, tmp_path: Path):
    page = (Path(__file__).parents[2] / "docs" / "reload.md").read_text(encoding="utf-8")
    trigger = page[page.index("CREATE FUNCTION tell_faucet") :].partition("```")[0]
    postgres.script(*trigger.strip().splitlines())
    with _serve(tmp_path, postgres) as faucet:
        faucet.listening()
        _until_there_are(postgres, 1)
        postgres.script(_ADD)
        faucet.generation(2)

        assert _rows(faucet) == _WITH_PRICE


def test_a_change_that_was_announced_while_nobody_listened_is_found(
    postgres: Database, tmp_path: Path
):
    with _serve(tmp_path, postgres) as faucet:
        faucet.listening()
        _until_there_are(postgres, 1)
        postgres.script(
            _ADD, f"SELECT pg_terminate_backend(pid, 5000) FROM ({_LISTENERS}) l", "NOTIFY faucet"
        )
        faucet.generation(2)

        assert _rows(faucet) == _WITH_PRICE


def test_a_service_that_is_removed_is_not_listened_to(postgres: Database, tmp_path: Path):
    with _serve(tmp_path, postgres) as faucet:
        faucet.listening()
        _until_there_are(postgres, 1)
        manifest = tmp_path / "faucet.yaml"
        made = json.loads(manifest.read_text())
        manifest.write_text(json.dumps({**made, "services": {}, "roles": {"all": {}}}))
        faucet.generation(2)

        _until_there_are(postgres, 0)


def test_a_new_column_is_looked_for_at_intervals(database: Database, tmp_path: Path):
    with _serve(tmp_path, database, catalog_refresh="1s") as faucet:
        faucet.listening()
        database.script(_ADD)
        faucet.generation(2)

        assert _rows(faucet) == _WITH_PRICE


def test_a_catalog_that_stays_the_same_is_not_reported(database: Database, tmp_path: Path):
    with _serve(tmp_path, database, catalog_refresh="1s") as faucet:
        faucet.listening()
        for number in range(2, 4):
            database.script(f"ALTER TABLE items ADD COLUMN c{number} integer")
            faucet.generation(number)

        assert faucet.events("Unchanged") == []


def test_behind_a_pooler_intervals_work_and_nobody_listens(
    postgres: Database, pgbouncer: PgBouncer, tmp_path: Path
):
    pooled = {"dsn": pgbouncer.dsn(postgres.dsn), "pooler": "transaction"}
    with _serve(tmp_path, postgres, **pooled, catalog_refresh="1s") as faucet:
        faucet.listening()
        postgres.script(_ADD)
        faucet.generation(2)

        assert _rows(faucet) == _WITH_PRICE
        assert postgres.rows(_LISTENERS) == []
