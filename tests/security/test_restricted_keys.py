"""A row that others reference with RESTRICT is kept: 409, as with the default NO ACTION."""

from typing import Any

import pytest

from tests.databases import Database
from tests.plane import plane
from tests.security.manifests import ask, grant, manifest

pytestmark = [pytest.mark.anyio, pytest.mark.fault("compare.restrict")]


def _build(database: Database, action: str) -> dict[str, Any]:
    database.script(
        "CREATE TABLE parents (id integer PRIMARY KEY, n integer)",
        "CREATE TABLE children (id integer PRIMARY KEY, parent integer REFERENCES parents(id)"
        f" ON DELETE {action} ON UPDATE {action})",
        "INSERT INTO parents VALUES (1, 0), (2, 0)",
        "INSERT INTO children VALUES (1, 1)",
    )
    return manifest(database, {"clerk": {}}, clerk=[grant("parents children")])


@pytest.mark.parametrize("action", ["RESTRICT", "NO ACTION"])
@pytest.mark.parametrize(
    ("asked", "continues"),
    [
        (("DELETE", "parents/1", None), False),
        (("DELETE", "parents?ids=2,1", None), False),
        (("PATCH", "parents?filter=id=1", {"id": 7}), False),
        (("DELETE", "parents", {"resource": [{"id": 1}]}), True),
    ],
)
async def test_a_referenced_row_is_kept(
    database: Database, action: str, asked: tuple[str, str, Any], *, continues: bool
):
    made = _build(database, action)

    async with plane(made) as opened:
        parameters = {"continue_": "true"} if continues else {}
        answer = await ask(opened, "clerk", *asked, **parameters)

    error = answer.rows[0]["error"] if continues else answer.json["error"]
    assert (error["code"], error["type"]) == (409, "foreign_key_violation")
    assert database.rows("SELECT id FROM parents ORDER BY id") == [(1,), (2,)]
