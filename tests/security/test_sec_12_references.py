"""A reference to a row that the role does not see is one to a row that is not there."""

from typing import Any

import pytest

from tests.databases import Database
from tests.plane import plane
from tests.security.manifests import ask, grant, manifest, told

pytestmark = [pytest.mark.anyio, pytest.mark.promise("sec-12")]

# Parent 1 is the role's own, 2 is a foreign tenant's, 9 does not exist.
_INVISIBLE, _ABSENT = 2, 9
_OWN = "tenant = {claims.tenant}"


def _build(database: Database, *, deferred: bool = False) -> None:
    late = " DEFERRABLE INITIALLY DEFERRED" if deferred else ""
    database.script(
        "CREATE TABLE parents (id integer PRIMARY KEY, tenant integer)",
        "CREATE TABLE pairs (a integer, b integer, tenant integer, PRIMARY KEY (a, b))",
        "CREATE TABLE children (id integer PRIMARY KEY, code text UNIQUE,"
        f" parent_id integer REFERENCES parents{late}, a integer, b integer,"
        f" FOREIGN KEY (a, b) REFERENCES pairs{late})",
        "INSERT INTO parents VALUES (1, 7), (2, 8)",
        "INSERT INTO pairs VALUES (1, 1, 7), (1, 2, 8)",
        "INSERT INTO children VALUES (1, 'one', 1, NULL, NULL), (2, 'two', NULL, NULL, NULL)",
    )


def _manifest(database: Database, **rest: Any) -> dict[str, Any]:
    return manifest(
        database,
        {"clerk": {"tenant": 7}},
        clerk=[grant("parents pairs", "GET", rows=_OWN), grant("children", **rest)],
    )


_WRITES: list[tuple[str, str, Any]] = [
    ("POST", "children", {"id": 5, "parent_id": "*"}),
    ("POST", "children", [{"id": 5, "parent_id": "*"}]),
    ("POST", "children", [{"id": 5, "parent_id": 1}, {"id": 6, "parent_id": "*"}]),
    ("POST", "children", [{"id": 5, "parent_id": "*"}, {"id": 6, "parent_id": 1}]),
    ("POST", "children", [{"id": 5, "parent_id": "*"}, {"id": 1, "parent_id": 1}]),
    ("POST", "children", [{"id": 5, "parent_id": "*"}, {"id": 6, "code": "one"}]),
    ("POST", "children?rollback=true", [{"id": 5, "parent_id": "*"}, {"id": 6}]),
    ("POST", "children?continue=true", [{"id": 5, "parent_id": "*"}, {"id": 6, "parent_id": 1}]),
    ("POST", "children?continue=true", [{"id": 5, "parent_id": "*", "code": "one"}, {"id": 6}]),
    ("POST", "children", {"id": 5, "code": "one", "parent_id": "*"}),
    ("POST", "children", {"id": 1, "parent_id": "*"}),
    ("PATCH", "children/1", {"parent_id": "*"}),
    ("PATCH", "children/1?fields=id", {"parent_id": "*"}),
    ("PATCH", "children/77", {"parent_id": "*"}),
    ("PATCH", "children?all=true", {"parent_id": "*"}),
    ("PATCH", "children?filter=id%20%3D%2077", {"parent_id": "*"}),
    ("PATCH", "children", [{"id": 2, "parent_id": 1}, {"id": 1, "parent_id": "*"}]),
    ("PATCH", "children", [{"id": 1, "parent_id": "*"}, {"id": 77, "parent_id": 1}]),
    ("PATCH", "children?continue=true", [{"id": 1, "parent_id": "*"}, {"id": 77}]),
    ("PUT", "children/1", {"parent_id": "*"}),
    ("PUT", "children", [{"id": 1, "parent_id": "*"}, {"id": 2, "code": "one"}]),
    ("POST", "children", {"id": 5, "a": 1, "b": "*"}),
    ("PATCH", "children", [{"id": 1, "a": 1, "b": "*"}, {"id": 2, "a": 1, "b": 1}]),
]


@pytest.mark.parametrize("deferred", [False, True], ids=["immediate", "deferred"])
@pytest.mark.parametrize("write", _WRITES, ids=lambda write: " ".join(map(str, write)))
async def test_an_invisible_parent_is_told_like_an_absent_one(
    database: Database, write: tuple[str, str, Any], deferred: bool
):
    _build(database, deferred=deferred)
    method, rest, body = write

    async with plane(_manifest(database)) as opened:
        absent = await ask(opened, "clerk", method, rest, _with(body, _ABSENT))
        left = database.rows("SELECT * FROM children ORDER BY id")
        database.script("DELETE FROM children WHERE id > 2")
        invisible = await ask(opened, "clerk", method, rest, _with(body, _INVISIBLE))

    assert told(invisible) == told(absent)
    assert database.rows("SELECT * FROM children ORDER BY id") == left
    assert not [row for row in left if _ABSENT in row[2:]]


