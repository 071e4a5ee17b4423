"""A database user with few privileges: `check --online` lists what requests will be refused for."""

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest

from faucet.control.codes import CODES
from faucet.control.load import SourceText
from faucet.control.pipeline import build, inputs_of
from faucet.control.resolve import Overrides
from faucet.diagnostics import Diagnostic
from faucet.standard import standard_registry
from tests.databases import Database, scratch
from tests.plane import Plane, plane

pytestmark = [pytest.mark.anyio, pytest.mark.postgresql]

_MISSING, _CLOSED = "FCT1529", "FCT1530"
_T = "/api/v1/shop/_table"
_VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# Each has the columns id and v.
_SCHEMA = (
    "CREATE SCHEMA types",
    "CREATE TYPE types.size AS ENUM ('s', 'm')",
    "CREATE FUNCTION later() RETURNS int LANGUAGE sql AS 'SELECT 7'",
    "CREATE FUNCTION valid(int) RETURNS boolean LANGUAGE sql AS 'SELECT $1 < 1000'",
    "CREATE FUNCTION shown(int) RETURNS int LANGUAGE sql AS 'SELECT $1'",
    "CREATE FUNCTION two(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 + 1'",
    "REVOKE ALL ON FUNCTION two(int), later(), valid(int), shown(int) FROM public",
    "CREATE TABLE readable (id int PRIMARY KEY, v int)",
    "CREATE TABLE listed (id int PRIMARY KEY, v int)",
    "CREATE TABLE parts (id int PRIMARY KEY, v int, secret text)",
    "CREATE TABLE governed (id int PRIMARY KEY, v int)",
    "ALTER TABLE governed ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY seen ON governed FOR SELECT USING (true)",
    "CREATE TABLE closed (id int PRIMARY KEY, v int)",
    'CREATE TABLE "Order" (id int PRIMARY KEY, v int)',
    "CREATE TABLE counted (id int PRIMARY KEY, v int, n serial)",
    "CREATE TABLE sized (id int PRIMARY KEY, v int, size types.size)",
    "CREATE TABLE computed (id int PRIMARY KEY, v int DEFAULT later() CHECK (valid(v)))",
    "CREATE TABLE derived (id int PRIMARY KEY, v int, n int GENERATED ALWAYS AS (two(v)) STORED)",
    "CREATE TABLE loose (id int, v int)",
    "CREATE TABLE hidden (id int PRIMARY KEY, v int)",
    "CREATE VIEW nested AS SELECT id, v FROM hidden",
    "CREATE VIEW owned AS SELECT id, v FROM nested",
    "CREATE VIEW calling AS SELECT id, shown(v) AS v FROM listed",
    "ALTER VIEW owned OWNER TO {owner}",
    "ALTER VIEW calling OWNER TO {owner}",
    "GRANT SELECT ON readable, listed TO {user}",
    "GRANT SELECT (id, v), INSERT (id), UPDATE (v) ON parts TO {user}",
    "GRANT ALL ON governed, counted, computed, derived, sized, loose, owned, calling TO {user}",
    "GRANT USAGE ON SCHEMA public TO {owner}",
)
_TABLES = (
    *("readable", "listed", "parts", "governed", "closed", "Order", "counted", "sized"),
    *("computed", "derived", "loose", "owned", "calling"),
)
_READ_ONLY = {"calling": ("GET", "DELETE"), "loose": ("GET", "POST", "PATCH", "DELETE")}


@pytest.fixture
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Database, ...]]:
    """A database, as its owner and as a user who may do little of it."""
    with scratch("postgres", request, tmp_path) as made:
        info = psycopg.conninfo.conninfo_to_dict(made.dsn)
        user, owner = f"limited_{info['dbname']}", f"owner_{info['dbname']}"
        made.script(
            f"CREATE ROLE {user} LOGIN PASSWORD 'p'",
            f"CREATE ROLE {owner}",
            *(text.replace("{user}", user).replace("{owner}", owner) for text in _SCHEMA),
            *(
                f'INSERT INTO "{name}" (id, v) VALUES (1, 1), (2, 2)'
                for name in (*_TABLES, "hidden")
                if name not in ("owned", "calling")
            ),
        )
        dsn = f"postgresql://{user}:p@{info['host']}:{info['port']}/{info['dbname']}"
        try:
            yield made, Database(dialect="postgres", dsn=dsn)
        finally:
            for role in (user, owner):
                made.script(f"DROP OWNED BY {role} CASCADE", f"DROP ROLE {role}")


def _allowed(table: str) -> tuple[str, ...]:
    return _READ_ONLY.get(table, _VERBS)


def _manifest(database: Database) -> dict[str, Any]:
    keyed = {name: {"primary_key": ["id"]} for name in ("owned", "calling")}
    grants = [
        {"service": "shop", "tables": [table], "verbs": [verb]}
        for table in _TABLES
        for verb in _allowed(table)
    ]
    return {
        "version": 1,
        "services": {"shop": database.service(resources=keyed)},
        "roles": {"all": {"grants": grants}},
        "auth": {"anonymous": "all"},
    }


def _findings(manifest: Mapping[str, Any], *codes: str) -> list[Diagnostic]:
    registry = standard_registry()
    source = SourceText(name="faucet.yaml", text=json.dumps(manifest))
    inputs = inputs_of(source, registry=registry, overrides=Overrides(), now=0)
    found = build(inputs, registry.dialects).diagnostics
    return [one for one in found if one.code in codes]


def _foreseen(manifest: Mapping[str, Any], findings: Iterable[Diagnostic]) -> set[tuple[str, str]]:
    """Return the tables and verbs whose own grant has a finding."""
    grants = manifest["roles"]["all"]["grants"]
    chosen = [grants[one.address[3]] for one in findings if isinstance(one.address[3], int)]
    return {(grant["tables"][0], grant["verbs"][0]) for grant in chosen}


