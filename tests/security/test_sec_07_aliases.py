"""An alias named like a hidden column is answered as where no such column is."""

from typing import Any

import pytest

from tests.databases import Database
from tests.plane import plane
from tests.security.manifests import ask, grant, manifest, told

pytestmark = [pytest.mark.anyio, pytest.mark.promise("sec-07")]

_HIDDEN = ("secret", "score")
_OUTPUTS = (
    "id",
    "name",
    "n",
    "day",
    "COUNT(*)",
    "COUNT(name)",
    "SUM(n)",
    "AVG(n)",
    "MIN(name)",
    "MAX(day)",
)
# Names that the SQL around the outputs uses for itself.
_OURS = ("t", "r", "page", "row", "count", "groups", "given", "gone", "parent", "one", "things")


def _build(database: Database) -> None:
    """Make `things` with hidden columns that sort and group like no other; `bare` lacks them."""
    shared = "id integer PRIMARY KEY, name text, n integer, day date"
    database.script(
        f"CREATE TABLE things ({shared}, secret text, score integer)",
        f"CREATE TABLE bare ({shared})",
        *(
            f"INSERT INTO {table} VALUES ({n}, 'n{n % 3}', {n % 2}, '2024-01-0{n}'{rest})"
            for n in (1, 2, 3, 4, 5)
            for table, rest in (("things", f", 's{9 - n}', {-n % 4}"), ("bare", ""))
        ),
    )


def _manifest(database: Database) -> dict[str, Any]:
    fields = ["id", "name", "n", "day"]
    grants = [grant("things bare", "GET", fields=fields, aggregate=True)]
    return manifest(database, reader=grants)


def _asked(output: str, label: str) -> list[dict[str, str]]:
    aggregated = "(" in output
    shapes: list[dict[str, str]] = [{}, {"group": "name"}] if aggregated else [{}]
    if not aggregated:
        shapes.append({"group": output})
    found = []
    for shape in shapes:
        fields = [f"{output} AS {label}", *([shape["group"]] if shape else [])]
        for order in ("", label, f"-{label}", f"{label} DESC NULLS FIRST", f"id,{label}"):
            asked = {**shape, "fields": ",".join(fields), "count": "true"}
            found.append(asked | ({"order": order} if order else {}))
    return [
        *found,
        {"fields": f"{output} AS {label}", "group": label},
        {"fields": f"{output} AS {label}", "filter": f"{label} IS NULL"},
        {"fields": f"{output} AS {label}", "filter": f"NOT {label} = 's4'", "order": label},
        {"fields": f"{output} AS {label},{label}"},
        {"fields": f"{output} AS {label},name AS {label}"},
    ]


@pytest.mark.parametrize("label", _HIDDEN)
@pytest.mark.parametrize("output", _OUTPUTS)
async def test_a_label_like_a_hidden_column_changes_nothing(
    database: Database, output: str, label: str
):
    _build(database)

    async with plane(_manifest(database)) as opened:
        for query in _asked(output, label):
            things = await ask(opened, "reader", "GET", "things", **query)
            bare = await ask(opened, "reader", "GET", "bare", **query)
            assert told(things) == told(bare), query


@pytest.mark.parametrize("label", [*_OURS, "NULL", "order", "_"])
async def test_any_label_is_taken_as_it_is(database: Database, label: str):
    _build(database)

    async with plane(_manifest(database)) as opened:
        plain = await ask(opened, "reader", "GET", "things", fields=f"name AS {label}", order="-id")
        first = await ask(opened, "reader", "GET", "things", fields=f"name AS {label}", order=label)
        summed = await ask(
            opened, "reader", "GET", "things", fields=f"SUM(n) AS {label},name", group="name"
        )

    assert (plain.status, first.status, summed.status) == (200, 200, 200)
    assert [row[label] for row in plain.rows] == ["n2", "n1", "n0", "n2", "n1"]
    assert [row[label] for row in first.rows] == ["n0", "n1", "n1", "n2", "n2"]
    assert {row["name"]: row[label] for row in summed.rows} == {"n0": 1, "n1": 1, "n2": 1}


@pytest.mark.fault("attacks.names")
@pytest.mark.parametrize("name", ["t", "r", "page", "given", "gone", "a.b", "%s", "faucet key 0"])
async def test_columns_may_be_named_like_our_own_words(database: Database, name: str):
    database.script(
        f'CREATE TABLE w (id integer PRIMARY KEY, "{name}" text)',
        "INSERT INTO w VALUES (1, 'one')",
    )

    async with plane(manifest(database, writer=[grant("w")])) as opened:
        answers = [
            await ask(opened, "writer", "GET", "w"),
            await ask(opened, "writer", "POST", "w", {"id": 2, name: "two"}),
            await ask(opened, "writer", "PATCH", "w/1", {name: "new"}),
            await ask(opened, "writer", "DELETE", "w", ids="2", fields="*"),
        ]

    shown = [answer.json if "resource" not in answer.json else answer.rows for answer in answers]
    assert shown == [
        [{"id": 1, name: "one"}],
        [{"id": 2, name: "two"}],
        {"id": 1, name: "new"},
        [{"id": 2, name: "two"}],
    ]
