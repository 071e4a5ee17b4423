"""What a PostgreSQL database refuses on purpose is no failure, and the log has its reason."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.databases import Database, scratch
from tests.plane import Plane, plane

pytestmark = [pytest.mark.anyio, pytest.mark.postgresql]

_T = "/api/v1/shop/_table"
_SCHEMA = (
    "CREATE TABLE plain (id int PRIMARY KEY, v int)",
    "INSERT INTO plain VALUES (1, 1)",
    "CREATE TABLE parts (id int PRIMARY KEY, a int, secret text)",
    "INSERT INTO parts VALUES (1, 1, 'canary')",
    "CREATE TABLE counted (id serial PRIMARY KEY, v int)",
    "CREATE TABLE own (id int PRIMARY KEY, owner text)",
    "ALTER TABLE own ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY own ON own USING (true) WITH CHECK (owner = 'a')",
    "INSERT INTO own VALUES (1, 'a')",
    "CREATE FUNCTION hidden() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "REVOKE ALL ON FUNCTION hidden FROM public",
    "CREATE VIEW called AS SELECT id, hidden() AS h FROM plain",
    "CREATE TABLE raising (id int PRIMARY KEY, code text)",
    """CREATE FUNCTION raise_code() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'closed on sundays' USING ERRCODE = NEW.code; END $$""",
    "CREATE TABLE spans (id int PRIMARY KEY, span int4range, EXCLUDE USING gist (span WITH &&))",
    "INSERT INTO spans VALUES (1, '[1,5)')",
    "CREATE TRIGGER raise_code BEFORE INSERT ON raising FOR EACH ROW EXECUTE FUNCTION raise_code()",
    "GRANT SELECT ON plain, called TO {user}",
    "GRANT SELECT (id, a), INSERT (id, a), UPDATE (a) ON parts TO {user}",
    "GRANT SELECT, INSERT ON counted, raising, spans TO {user}",
    "GRANT SELECT, INSERT, UPDATE ON own TO {user}",
)


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database, and a user with the same name who may do little."""
    with scratch("postgres", request, tmp_path) as made:
        info = psycopg.conninfo.conninfo_to_dict(made.dsn)
        user = f"limited_{info['dbname']}"
        made.script(
            f"CREATE ROLE {user} LOGIN PASSWORD 'p'",
            *(text.replace("{user}", user) for text in _SCHEMA),
        )
        dsn = f"postgresql://{user}:p@{info['host']}:{info['port']}/{info['dbname']}"
        try:
            yield Database(dialect="postgres", dsn=dsn)
        finally:
            made.script(f"DROP OWNED BY {user}", f"DROP ROLE {user}")


@pytest.fixture
async def shop(database: Database) -> AsyncIterator[Plane]:
    grant = {"service": "shop", "tables": ["*"], "verbs": ["*"]}
    manifest = {
        "version": 1,
        "services": {"shop": database.service(resources={"called": {"primary_key": ["id"]}})},
        "roles": {"all": {"grants": [grant]}},
        "auth": {"anonymous": "all"},
    }
    async with plane(manifest) as opened:
        yield opened


@pytest.mark.fault("privileges.denied")
@pytest.mark.parametrize(
    ("method", "url", "body"),
    [
        ("POST", "plain", {"id": 2}),
        ("POST", "plain", [{"id": 2}, {"id": 3}]),
        ("PATCH", "plain/1", {"v": 2}),
        ("PUT", "plain/1", {"v": 2}),
        ("DELETE", "plain/1", None),
        ("GET", "parts", None),
        ("GET", "parts/1?fields=secret", None),
        ("POST", "parts", {"id": 2, "secret": "x"}),
        ("POST", "counted", {"v": 1}),
        ("GET", "called", None),
    ],
)
async def test_a_privilege_that_the_user_lacks_is_403_for_the_caller(
    shop: Plane, method: str, url: str, body: Any
):
    answer = await shop.ask(method, f"{_T}/{url}", body)

    assert (answer.status, answer.error) == (403, "database_refused")
    assert answer.json["error"]["message"] == "the database does not allow this"
    assert b"permission" not in answer.body
    assert answer.reported == ()


@pytest.mark.fault("privileges.row_level")
@pytest.mark.parametrize("body", [{"id": 2, "owner": "b"}, [{"id": 2, "owner": "b"}] * 2])
async def test_a_row_that_the_databases_own_policy_refuses_is_a_row_check(shop: Plane, body: Any):
    made = await shop.ask("POST", f"{_T}/own", body)
    moved = await shop.ask("PATCH", f"{_T}/own/1", {"owner": "b"})

    assert (made.status, made.error) == (moved.status, moved.error) == (403, "row_check")


@pytest.mark.fault("errors.raised")
@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("P0001", 400, "check_violation"),
        ("MY001", 400, "check_violation"),
        ("PT402", 400, "check_violation"),
        ("XX000", 400, "check_violation"),
        ("0A000", 400, "check_violation"),
        ("42501", 403, "database_refused"),
        ("23505", 409, "unique_violation"),
        ("HV00N", 503, "database_unavailable"),
        ("58030", 503, "database_unavailable"),
        ("57P04", 503, "database_unavailable"),
    ],
)
@pytest.mark.parametrize("batch", [False, True])
async def test_what_a_trigger_raises_has_a_type_and_its_text_is_in_the_log_only(
    shop: Plane, code: str, status: int, error: str, batch: bool
):
    record = {"id": 1, "code": code}
    body = [record, {**record, "id": 2}] if batch else record
    answer = await shop.ask("POST", f"{_T}/raising", body)

    assert (answer.status, answer.error) == (status, error)
    assert b"sundays" not in answer.body
    assert "columns" not in answer.json["error"]["context"]
    assert answer.reported == ()
    assert shop.traces[-1].reason == f"SQLSTATE {code} of INSERT: closed on sundays"


@pytest.mark.fault("errors.constraints")
@pytest.mark.parametrize("batch", [False, True])
async def test_an_exclusion_does_not_name_the_primary_key(shop: Plane, batch: bool):
    row = {"id": 2, "span": "[2,3)"}
    answer = await shop.ask("POST", f"{_T}/spans", [row, {**row, "id": 3}] if batch else row)

    assert (answer.status, answer.error) == (409, "unique_violation")
    assert "columns" not in answer.json["error"]["context"]
    assert '"id"' not in answer.json["error"]["message"]


@pytest.mark.fault("privileges.denied")
async def test_the_log_names_table_and_statement_of_a_missing_privilege(shop: Plane):
    await shop.ask("DELETE", f"{_T}/plain/1")

    trace = shop.traces[-1]
    assert (trace.table, trace.action, trace.error) == ("plain", "DELETE", "database_refused")
    assert trace.reason == "SQLSTATE 42501 of DELETE: permission denied for table plain"