def _with(body: Any, value: int) -> Any:
    if isinstance(body, list):
        return [_with(record, value) for record in body]
    return {name: value if sent == "*" else sent for name, sent in body.items()}


async def test_a_visible_parent_and_none_at_all_are_taken(database: Database):
    _build(database)

    async with plane(_manifest(database)) as opened:
        answers = [
            await ask(opened, "clerk", "POST", "children", body)
            for body in (
                {"id": 5, "parent_id": 1, "a": 1, "b": 1},
                {"id": 6, "parent_id": None},
                {"id": 7, "a": 1, "b": None},
            )
        ]

    assert [answer.status for answer in answers] == [201, 201, 201]


async def test_references_any_lets_a_reference_cross(database: Database):
    _build(database)

    async with plane(_manifest(database, references="any")) as opened:
        invisible = await ask(opened, "clerk", "POST", "children", {"id": 5, "parent_id": 2})
        absent = await ask(opened, "clerk", "POST", "children", {"id": 6, "parent_id": 9})

    assert invisible.status == 201
    assert (absent.status, absent.error) == (409, "foreign_key_violation")


async def test_a_trigger_cannot_lead_a_reference_across(database: Database):
    _build(database)
    database.script(
        database.either(
            sqlite="CREATE TRIGGER bend AFTER INSERT ON children BEGIN"
            " UPDATE children SET parent_id = 2 WHERE id = NEW.id; END",
            postgres="CREATE FUNCTION bend() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN NEW.parent_id := 2; RETURN NEW; END $$;"
            "CREATE TRIGGER bend BEFORE INSERT ON children FOR EACH ROW EXECUTE FUNCTION bend()",
        )
    )

    async with plane(_manifest(database)) as opened:
        answer = await ask(opened, "clerk", "POST", "children", {"id": 5, "parent_id": 1})

    assert (answer.status, answer.error) == (409, "foreign_key_violation")
    assert database.rows("SELECT id FROM children ORDER BY id") == [(1,), (2,)]


@pytest.mark.parametrize("deferred", [False, True], ids=["immediate", "deferred"])
@pytest.mark.parametrize("continued", ["false", "true"])
async def test_a_failing_check_does_not_tell_them_apart(
    database: Database, continued: str, deferred: bool
):
    _build(database, deferred=deferred)
    body = [{"id": 5, "parent_id": "*"}, {"id": 6, "parent_id": 1}]
    rules = {"rows": "all", "check": "code IS NOT NULL"}

    async with plane(_manifest(database, **rules)) as opened:
        absent, invisible = [
            await ask(opened, "clerk", "POST", "children", _with(body, parent), continue_=continued)
            for parent in (_ABSENT, _INVISIBLE)
        ]

    assert told(invisible) == told(absent)
    assert b"row_check" in absent.body or b"foreign_key_violation" in absent.body


@pytest.mark.parametrize("name", ["parent", "Parent", "PARENT", "given", "gone", "groups", "t"])
async def test_no_name_of_a_table_opens_a_reference(database: Database, name: str):
    database.script(
        f'CREATE TABLE "{name}" (id integer PRIMARY KEY, tenant integer,'
        f' boss integer REFERENCES "{name}")',
        f'INSERT INTO "{name}" VALUES (1, 7, NULL), (2, 8, NULL)',
    )
    clerk = [grant(name, "GET POST PATCH", rows=_OWN, set={"tenant": "{claims.tenant}"})]

    async with plane(manifest(database, {"clerk": {"tenant": 7}}, clerk=clerk)) as opened:
        own = await ask(opened, "clerk", "POST", name, {"id": 3, "boss": 1})
        invisible = await ask(opened, "clerk", "POST", name, {"id": 4, "boss": _INVISIBLE})
        absent = await ask(opened, "clerk", "POST", name, {"id": 4, "boss": _ABSENT})
        moved = await ask(opened, "clerk", "PATCH", f"{name}/1", {"boss": _INVISIBLE})

    assert own.status == 201
    assert (invisible.status, moved.status) == (409, 409)
    assert told(invisible) == told(absent)


_PARENT_GRANTS = {
    "PATCH alone": grant("parents", "PATCH", rows=_OWN, write=["tenant"]),
    "DELETE alone": grant("parents", "DELETE", rows=_OWN),
    "a narrower GET": grant("parents", "GET", rows=_OWN),
}


