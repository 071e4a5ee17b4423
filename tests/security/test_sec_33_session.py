"""What functions of the database do to a session never reaches the next principal."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.databases import Database, key
from tests.plane import Plane, plane
from tests.security.manifests import TABLE, grant, manifest
from tests.servers.pgbouncer import PgBouncer

pytestmark = [pytest.mark.anyio, pytest.mark.promise("sec-33")]

_POISON = """
CREATE FUNCTION poison() RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.tenant', '8', false), set_config('search_path', 'evil', false);
  PERFORM set_config('default_transaction_read_only', 'on', false);
  PERFORM pg_advisory_lock(7), nextval('public.numbers');
  CREATE TEMP TABLE IF NOT EXISTS items AS SELECT 1 AS id, 8 AS tenant;
  LISTEN evil;
  PERFORM set_config('role', 'pg_monitor', false);
  RETURN 1;
END $$
"""
_STATE = """
CREATE VIEW state AS SELECT 1 AS id, coalesce(current_setting('app.tenant', true), '') AS tenant,
  current_user::text AS role, to_regclass('pg_temp.items')::text AS temporary,
  current_setting('search_path') AS path, current_setting('transaction_read_only') AS read_only,
  (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks,
  (SELECT string_agg(c, ',') FROM pg_listening_channels() c) AS channels
"""


@pytest.fixture(params=["server", "pooler"])
def access(request: pytest.FixtureRequest, postgres: Database) -> dict[str, Any]:
    """What the service connects to: the server, or a pooler in transaction mode of one session."""
    if request.param == "server":
        return {}
    pooler = request.getfixturevalue("pooler_of_one")
    return {"dsn": pooler.dsn(postgres.dsn), "pooler": "transaction"}


@pytest.fixture(scope="module")
def pooler_of_one(postgres_dsn: str) -> Iterator[PgBouncer]:
    with PgBouncer(postgres_dsn, 1) as made:
        yield made


def _build(database: Database) -> None:
    database.script(
        "CREATE TABLE items (id integer PRIMARY KEY, tenant integer)",
        "INSERT INTO items VALUES (1, 7), (2, 8)",
        "CREATE SEQUENCE numbers",
        _POISON,
        _STATE,
        "CREATE VIEW poisonous AS SELECT id, poison() AS poison FROM items",
        "CREATE VIEW failing AS SELECT id, poison() / (id - id) AS poison FROM items",
        "CREATE TABLE guarded (id integer PRIMARY KEY)",
        "INSERT INTO guarded VALUES (1)",
        "CREATE FUNCTION before() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM public.poison(), set_config('role', 'none', false); RETURN NEW; END $$",
        "CREATE TRIGGER poison BEFORE INSERT OR UPDATE ON guarded"
        " FOR EACH ROW EXECUTE FUNCTION before()",
    )


def _manifest(database: Database) -> dict[str, Any]:
    views = grant("state poisonous failing", "GET")
    made = manifest(database, clerk=[views, grant("guarded items")])
    made["services"]["shop"] |= {
        # One connection, so that every request gets that of the one before.
        "pool": {"size": 1},
        "resources": {name: {"primary_key": ["id"]} for name in ("poisonous", "failing", "state")},
    }
    return made


_REQUESTS: list[tuple[str, str, Any]] = [
    ("GET", "poisonous", None),
    ("GET", "poisonous/1", None),
    ("GET", "poisonous?count=true", None),
    ("GET", "poisonous?fields=MAX(poison)", None),
    ("GET", "poisonous?filter=poison%20%3D%201", None),
    ("GET", "failing", None),
    ("GET", "failing?count=true", None),
    ("POST", "guarded", {"id": 2}),
    ("POST", "guarded", [{"id": 2}, {"id": 1}]),
    ("POST", "guarded?continue=true", [{"id": 1}, {"id": 2}]),
    ("PATCH", "guarded/1", {"id": 3}),
]


async def _state(opened: Plane) -> list[Any]:
    """Return what a request can find of its session."""
    found = [
        await opened.get(TABLE + "state", key=key("clerk")),
        await opened.get(TABLE + "items", key=key("clerk")),
    ]
    return [(each.status, each.json["resource"]) for each in found]


@pytest.mark.fault("attacks.session")
@pytest.mark.parametrize("request_", _REQUESTS, ids=lambda request: " ".join(request[:2]))
async def test_no_request_changes_the_session_of_the_next(
    postgres: Database, access: dict[str, Any], request_: tuple[str, str, Any]
):
    _build(postgres)
    method, rest, body = request_
    made = _manifest(postgres)
    made["services"]["shop"] |= access
    async with plane(made) as opened:
        before = await _state(opened)
        await opened.ask(method, TABLE + rest, body, key=key("clerk"))
        after = await _state(opened)
        written = await opened.ask("POST", TABLE + "items", {"id": 9}, key=key("clerk"))

    assert after == before
    assert written.status == 201


async def test_a_plain_table_is_read_without_restoring_the_session(postgres: Database):
    postgres.script(
        "CREATE TABLE plain (id integer PRIMARY KEY)",
        "CREATE TABLE parted (id integer PRIMARY KEY) PARTITION BY RANGE (id)",
        "CREATE MATERIALIZED VIEW kept AS SELECT 1 AS id",
        "CREATE VIEW seen AS SELECT 1 AS id",
        "CREATE TABLE ruled (id integer PRIMARY KEY)",
        "ALTER TABLE ruled ENABLE ROW LEVEL SECURITY",
    )
    tables = "plain parted kept seen ruled"
    async with plane(manifest(postgres, clerk=[grant(tables, "GET")])) as opened:
        catalogs = opened.generation.surface.roles["clerk"].services["shop"].resources
        runs_code = {name for name in tables.split() if catalogs[name].target.runs_code}

    assert runs_code == {"seen", "ruled"}
