"""References that no column of the body sets: by defaults, computed columns and triggers."""

from typing import Any

import pytest

from tests.databases import Database
from tests.plane import plane
from tests.security.manifests import ask, grant, manifest, told

pytestmark = [pytest.mark.anyio, pytest.mark.promise("sec-12")]

# Parent 1 is the role's own, 2 is a foreign tenant's, 3 does not exist.
_PARENTS = (
    "CREATE TABLE parents (id integer PRIMARY KEY, tenant integer)",
    "INSERT INTO parents VALUES (1, 7), (2, 8)",
)


def _manifest(database: Database) -> dict[str, Any]:
    clerk = [grant("parents", "GET", rows="tenant = {claims.tenant}"), grant("children")]
    return manifest(database, {"clerk": {"tenant": 7}}, clerk=clerk)


_COMPUTED_WRITES: list[tuple[str, str, Any]] = [
    ("POST", "children", {"id": 5, "base": "*"}),
    ("POST", "children", [{"id": 5, "base": 1}, {"id": 6, "base": "*"}]),
    ("PATCH", "children?all=true", {"base": "*"}),
    ("PATCH", "children/1", {"base": "*"}),
    ("PATCH", "children", [{"id": 1, "base": "*"}, {"id": 2, "note": "n"}]),
    ("PUT", "children/1", {"base": "*"}),
]


@pytest.mark.fault("attacks.computed_references")
@pytest.mark.parametrize("write", _COMPUTED_WRITES, ids=lambda write: " ".join(map(str, write)))
async def test_a_computed_reference_to_an_invisible_parent_is_one_to_an_absent_one(
    database: Database, write: tuple[str, str, Any]
):
    database.script(
        *_PARENTS,
        "CREATE TABLE children (id integer PRIMARY KEY, base integer, note text, parent integer"
        " GENERATED ALWAYS AS (base * 1) STORED REFERENCES parents(id))",
        "INSERT INTO children (id, base) VALUES (1, 1), (2, 1)",
    )
    method, rest, body = write

    async with plane(_manifest(database)) as opened:
        visible = await ask(opened, "clerk", method, rest, _with(body, 1))
        database.script("DELETE FROM children WHERE id > 2")
        absent = await ask(opened, "clerk", method, rest, _with(body, 3))
        invisible = await ask(opened, "clerk", method, rest, _with(body, 2))

    assert visible.status in {200, 201}
    assert (absent.status, absent.error) == (409, "foreign_key_violation")
    assert told(invisible) == told(absent)
    assert database.rows("SELECT id, parent FROM children ORDER BY id") == [(1, 1), (2, 1)]


def _with(body: Any, value: int) -> Any:
    if isinstance(body, list):
        return [_with(record, value) for record in body]
    return {name: value if sent == "*" else sent for name, sent in body.items()}


@pytest.mark.fault("attacks.default_references")
@pytest.mark.parametrize("body", [{}, {"note": "n"}, [{"note": "n"}, {"note": "o"}]], ids=str)
async def test_a_default_to_an_invisible_parent_is_one_to_an_absent_one(
    database: Database, body: Any
):
    database.script(
        *_PARENTS,
        "CREATE TABLE children (id integer PRIMARY KEY"
        + database.either(sqlite="", postgres=" GENERATED ALWAYS AS IDENTITY")
        + ", note text, parent integer DEFAULT 2 REFERENCES parents(id))",
    )

    async with plane(_manifest(database)) as opened:
        invisible = await ask(opened, "clerk", "POST", "children", body)
        database.script("DELETE FROM parents WHERE id = 2")
        absent = await ask(opened, "clerk", "POST", "children", body)
        database.script("INSERT INTO parents VALUES (2, 7)")
        visible = await ask(opened, "clerk", "POST", "children", body)

    assert (absent.status, absent.error) == (409, "foreign_key_violation")
    assert told(invisible) == told(absent)
    assert visible.status == 201


@pytest.mark.fault("attacks.default_references")
async def test_a_reference_that_a_trigger_sets_on_insert_must_be_visible(database: Database):
    database.script(
        *_PARENTS,
        "CREATE TABLE children (id integer PRIMARY KEY, base integer,"
        " parent integer REFERENCES parents(id))",
        database.either(
            sqlite="CREATE TRIGGER bend AFTER INSERT ON children BEGIN"
            " UPDATE children SET parent = NEW.base WHERE id = NEW.id; END",
            postgres="CREATE FUNCTION bend() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN NEW.parent := NEW.base; RETURN NEW; END $$;"
            "CREATE TRIGGER bend BEFORE INSERT ON children FOR EACH ROW EXECUTE FUNCTION bend()",
        ),
    )

    async with plane(_manifest(database)) as opened:
        invisible, absent, visible = [
            await ask(opened, "clerk", "POST", "children", {"id": 5, "base": base})
            for base in (2, 3, 1)
        ]

    assert told(invisible) == told(absent)
    assert (absent.status, visible.status) == (409, 201)


@pytest.mark.fault("attacks.default_references")
async def test_a_reference_that_nothing_sets_is_not_checked(database: Database):
    database.script(
        *_PARENTS,
        "CREATE TABLE children (id integer PRIMARY KEY, note text,"
        " parent integer REFERENCES parents(id))",
        "INSERT INTO children VALUES (1, 'a', 2)",
    )

    async with plane(_manifest(database)) as opened:
        added = await ask(opened, "clerk", "POST", "children", {"id": 5, "note": "n"})
        kept = await ask(opened, "clerk", "PATCH", "children/1", {"note": "b"})

    assert (added.status, kept.status) == (201, 200)
