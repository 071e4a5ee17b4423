"""The database decides which columns of a view can be written, by which verb, and by which row."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from faucet.control.compile import compile_surface
from faucet.control.introspect import introspect
from faucet.control.load import SourceText, load
from faucet.control.resolve import Overrides, resolve
from faucet.control.validate import validate
from faucet.model.catalog import Catalog
from faucet.standard import standard_registry
from tests.databases import Database, scratch
from tests.plane import Answer, Plane, plane

pytestmark = [pytest.mark.anyio]

_T = "/api/v1/shop/_table"
_SCHEMA = (
    "CREATE SCHEMA below",
    (
        "CREATE TABLE below.base (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a text, b int,"
        " c int GENERATED ALWAYS AS (b * 2) STORED, n serial)"
    ),
    "INSERT INTO below.base (a, b) VALUES ('x', 7)",
    (
        "CREATE VIEW shown AS SELECT id, a, b, c, n, a || '!' AS ax, ctid AS place,"
        " (SELECT max(o.b) FROM below.base o) AS most FROM below.base"
    ),
    """CREATE VIEW nested AS SELECT id, a AS "x {y} \\ z", c AS cc, ax, 1 AS one FROM shown""",
    "CREATE TABLE t (id int PRIMARY KEY, a int, n int)",
    "INSERT INTO t VALUES (1, 1, 1), (2, 2, 2)",
    "CREATE VIEW twice AS SELECT id, a, a AS again, id AS id2, n FROM t",
    "CREATE VIEW local_ AS SELECT * FROM t WHERE a < 10 WITH LOCAL CHECK OPTION",
    "CREATE VIEW cascaded AS SELECT * FROM local_ WHERE n < 10 WITH CASCADED CHECK OPTION",
    "CREATE VIEW mixed AS SELECT id, a, n + 1 AS more FROM t",
    (
        "CREATE FUNCTION make() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO t VALUES (NEW.id, NEW.a, NEW.more - 1); RETURN NEW; END $$"
    ),
    "CREATE TRIGGER make INSTEAD OF INSERT ON mixed FOR EACH ROW EXECUTE FUNCTION make()",
    "CREATE VIEW over_mixed AS SELECT id, more, a FROM mixed",
    "CREATE VIEW ruled AS SELECT id, a, n * 2 AS double FROM t",
    (
        "CREATE RULE ruled AS ON UPDATE TO ruled DO INSTEAD"
        " UPDATE t SET n = NEW.double / 2 WHERE id = OLD.id RETURNING t.id, t.a, t.n * 2"
    ),
)
_VIEWS = ("shown", "nested", "twice", "local_", "cascaded", "mixed", "over_mixed", "ruled")
_GRANT = {"service": "shop", "tables": ["*"], "verbs": ["*"]}


def _manifest(database: Database, *views: str, **grant: Any) -> dict[str, Any]:
    resources = {name: {"primary_key": ["id"]} for name in views}
    return {
        "version": 1,
        "services": {"shop": database.service(resources=resources)},
        "roles": {"all": {"grants": [_GRANT | grant]}},
        "auth": {"anonymous": "all"},
    }


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    with scratch("postgres", request, tmp_path) as made:
        made.script(*_SCHEMA)
        yield made


@pytest.fixture
async def shop(database: Database) -> AsyncIterator[Plane]:
    async with plane(_manifest(database, *_VIEWS)) as opened:
        yield opened


async def _ask(shop: Plane, method: str, rest: str, body: Any = None) -> Answer:
    answer = await shop.ask(method, f"{_T}/{rest}", body)
    assert answer.reported == ()
    return answer


@pytest.mark.postgresql
@pytest.mark.fault("views.columns")
@pytest.mark.parametrize(
    ("view", "column", "value"),
    [
        ("shown", "id", 5),
        ("shown", "c", 3),
        ("shown", "ax", "z"),
        ("shown", "place", "(0,1)"),
        ("shown", "most", 3),
        ("nested", "cc", 3),
        ("nested", "ax", "z"),
        ("nested", "one", 2),
    ],
)
async def test_a_column_that_the_view_does_not_take_is_not_writable(
    shop: Plane, view: str, column: str, value: Any
):
    row = {column: value}
    answers = [
        await _ask(shop, "POST", view, row),
        await _ask(shop, "POST", view, [row, row]),
        await _ask(shop, "PATCH", f"{view}?all=true", row),
    ]
    if column != "id":
        answers += [
            await _ask(shop, "PATCH", f"{view}/1", row),
            await _ask(shop, "PUT", f"{view}/1", row),
        ]

    assert [(answer.status, answer.error) for answer in answers] == [
        (403, "column_not_writable")
    ] * len(answers)


@pytest.mark.postgresql
@pytest.mark.fault("views.columns")
async def test_a_put_leaves_alone_what_the_view_does_not_take(shop: Plane):
    shown = await _ask(shop, "PUT", "shown/1", {"a": "y", "b": 8})
    nested = await _ask(shop, "PUT", "nested/1", {"x {y} \\ z": "q"})

    assert (shown.status, nested.status) == (200, 200)
    assert {"a": "y", "b": 8, "c": 16, "n": 1, "ax": "y!"}.items() <= shown.json.items()
    assert nested.json == {"id": 1, "x {y} \\ z": "q", "cc": 16, "ax": "q!", "one": 1}


@pytest.mark.postgresql
@pytest.mark.fault("views.columns")
async def test_the_document_says_which_columns_of_a_view_are_read_only(shop: Plane):
    document = (await shop.get("/openapi.json")).json
    schemas = document["components"]["schemas"]

    row = schemas["shop.shown.row"]["properties"]
    fixed = {name for name, schema in row.items() if schema.get("readOnly")}
    assert fixed == {"id", "c", "ax", "place", "most"}
    assert set(schemas["shop.shown.new"]["properties"]) == {"a", "b", "n"}
    assert "more" in schemas["shop.mixed.new"]["properties"]
    assert "more" not in schemas["shop.mixed.change"]["properties"]


@pytest.mark.postgresql
@pytest.mark.fault("views.columns")
async def test_a_verb_that_a_trigger_or_rule_replaces_takes_every_column(shop: Plane):
    made = await _ask(shop, "POST", "mixed", {"id": 7, "a": 1, "more": 5})
    above = await _ask(shop, "POST", "over_mixed", {"id": 8, "a": 1, "more": 5})
    changed = await _ask(shop, "PATCH", "mixed/7", {"more": 6})
    put = await _ask(shop, "PUT", "over_mixed/7", {"a": 3})
    ruled = await _ask(shop, "PATCH", "ruled/7", {"double": 20})

    assert (made.status, above.status) == (201, 201)
    assert (changed.status, changed.error) == (403, "column_not_writable")
    assert (put.status, put.json) == (200, {"id": 7, "more": 5, "a": 3})
    assert (ruled.status, ruled.json) == (200, {"id": 7, "a": 3, "double": 20})


@pytest.mark.postgresql
@pytest.mark.fault("views.columns")
def test_what_is_updatable_is_what_postgresql_says(database: Database):
    manifest = _manifest(database, *_VIEWS)
    settings = _settings(manifest)
    (catalog,) = introspect(settings.services, standard_registry().dialects).values()
    assert isinstance(catalog, Catalog)
    said = database.rows(
        "SELECT c.table_name, c.column_name FROM information_schema.columns c"
        " JOIN information_schema.tables t USING (table_schema, table_name)"
        " WHERE c.table_schema = 'public' AND table_type = 'VIEW' AND is_updatable = 'YES'"
    )

    found = {
        (relation.name, column.name)
        for relation in catalog.relations.values()
        for column in relation.columns
        if relation.name in _VIEWS and column.updatable
    }
    # What PostgreSQL calls updatable includes what it then refuses.
    generated = {("shown", "id"), ("shown", "c"), ("nested", "id"), ("nested", "cc")}
    second = {("twice", "again"), ("twice", "id2")}
    assert found == {*said} - generated - second


def _settings(manifest: dict[str, Any]) -> Any:
    facts = standard_registry().facts()
    document = load((SourceText(name="faucet.yaml", text=json.dumps(manifest)),)).value
    assert document is not None
    checked = validate(document, facts).value
    assert checked is not None
    return resolve(checked, facts, {}, Overrides(), "/").value


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("view", "key", "grant"),
    [
        ("shown", "write", {"write": ["a", "ax"]}),
        ("shown", "set", {"set": {"c": 1}}),
        ("mixed", "set", {"set": {"more": 1}}),
    ],
)
def test_a_grant_that_writes_what_the_view_does_not_take_is_reported(
    database: Database, view: str, key: str, grant: dict[str, Any]
):
    settings = _settings(_manifest(database, *_VIEWS, tables=[view], **grant))
    catalogs = introspect(settings.services, standard_registry().dialects)

    found = compile_surface(settings, catalogs, standard_registry().facts()).diagnostics

    assert [(each.code, each.address[4]) for each in found] == [("FCT1510", key)]


@pytest.mark.postgresql
@pytest.mark.fault("views.repeated")
async def test_the_first_of_two_columns_that_show_the_same_one_is_written(shop: Plane):
    put = await _ask(shop, "PUT", "twice/1", {"a": 5, "n": 1})
    made = await _ask(shop, "POST", "twice", [{"id": 4, "a": 5}, {"id": 5, "a": 6}])
    refused = [
        await _ask(shop, "PATCH", "twice/1", {"a": 5, "again": 6}),
        await _ask(shop, "PATCH", "twice/1", {"again": 6}),
        await _ask(shop, "POST", "twice", {"id": 6, "a": 5, "id2": 6}),
        await _ask(shop, "POST", "twice", [{"id": 6, "id2": 6}, {"id": 7, "id2": 7}]),
    ]

    assert (put.status, put.json) == (200, {"id": 1, "a": 5, "again": 5, "id2": 1, "n": 1})
    assert [row["again"] for row in made.rows] == [5, 6]
    assert [(each.status, each.error) for each in refused] == [(403, "column_not_writable")] * 4


@pytest.mark.postgresql
@pytest.mark.fault("views.check_option")
@pytest.mark.parametrize(
    ("method", "url", "body"),
    [
        ("PATCH", "local_/1", {"a": 20}),
        ("PATCH", "local_?all=true", {"a": 20}),
        ("PUT", "local_/1", {"a": 20}),
        ("POST", "local_", {"id": 9, "a": 20}),
        ("POST", "local_", [{"id": 8, "a": 1}, {"id": 9, "a": 20}]),
        ("PATCH", "cascaded/1", {"a": 20}),
        ("PATCH", "cascaded/1", {"n": 20}),
        ("POST", "cascaded", {"id": 9, "a": 20, "n": 1}),
        ("POST", "cascaded", {"id": 9, "a": 1, "n": 20}),
    ],
)
async def test_a_row_outside_the_view_is_a_row_check(
    shop: Plane, database: Database, method: str, url: str, body: Any
):
    answer = await _ask(shop, method, url, body)

    assert (answer.status, answer.error) == (403, "row_check")
    assert database.rows("SELECT id, a, n FROM t ORDER BY id") == [(1, 1, 1), (2, 2, 2)]


@pytest.mark.postgresql
@pytest.mark.fault("views.columns")
async def test_what_only_the_statement_shows_to_be_generated_is_not_writable(
    database: Database,
):
    database.script(
        "CREATE FUNCTION wrong() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO below.base (c) VALUES (1); RETURN NEW; END $$",
        "CREATE TRIGGER wrong BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION wrong()",
    )
    async with plane(_manifest(database)) as shop:
        answer = await _ask(shop, "POST", "t", {"id": 9})

    assert (answer.status, answer.error) == (403, "column_not_writable")


@pytest.mark.fault("views.columns")
async def test_a_sqlite_trigger_for_some_columns_takes_only_those(
    request: pytest.FixtureRequest, tmp_path: Path
):
    with scratch("sqlite", request, tmp_path) as database:
        database.script(
            'CREATE TABLE t (id integer PRIMARY KEY, a integer, "b ON" integer, c integer)',
            "INSERT INTO t VALUES (1, 1, 1, 1)",
            "CREATE VIEW v AS SELECT * FROM t",
            'CREATE TRIGGER v1 INSTEAD OF UPDATE OF /* c, */ A, "b ON" ON v BEGIN'
            ' UPDATE t SET a = NEW.a, "b ON" = NEW."b ON" WHERE id = OLD.id; END',
        )
        async with plane(_manifest(database, "v")) as shop:
            refused = [
                await _ask(shop, method, f"v/1{rest}", {"c": 2})
                for method, rest in (("PATCH", ""), ("PUT", ""))
            ]
            changed = await _ask(shop, "PATCH", "v/1", {"a": 2})
            put = await _ask(shop, "PUT", "v/1", {"b ON": 3})

    assert [(each.status, each.error) for each in refused] == [(403, "column_not_writable")] * 2
    assert changed.json == {"id": 1, "a": 2, "b ON": 1, "c": 1}
    assert put.json == {"id": 1, "a": None, "b ON": 3, "c": 1}
