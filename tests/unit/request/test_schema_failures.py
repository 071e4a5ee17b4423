"""What a database's own functions, triggers and expressions fail with is no fault of Faucet."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.databases import DIALECTS, Database, scratch
from tests.plane import Answer, Plane, plane

pytestmark = [pytest.mark.anyio]

_T = "/api/v1/shop/_table"
_TRIGGER = "CREATE TRIGGER {0} BEFORE INSERT ON {0} FOR EACH ROW EXECUTE FUNCTION {0}()"
_BODIES = {
    "caseless": "CASE NEW.id WHEN 0 THEN NULL; END CASE; RETURN NEW;",
    "strict_": "SELECT id INTO STRICT NEW.id FROM empty_; RETURN NEW;",
    "asserting": "ASSERT false, 'never'; RETURN NEW;",
    "endless": "INSERT INTO endless VALUES (NEW.id); RETURN NEW;",
    "outdated": "INSERT INTO gone VALUES (1); RETURN NEW;",
    "isolating": "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; RETURN NEW;",
}
_SCHEMA = (
    "CREATE TABLE t (id int PRIMARY KEY, a int, s text)",
    "INSERT INTO t VALUES (1, 1, 'x'), (2, 2, '2')",
    "CREATE TABLE empty_ (id int PRIMARY KEY)",
    (
        "CREATE FUNCTION boom(i int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN"
        " IF i = 2 THEN RAISE EXCEPTION 'canary %', i; END IF; RETURN i; END $$"
    ),
    "CREATE VIEW raising AS SELECT id, boom(a) AS b FROM t",
    "CREATE VIEW dividing AS SELECT id, 1 / (a - 1) AS q FROM t",
    "CREATE VIEW casting AS SELECT id, s::int AS n FROM t",
    "CREATE VIEW overflowing AS SELECT id, (a * 2000000000)::int AS n FROM t",
    "CREATE VIEW many AS SELECT id, (SELECT o.id FROM t o) AS n FROM t",
    "CREATE FUNCTION w() RETURNS int LANGUAGE sql AS 'INSERT INTO empty_ VALUES (1) RETURNING 1'",
    "CREATE VIEW writing AS SELECT id, w() AS n FROM t",
    "CREATE MATERIALIZED VIEW unfilled AS SELECT id FROM t WITH NO DATA",
    *(
        text
        for name, body in _BODIES.items()
        for text in (
            f"CREATE TABLE {name} (id int)",
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$",
            _TRIGGER.format(name),
        )
    ),
)


@pytest.fixture
async def shop(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Plane]:
    with scratch("postgres", request, tmp_path) as database:
        database.script(*_SCHEMA)
        async with plane(_manifest(database)) as opened:
            yield opened


def _manifest(database: Database, **service: Any) -> dict[str, Any]:
    grant = {"service": "shop", "tables": ["*"], "verbs": ["*"], "aggregate": True}
    return {
        "version": 1,
        "services": {"shop": database.service(**service)},
        "roles": {"all": {"grants": [grant]}},
        "auth": {"anonymous": "all"},
    }


def _checked(answer: Answer, plane_: Plane, reason: str) -> None:
    assert (answer.status, answer.error) == (400, "schema_failed")
    assert (answer.reported, plane_.traces[-1].reason) == ((), reason)
    assert b"canary" not in answer.body


@pytest.mark.postgresql
@pytest.mark.fault("views.raising")
@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("raising", "SQLSTATE P0001 of SELECT: canary 2"),
        ("raising?count=true", "SQLSTATE P0001 of SELECT: canary 2"),
        ("raising?filter=id=2", "SQLSTATE P0001 of SELECT: canary 2"),
        ("raising?fields=SUM(b)", "SQLSTATE P0001 of SELECT: canary 2"),
        ("dividing", "SQLSTATE 22012 of SELECT"),
        ("dividing?filter=id=1", "SQLSTATE 22012 of SELECT"),
        ("casting", "SQLSTATE 22P02 of SELECT"),
        ("writing", ""),
        ("overflowing", "SQLSTATE 22003 of SELECT"),
        (
            "many",
            (
                "SQLSTATE 21000 of SELECT: "
                "more than one row returned by a subquery used as an expression"
            ),
        ),
    ],
)
async def test_what_a_view_fails_with_is_not_a_check_of_its_table(
    shop: Plane, url: str, reason: str
):
    answer = await shop.get(f"{_T}/{url}")

    assert (answer.status, answer.error) == (400, "schema_failed")
    assert answer.reported == ()
    assert (shop.traces[-1].reason or "").startswith(reason[:24])
    assert b"canary" not in answer.body


@pytest.mark.postgresql
@pytest.mark.parametrize("url", ["t?fields=SUM(a)", "raising?filter=id=1"])
async def test_rows_that_can_be_computed_are_returned(shop: Plane, url: str):
    assert (await shop.get(f"{_T}/{url}")).status == 200


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("table", "state"),
    [
        ("caseless", "20000"),
        ("strict_", "P0002"),
        ("asserting", "P0004"),
        ("endless", "54001"),
        ("outdated", "42P01"),
        ("isolating", "25001"),
    ],
)
@pytest.mark.parametrize("batch", [False, True])
async def test_what_a_trigger_fails_with_has_a_type_and_a_reason(
    shop: Plane, table: str, state: str, batch: bool
):
    body: Any = [{"id": 1}, {"id": 2}] if batch else {"id": 1}
    answer = await shop.ask("POST", f"{_T}/{table}", body)

    assert (answer.status, answer.error) == (400, "schema_failed")
    assert answer.reported == ()
    assert (shop.traces[-1].reason or "").startswith(f"SQLSTATE {state} of INSERT: ")


@pytest.mark.postgresql
async def test_a_relation_in_the_wrong_state_is_refused_by_the_database(shop: Plane):
    answer = await shop.get(f"{_T}/unfilled")

    assert (answer.status, answer.error) == (403, "database_refused")
    assert (shop.traces[-1].reason or "").startswith("SQLSTATE 55000 of SELECT: ")


@pytest.mark.postgresql
async def test_a_policy_that_refers_to_itself_is_a_failure_of_the_schema(
    request: pytest.FixtureRequest, tmp_path: Path
):
    with scratch("postgres", request, tmp_path) as database:
        database.script(
            "CREATE TABLE own (id int PRIMARY KEY)",
            "ALTER TABLE own ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE own FORCE ROW LEVEL SECURITY",
            "CREATE POLICY own ON own USING (EXISTS (SELECT FROM own))",
            "CREATE ROLE policed_user NOLOGIN",
            "GRANT SELECT ON own TO policed_user",
        )
        try:
            dsn = database.dsn + "?options=-crole%3Dpoliced_user"
            service = Database(dialect="postgres", dsn=dsn)
            async with plane(_manifest(service)) as shop:
                answer = await shop.get(f"{_T}/own")
        finally:
            database.script("DROP OWNED BY policed_user", "DROP ROLE policed_user")

    _checked(
        answer,
        shop,
        'SQLSTATE 42P17 of SELECT: infinite recursion detected in policy for relation "own"',
    )


async def test_a_sqlite_file_may_call_json_functions_anywhere(
    request: pytest.FixtureRequest, tmp_path: Path
):
    with scratch("sqlite", request, tmp_path) as database:
        database.script(
            "CREATE TABLE docs (id integer PRIMARY KEY, doc text CHECK (json_valid(doc)),"
            " a text AS (json_extract(doc, '$.a')))",
            "CREATE INDEX by_a ON docs (json_extract(doc, '$.a'))",
            "CREATE VIEW paths AS SELECT id, doc ->> 'a' AS a FROM docs",
        )
        async with plane(_manifest(database)) as shop:
            made = await shop.ask("POST", f"{_T}/docs", {"id": 1, "doc": '{"a": "x"}'})
            refused = await shop.ask("POST", f"{_T}/docs", {"id": 2, "doc": "x"})
            shown = await shop.get(f"{_T}/paths")

    assert (made.status, shown.rows) == (201, [{"id": 1, "a": "x"}])
    assert (refused.status, refused.error) == (400, "schema_failed")


_SQLITE = (
    "CREATE TABLE docs (id integer PRIMARY KEY, doc text)",
    "INSERT INTO docs VALUES (1, '{}'), (2, 'canary')",
    "CREATE VIEW paths AS SELECT id, json_extract(doc, '$.a') AS a FROM docs",
    "CREATE VIEW sums AS SELECT 1 AS id, sum(9223372036854775807) AS n FROM docs",
    "CREATE TABLE indexed (id integer PRIMARY KEY, doc text)",
    "CREATE INDEX by_path ON indexed (json_extract(doc, '$.a'))",
    "CREATE TABLE dated (id integer PRIMARY KEY, d text, CHECK (d < date('now')))",
    "CREATE TABLE parents (id integer)",
    "CREATE TABLE children (id integer PRIMARY KEY, p integer REFERENCES parents (id))",
    "CREATE TABLE slugs (id integer PRIMARY KEY)",
    "CREATE TRIGGER slugs_ AFTER INSERT ON slugs BEGIN SELECT slugify('x'); END",
    "CREATE TABLE deep (id integer PRIMARY KEY)",
    (
        "CREATE TRIGGER deep_ AFTER INSERT ON deep BEGIN INSERT INTO docs (doc)"
        " VALUES (json_extract('canary', '$.a')); END"
    ),
)


@pytest.mark.parametrize(
    ("url", "body", "reason"),
    [
        ("paths", None, "SQLITE_ERROR of SELECT: malformed JSON"),
        ("sums", None, "SQLITE_ERROR of SELECT: integer overflow"),
        ("indexed", {"doc": "x"}, "SQLITE_ERROR of INSERT: malformed JSON"),
        (
            "dated",
            {"d": "2000-01-01"},
            "SQLITE_ERROR of INSERT: non-deterministic use of date() in a CHECK constraint",
        ),
        (
            "children",
            {"p": 1},
            'SQLITE_ERROR of INSERT: foreign key mismatch - "children" referencing "parents"',
        ),
        ("slugs", {"id": 1}, "SQLITE_ERROR of INSERT: no such function: slugify"),
        ("deep", [{"id": 1}, {"id": 2}], "SQLITE_ERROR of INSERT: malformed JSON"),
    ],
)
async def test_what_a_sqlite_file_fails_with_has_a_type_and_a_reason(
    request: pytest.FixtureRequest, tmp_path: Path, url: str, body: Any, reason: str
):
    with scratch("sqlite", request, tmp_path) as database:
        database.script(*_SQLITE)
        async with plane(_manifest(database)) as shop:
            method = "GET" if body is None else "POST"
            _checked(await shop.ask(method, f"{_T}/{url}", body), shop, reason)


def _raising(database: Database) -> tuple[str, ...]:
    if database.dialect == "sqlite":
        return (
            "CREATE TABLE shifts (id integer PRIMARY KEY)",
            (
                "CREATE TRIGGER closed BEFORE INSERT ON shifts BEGIN"
                " SELECT RAISE(ABORT, 'closed on sundays'); END"
            ),
        )
    return (
        "CREATE TABLE shifts (id int PRIMARY KEY)",
        (
            "CREATE FUNCTION closed() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'closed on sundays'; END $$"
        ),
        "CREATE TRIGGER closed BEFORE INSERT ON shifts FOR EACH ROW EXECUTE FUNCTION closed()",
    )


@pytest.mark.fault("errors.raised")
@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("exposed", [False, True])
@pytest.mark.parametrize("form", ["one", "batch", "continued"])
async def test_callers_get_what_is_raised_where_the_service_exposes_it(
    request: pytest.FixtureRequest, tmp_path: Path, dialect: str, *, exposed: bool, form: str
):
    body: Any = {"id": 1} if form == "one" else [{"id": 1}, {"id": 2}]
    query = "?continue=true" if form == "continued" else ""
    with scratch(dialect, request, tmp_path) as database:
        database.script(*_raising(database))
        async with plane(_manifest(database, expose_raise=exposed)) as shop:
            answer = await shop.ask("POST", f"{_T}/shifts{query}", body)

    error = answer.rows[0]["error"] if form == "continued" else answer.json["error"]
    expected = "closed on sundays" if exposed else "the row violates a check of its table"
    assert (error["type"], error["message"]) == ("check_violation", expected)
    if form != "continued":
        assert "closed on sundays" in (shop.traces[-1].reason or "")


@pytest.mark.postgresql
@pytest.mark.fault("errors.raised")
async def test_what_a_view_raises_is_one_line_of_bounded_length(
    request: pytest.FixtureRequest, tmp_path: Path
):
    with scratch("postgres", request, tmp_path) as database:
        database.script(
            "CREATE TABLE t (id int PRIMARY KEY)",
            "INSERT INTO t VALUES (1)",
            "CREATE FUNCTION long_() RETURNS int LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE EXCEPTION E'a\\nb%', repeat('x', 900); END $$",
            "CREATE VIEW v AS SELECT id, long_() AS n FROM t",
        )
        async with plane(_manifest(database, expose_raise=True)) as shop:
            answer = await shop.get(f"{_T}/v")

    message = answer.json["error"]["message"]
    assert (answer.error, len(message), message[:4]) == ("schema_failed", 500, "a bx")
