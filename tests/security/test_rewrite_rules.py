"""Writes on relations with rewrite rules: either the database can run them, or they are refused."""

from typing import Any

import pytest

from tests.databases import Database
from tests.plane import plane
from tests.security.manifests import ask, grant, manifest

pytestmark = pytest.mark.anyio

_ACTIONS = {
    "insert": "INSERT INTO other VALUES (NEW.id, NEW.n)",
    "update": "UPDATE other SET n = NEW.n WHERE id = OLD.id",
    "delete": "DELETE FROM other WHERE id = OLD.id",
}
_REQUESTS: dict[str, tuple[str, str, Any]] = {
    "insert": ("POST", "", {"id": 3, "n": 1}),
    "update": ("PATCH", "/1", {"n": 2}),
    "delete": ("DELETE", "/1", None),
}
_RULES = {
    "nothing": "DO INSTEAD NOTHING",
    "elsewhere": "DO INSTEAD {action}",
    "returning": "DO INSTEAD {action} RETURNING other.*",
    "sometimes": "WHERE {row}.id > 5 DO INSTEAD NOTHING",
    "also": "DO ALSO INSERT INTO log VALUES (1)",
}
# Without RETURNING in its rule, the database rejects a statement that has it.
_REFUSED = {
    f"{rule}_{event}"
    for rule in ("nothing", "elsewhere", "sometimes")
    for event in ("insert", "update")
}


def _relation(name: str, kind: str) -> tuple[str, ...]:
    kind_of_rule, event = name.split("_")
    row = "OLD" if event == "delete" else "NEW"
    base = f"base_{name}" if kind == "view" else name
    view = (f"CREATE VIEW {name} AS SELECT * FROM {base}",) if kind == "view" else ()
    written = _RULES[kind_of_rule].format(action=_ACTIONS[event], row=row)
    return (
        f"CREATE TABLE {base} (id integer PRIMARY KEY, n integer)",
        f"INSERT INTO {base} VALUES (1, 1)",
        *view,
        f"CREATE RULE r AS ON {event} TO {name} {written}",
    )


@pytest.mark.fault("attacks.names")
@pytest.mark.parametrize("kind", ["table", "view"])
async def test_a_write_that_a_rewrite_rule_makes_impossible_is_refused(
    postgres: Database, kind: str
):
    names = [f"{rule}_{event}" for rule in _RULES for event in _REQUESTS]
    postgres.script(
        "CREATE TABLE other (id integer PRIMARY KEY, n integer)",
        "INSERT INTO other VALUES (1, 1)",
        "CREATE TABLE log (n integer)",
        *(statement for name in names for statement in _relation(name, kind)),
    )
    made = manifest(postgres, clerk=[grant(" ".join(names))])
    if kind == "view":
        made["services"]["shop"]["resources"] = {name: {"primary_key": ["id"]} for name in names}
    answers = {}
    async with plane(made) as opened:
        for name in names:
            method, path, body = _REQUESTS[name.split("_")[1]]
            answers[name] = (await ask(opened, "clerk", method, name + path, body)).status
            assert (await ask(opened, "clerk", "GET", name)).status == 200

    # A view whose only rule has a condition cannot be written.
    refused = _REFUSED | ({"sometimes_delete"} if kind == "view" else set())
    assert {name for name, status in answers.items() if status == 403} == refused
    assert {name for name, status in answers.items() if status >= 500} == set()