def _requests(table: str, number: int) -> Iterator[tuple[str, str, Any]]:
    """Yield every verb, single, as a list and in a batch; *number* keeps new keys apart."""
    name = f"{_T}/{table}"
    keys = itertools.count(100 * number + 100)

    # A value of a type is what its schema is needed for.
    size = {"size": "s"} if table == "sized" else {}
    by = "size = 's'" if size else "v = 1"

    def row(value: int) -> dict[str, Any]:
        return {"id": next(keys), "v": value} | size

    yield "GET", name, None
    yield "GET", f"{name}?filter={by}", None
    yield "GET", f"{name}?filter=v = 1&include_count=true", None
    yield "POST", name, row(5)
    yield "POST", name, [row(5), row(6)]
    yield "POST", f"{name}?continue=true", [row(5), row(6)]
    yield "PATCH", f"{name}?filter=id = 1", {"v": 3} | size
    yield "DELETE", f"{name}?filter=id = 2 AND {by}", None
    if table != "loose":
        yield "GET", f"{name}/1", None
        yield "PATCH", f"{name}/1", {"v": 3} | size
        yield "PATCH", name, [{"id": 1, "v": 3}, {"id": 1, "v": 4}]
        yield "PUT", f"{name}/1", {"v": 3} | size
        yield "PUT", name, [{"id": 1, "v": 3}, {"id": 1, "v": 4}]
        yield "DELETE", f"{name}?ids=2", None
        yield "DELETE", f"{name}/2", None


async def _ask_all(shop: Plane, number: int) -> dict[tuple[str, str, str], tuple[int, str]]:
    found = {}
    for table in _TABLES:
        for method, url, body in _requests(table, number):
            if method in _allowed(table):
                answer = await shop.ask(method, url, body)
                assert answer.reported == ()
                error = answer.error if answer.status >= 400 else ""
                found[(table, method, f"{url} {body}")] = answer.status, error
    return found


@pytest.mark.fault("privileges.reported")
async def test_every_refusal_is_foreseen_and_the_hints_end_them(databases: tuple[Database, ...]):
    owner, limited = databases
    manifest = _manifest(limited)
    findings = _findings(manifest, _MISSING)
    foreseen = _foreseen(manifest, findings)

    async with plane(manifest) as shop:
        before = await _ask_all(shop, 1)
        refused = {
            (t, m) for (t, m, _), (_, error) in before.items() if error == "database_refused"
        }
        # A write reads the rows that it wrote again.
        unforeseen = {(t, m) for t, m in refused - foreseen if (t, "GET") not in foreseen}
        idle = {(t, m) for t, m in foreseen if (t, m) not in refused}
        assert unforeseen == set()
        assert idle == set()
        assert len(refused) > 40, before
        assert max(status for status, _error in before.values()) < 500

        owner.script(*(one.hint for one in findings))
        after = await _ask_all(shop, 2)

    assert _findings(manifest, _MISSING) == []
    failed = {key: told for key, told in after.items() if told[0] not in (200, 201, 404)}
    assert {(t, m) for t, m, _ in failed} == {("governed", m) for m in ("POST",)}
    assert {error for _status, error in failed.values()} == {"row_check"}


@pytest.mark.fault("privileges.reported")
async def test_row_level_security_without_a_policy_is_foreseen(databases: tuple[Database, ...]):
    _owner, limited = databases
    manifest = _manifest(limited)

    found = _findings(manifest, _CLOSED)

    assert _foreseen(manifest, found) == {
        ("governed", verb) for verb in ("POST", "PUT", "PATCH", "DELETE")
    }
    assert "create a policy FOR INSERT" in found[0].hint


async def test_a_privilege_on_some_columns_names_them(databases: tuple[Database, ...]):
    _owner, limited = databases
    manifest = _manifest(limited)
    grants = [
        {"service": "shop", "tables": ["parts", "Order"], "verbs": ["GET"], "fields": ["id", "v"]},
        {"service": "shop", "tables": ["parts"], "verbs": ["POST"], "write": ["id", "secret"]},
    ]
    manifest["roles"]["all"]["grants"] = grants

    reading, writing = _findings(manifest, _MISSING)

    user = psycopg.conninfo.conninfo_to_dict(limited.dsn)["user"]
    assert reading.hint == f'GRANT SELECT ON public."Order" TO {user};'
    assert writing.hint == f"GRANT INSERT (secret) ON public.parts TO {user};"


async def test_a_user_with_every_privilege_gives_no_finding(databases: tuple[Database, ...]):
    owner, _limited = databases
    owner.script("DROP VIEW owned, calling")
    manifest = _manifest(owner)
    del manifest["services"]["shop"]["resources"]
    grants = [{"service": "shop", "tables": ["*"], "verbs": ["*"]}]
    manifest["roles"]["all"]["grants"] = grants

    assert _findings(manifest, _MISSING, _CLOSED) == []


@pytest.mark.fault("privileges.schema")
@pytest.mark.parametrize("required", [True, False])
async def test_a_schema_that_does_not_exist_is_one_finding(
    databases: tuple[Database, ...], required: bool
):
    owner, _limited = databases
    manifest = _manifest(owner)
    manifest["services"]["shop"] |= {"schema": "publik", "required": required}

    (found,) = _findings(manifest, *(code for code in CODES if code > "FCT14"))

    assert found.code == "FCT1405"
    assert found.address == ("services", "shop", "schema")
    assert found.hint == 'did you mean "public"?'
    assert found.severity == ("error" if required else "warning")
