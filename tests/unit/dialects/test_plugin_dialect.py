"""A dialect that Faucet does not know is registered, checked, compiled and served."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import faucet.serve.run
from faucet.cli import main
from faucet.extension.registry import Registry
from faucet.serve.run import Launch
from tests.databases import key, key_of
from tests.fake_dialect import new_store, registry_with
from tests.plane import plane

_KEY = key("writer")
_MANIFEST: Mapping[str, Any] = {
    "version": 1,
    "services": {"pad": {"driver": "fake", "dsn": "fake://notes"}},
    "roles": {
        "writer": {
            "description": "Writes notes.",
            "grants": [
                {
                    "service": "pad",
                    "tables": ["notes"],
                    "verbs": ["GET", "POST", "PATCH", "DELETE"],
                    "rows": "id < 100",
                }
            ],
        }
    },
    "keys": {"writer": key_of("writer")},
}


@pytest.fixture
def store() -> Iterator[sqlite3.Connection]:
    with closing(new_store()) as opened:
        yield opened


@pytest.fixture
def registry(store: sqlite3.Connection) -> Registry:
    return registry_with({"notes": store})


def _faucet(registry: Registry | None, folder: Path, *words: str, **service: str) -> Result:
    path = folder / "faucet.yaml"
    tree = {**_MANIFEST, "services": {"pad": {**_MANIFEST["services"]["pad"], **service}}}
    path.write_text(json.dumps(tree), encoding="utf-8")
    return CliRunner().invoke(main, [*words, "-c", str(path)], obj=registry)


def test_it_is_checked_offline(registry: Registry, tmp_path: Path):
    assert _faucet(registry, tmp_path, "check").exit_code == 0
    assert _faucet(registry, tmp_path, "check", "--online").exit_code == 0


@pytest.mark.parametrize(
    ("service", "finding"),
    [
        ({"driver": "fak"}, 'did you mean "fake"?'),
        ({"driver": "oracle"}, "must be one of fake, postgres, sqlite"),
        ({"dsn": "fake://"}, "FCT1235"),
        ({"dsn": "fake://"}, "a DSN of driver fake looks like fake://token@store"),
        ({"dsn": "fake://s3cret@notes"}, "FCT1214"),
        ({"dsn": "sqlite:///x.db"}, "set driver: sqlite"),
        ({"driver": "sqlite"}, "set driver: fake"),
    ],
)
def test_what_is_wrong_is_found_offline(
    registry: Registry, tmp_path: Path, service: dict[str, str], finding: str
):
    assert finding in _faucet(registry, tmp_path, "check", **service).output


def test_without_it_there_is_no_such_driver(tmp_path: Path):
    found = _faucet(None, tmp_path, "check")

    assert (found.exit_code, "FCT1104" in found.output) == (1, True)


def test_a_store_that_is_not_there_is_reported_without_its_token(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PAD_TOKEN", "s3/cret")

    found = _faucet(registry, tmp_path, "check", "--online", dsn="fake://${env:PAD_TOKEN}@none")

    assert found.exit_code == 2
    assert 'the database of "pad" cannot be reached: no store for …' in found.output
    assert "cret" not in found.output


def test_its_routes_are_printed_and_its_database_tested(registry: Registry, tmp_path: Path):
    routes = _faucet(registry, tmp_path, "routes")
    tested = _faucet(registry, tmp_path, "db", "test", "pad")

    assert "/api/v1/pad/_table/notes" in routes.output
    assert "fake 1, 1 tables" in tested.output


def test_a_service_is_added_by_an_alias(registry: Registry, tmp_path: Path):
    words = ("db", "add", "more", "--driver", "phoney", "--dsn", "fake://notes")

    assert _faucet(registry, tmp_path, *words).exit_code == 0
    assert (
        '"fake"' in (tmp_path / "faucet.yaml").read_text()
        or "driver: fake" in (tmp_path / "faucet.yaml").read_text()
    )


@pytest.mark.anyio
async def test_it_is_served(registry: Registry, store: sqlite3.Connection):
    async with plane(_MANIFEST, registry=registry) as served:
        url = "/api/v1/pad/_table/notes"
        read = await served.get(url, key=_KEY, filter="day > '1950-01-01'")
        written = await served.ask("POST", url, {"id": 2, "body": "bye"}, key=_KEY)
        changed = await served.ask("PATCH", f"{url}/2", {"body": "soon"}, key=_KEY)
        refused = await served.ask("POST", url, {"id": 200, "body": "x"}, key=_KEY)

    assert read.rows == [{"id": 1, "body": "hello", "day": "1984-04-04"}]
    assert (written.status, changed.status, refused.status) == (201, 200, 403)
    assert store.execute("SELECT id, body FROM notes ORDER BY id").fetchall() == [
        (1, "hello"),
        (2, "soon"),
    ]


@pytest.mark.anyio
async def test_its_columns_hold_what_it_says(registry: Registry):
    async with plane(_MANIFEST, registry=registry) as served:
        answer = await served.ask(
            "POST",
            "/api/v1/pad/_table/notes",
            {"id": 3, "body": "x", "day": "2000-01-01"},
            key=_KEY,
        )

    assert (answer.status, answer.error) == (400, "out_of_range")
    assert "from 1900-01-01 to 1999-12-31" in answer.body.decode()


def test_the_server_takes_the_registry_of_the_command_line(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    seen: list[Launch] = []

    def run(launch: Launch) -> int:
        seen.append(launch)
        return 0

    monkeypatch.setattr(faucet.serve.run, "run", run)

    _faucet(registry, tmp_path, "serve")

    assert seen[0].registry is registry