@pytest.mark.fault("attacks.unread_parents")
@pytest.mark.parametrize("parent", _PARENT_GRANTS)
async def test_a_role_without_get_refers_to_the_rows_of_its_other_verbs(
    database: Database, parent: str
):
    _build(database)
    role = [_PARENT_GRANTS[parent], grant("children", "GET POST")]

    async with plane(manifest(database, {"clerk": {"tenant": 7}}, clerk=role)) as opened:
        own = await ask(opened, "clerk", "POST", "children", {"id": 5, "parent_id": 1})
        absent = await ask(opened, "clerk", "POST", "children", {"id": 6, "parent_id": _ABSENT})
        other = await ask(opened, "clerk", "POST", "children", {"id": 6, "parent_id": _INVISIBLE})

    assert own.status == 201
    assert told(other) == told(absent)
    assert other.status == 409


_VIEW_WRITES: list[tuple[str, str, Any]] = [
    ("POST", "v", {"id": 5, "parent": 2}),
    ("POST", "v", [{"id": 5, "parent": 1}]),
    ("PATCH", "v/1", {"parent": 2}),
    ("PATCH", "v?filter=id%20%3D%201", {"parent": 2}),
    ("PUT", "v/1", {"id": 1, "parent": 2}),
]


@pytest.mark.fault("attacks.view_references")
@pytest.mark.parametrize("references", ["visible", "any"])
@pytest.mark.parametrize("write", _VIEW_WRITES, ids=lambda write: " ".join(map(str, write)))
async def test_a_view_does_not_lead_a_reference_across(
    database: Database, write: tuple[str, str, Any], references: str
):
    _build(database)
    database.script("CREATE VIEW v AS SELECT id, parent_id AS parent FROM children")
    if database.dialect == "sqlite":
        database.script(
            "CREATE TRIGGER v_insert INSTEAD OF INSERT ON v BEGIN"
            " INSERT INTO children (id, parent_id) VALUES (NEW.id, NEW.parent); END",
            "CREATE TRIGGER v_update INSTEAD OF UPDATE ON v BEGIN"
            " UPDATE children SET parent_id = NEW.parent WHERE id = OLD.id; END",
        )
    made = manifest(
        database,
        {"clerk": {"tenant": 7}},
        clerk=[grant("parents", "GET", rows=_OWN), grant("v", references=references)],
    )
    made["services"]["shop"]["resources"] = {"v": {"primary_key": ["id"]}}
    before = database.rows("SELECT * FROM children ORDER BY id")
    method, rest, body = write

    async with plane(made) as opened:
        answer = await ask(opened, "clerk", method, rest, body)
    after = database.rows("SELECT * FROM children ORDER BY id")

    if references == "visible":
        assert (answer.status, answer.error) == (403, "read_only")
        assert after == before
    else:
        assert answer.status in {200, 201}, answer.body
        assert after != before


@pytest.mark.fault("attacks.raised_parents")
@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("POST", "c", {"id": 9, "p": 2}),
        ("POST", "c", [{"id": 8, "p": 1}, {"id": 9, "p": 2}]),
        ("PATCH", "c/1", {"p": 2}),
        ("PUT", "c", [{"id": 1, "p": 2}]),
    ],
)
async def test_a_trigger_that_raises_tells_no_invisible_parent_from_a_missing_one(
    database: Database, method: str, rest: str, body: Any
):
    database.script(
        "CREATE TABLE p (id integer PRIMARY KEY, tenant integer)",
        "CREATE TABLE c (id integer PRIMARY KEY, p integer REFERENCES p(id))",
        "INSERT INTO p VALUES (1, 7), (2, 8)",
        "INSERT INTO c VALUES (1, 1)",
    )
    if database.dialect == "sqlite":
        events = [
            f"CREATE TRIGGER t{event} AFTER {event} ON c WHEN NEW.p = 2"
            " BEGIN SELECT RAISE(ABORT, 'no'); END"
            for event in ("INSERT", "UPDATE")
        ]
    else:
        events = [
            (
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                " IF NEW.p = 2 THEN RAISE 'no'; END IF; RETURN NULL; END $$"
            ),
            "CREATE TRIGGER a AFTER INSERT OR UPDATE ON c FOR EACH ROW EXECUTE FUNCTION refuse()",
        ]
    database.script(*events)
    made = manifest(
        database,
        {"clerk": {"tenant": 7}},
        clerk=[grant("p", rows="tenant = {claims.tenant}"), grant("c")],
    )

    async with plane(made) as opened:
        invisible = await ask(opened, "clerk", method, rest, body)
        database.script("DELETE FROM p WHERE id = 2")
        missing = await ask(opened, "clerk", method, rest, body)

    assert (invisible.status, invisible.json["error"]) == (missing.status, missing.json["error"])
    assert missing.error == "foreign_key_violation"
