"""What the tools of agents return, and what they refuse."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from faucet.errors import FaucetError
from faucet.mcp.calls import ToolContext
from faucet.mcp.results import Done, Failed, failed, rows_within
from faucet.mcp.tools import TOOLS, call_tool, tools_of
from faucet.model.request import Caller, Principal
from faucet.request.context import Trace
from tests.databases import DIALECTS, Database, scratch
from tests.plane import Plane, plane

pytestmark = pytest.mark.anyio

_SCHEMA = (
    """CREATE TABLE customers (id integer PRIMARY KEY, tenant integer NOT NULL,
    name varchar(40) NOT NULL, email varchar(80), note text)""",
    """CREATE TABLE orders (id {serial}, tenant integer NOT NULL DEFAULT 1,
    customer_id integer REFERENCES customers (id), total integer)""",
    "CREATE TABLE secrets (id integer PRIMARY KEY, text text)",
    """INSERT INTO customers VALUES (1, 1, 'Ann', 'ann@example.com', 'a'),
    (2, 1, 'Bob', 'bob@example.com', 'b'), (3, 2, 'Cyd', 'cyd@example.com', 'canary')""",
    "CREATE VIEW totals AS SELECT sum(total) AS total FROM orders",
    "INSERT INTO orders (customer_id, total) VALUES (1, 10), (1, 20), (2, 30)",
    "INSERT INTO orders (tenant, customer_id, total) VALUES (2, 3, 40)",
)


@pytest.fixture(params=DIALECTS)
def database(request: pytest.FixtureRequest, tmp_path: Path):
    with scratch(request.param, request, tmp_path) as made:
        made.script(*_SCHEMA)
        yield made


@pytest.fixture
def manifest(database: Database) -> dict[str, Any]:
    own = "tenant = 1"

    def grant(tables: str, verbs: str, **more: Any) -> dict[str, Any]:
        return {"service": "shop", "tables": tables.split(), "verbs": verbs.split(), **more}

    return {
        "version": 1,
        "services": {
            "shop": database.service(label="Shop"),
            "till": database.service(),
            "archive": database.service(read_only=True),
        },
        "roles": {
            "reader": {
                "grants": [
                    grant(
                        "customers",
                        "GET",
                        rows=own,
                        fields=["*", "!note"],
                        mask={"email": "redact"},
                    )
                ]
            },
            "clerk": {
                "grants": [
                    grant("customers", "GET", rows=own),
                    grant("orders", "GET POST PATCH DELETE", rows=own, aggregate=True),
                ]
            },
            "writer": {"grants": [grant("orders", "POST", check=own)]},
            "viewer": {"grants": [grant("totals", "GET POST PATCH DELETE")]},
            "archivist": {"grants": [{**grant("orders", "GET DELETE"), "service": "archive"}]},
            "nobody": {"grants": [{"system": ["GET"]}]},
        },
    }


@pytest.fixture
async def opened(manifest: dict[str, Any]) -> AsyncIterator[Plane]:
    async with plane(manifest) as made:
        yield made


async def _call(opened: Plane, role: str, name: str, **given: Any) -> Any:
    principal = Principal(name=f"key:{role}", role=role, claims={})
    trace = Trace(request_id="r", began=0.0)
    caller = Caller(principal=principal, now=0.0)
    context = ToolContext(generation=opened.generation, caller=caller, trace=trace)
    try:
        return await call_tool(TOOLS[name], context, given)
    except FaucetError as error:
        return failed(error, "r")


async def _content(opened: Plane, role: str, name: str, **given: Any) -> Any:
    result = await _call(opened, role, name, **given)
    assert isinstance(result, Done), result
    return result.content


def _names(opened: Plane, role: str) -> set[str]:
    return {tool.name.removeprefix("faucet_") for tool in tools_of(opened.generation.surface, role)}


async def test_a_role_has_the_tools_of_its_verbs(opened: Plane):
    lists = {"list_services", "list_tables", "describe_table"}

    assert _names(opened, "reader") == lists | {"query"}
    assert _names(opened, "writer") == lists | {"insert"}
    assert _names(opened, "clerk") == lists | {"query", "insert", "update", "delete"}
    assert _names(opened, "nobody") == set()
    assert _names(opened, "unknown") == set()


@pytest.mark.parametrize(
    ("role", "service", "table"), [("viewer", "shop", "totals"), ("archivist", "archive", "orders")]
)
async def test_what_a_table_or_its_service_does_not_take_is_not_offered(
    opened: Plane, role: str, service: str, table: str
):
    listed = await _content(opened, role, "faucet_list_tables", service=service)
    described = await _content(opened, role, "faucet_describe_table", service=service, table=table)

    assert _names(opened, role) == {"list_services", "list_tables", "describe_table", "query"}
    assert [(each["name"], each["verbs"]) for each in listed["tables"]] == [(table, ["GET"])]
    assert described["verbs"] == ["GET"]


async def test_only_tools_that_change_nothing_are_marked_so(opened: Plane):
    assert {tool.name for tool in TOOLS.values() if tool.read_only} == {
        tool.name for tool in TOOLS.values() if tool.verb in (None, "GET")
    }
    assert not any(tool.read_only and tool.destructive for tool in TOOLS.values())


async def test_services_are_those_of_the_role(opened: Plane, database: Database):
    content = await _content(opened, "reader", "faucet_list_services")

    assert content == {
        "services": [
            {
                "name": "shop",
                "label": "Shop",
                "driver": database.dialect,
                "is_active": True,
                "read_only": False,
                "raw_sql_allowed": False,
            }
        ]
    }


async def test_tables_have_the_columns_verbs_and_rows_of_the_role(opened: Plane):
    content = await _content(opened, "reader", "faucet_list_tables", service="shop", counts=True)

    assert content["tables"] == [
        {
            "name": "customers",
            "type": "table",
            "verbs": ["GET"],
            "columns": [
                {"name": "id", "type": "integer", "pk": True},
                {"name": "tenant", "type": "integer"},
                {"name": "name", "type": "string"},
                {"name": "email", "type": "string"},
            ],
            "row_count": 2,
        }
    ]


@pytest.mark.promise("sec-18")
@pytest.mark.promise("sec-24")
@pytest.mark.parametrize("database", [DIALECTS[1]], indirect=True)
async def test_comments_are_data_without_what_the_role_may_not_know(
    database: Database, manifest: dict[str, Any]
):
    database.script(
        "COMMENT ON TABLE customers IS 'Copied from secrets.'",
        "COMMENT ON COLUMN customers.id IS 'As in the note.'",
        f"COMMENT ON COLUMN customers.tenant IS E'Whose\\n\\u202e{'x' * 600}'",
    )
    async with plane(manifest) as opened:
        where = {"service": "shop", "table": "customers"}
        content = await _content(opened, "reader", "faucet_describe_table", **where)

    comments = {column["name"]: column["comment"] for column in content["columns"]}
    assert content["comment"] is None
    assert comments["id"] is None
    assert comments["tenant"] == f"Whose  {'x' * 493}"
    assert "Whose" not in str(TOOLS)


@pytest.mark.promise("sec-18")
async def test_a_description_has_nothing_that_the_role_may_not_know(opened: Plane):
    reader = await _content(
        opened, "reader", "faucet_describe_table", service="shop", table="customers"
    )
    clerk = await _content(opened, "clerk", "faucet_describe_table", service="shop", table="orders")
    columns = {column["name"]: column for column in reader["columns"]}

    assert list(columns) == ["id", "tenant", "name", "email"]
    assert columns["name"]["max_length"] == 40
    assert (columns["email"]["max_length"], columns["email"]["masked"]) == (None, True)
    assert [key["referenced_table"] for key in clerk["foreign_keys"]] == ["customers"]
    assert clerk["verbs"] == ["GET", "POST", "PATCH", "DELETE"]
    for hidden in ("note", "secrets", "orders"):
        assert hidden not in str(reader)


async def test_a_query_returns_the_rows_of_the_role(opened: Plane):
    content = await _content(
        opened,
        "reader",
        "faucet_query",
        service="shop",
        table="customers",
        filter="id < 9",
        count=True,
    )

    assert [row["name"] for row in content["records"]] == ["Ann", "Bob"]
    assert {row["email"] for row in content["records"]} & {"ann@example.com"} == set()
    assert (content["count"], content["total"], content["limit"]) == (2, 2, 25)


async def test_a_query_groups(opened: Plane):
    content = await _content(
        opened,
        "clerk",
        "faucet_query",
        service="shop",
        table="orders",
        fields=["customer_id", "SUM(total) AS revenue", "COUNT(*)"],
        group="customer_id",
        order=["-revenue", "customer_id"],
    )

    assert content["records"] == [
        {"customer_id": 1, "revenue": 30, "count": 2},
        {"customer_id": 2, "revenue": 30, "count": 1},
    ]


@pytest.mark.parametrize(("limit", "shown"), [(0, 1), (-5, 1), (2, 2), (10**9, 1000)])
async def test_a_limit_is_at_least_one_and_at_most_a_thousand(
    opened: Plane, limit: int, shown: int
):
    content = await _content(
        opened, "clerk", "faucet_query", service="shop", table="orders", limit=limit
    )

    assert content["limit"] == shown
    assert content["count"] == min(3, shown)
    assert ("message" in content) == (shown < 3)


async def test_rows_are_written_under_the_rules_of_the_role(opened: Plane, database: Database):
    inserted = await _content(
        opened, "clerk", "faucet_insert", service="shop", table="orders", records=[{"total": 5}]
    )
    key = inserted["inserted"][0]["id"]
    updated = await _content(
        opened,
        "clerk",
        "faucet_update",
        service="shop",
        table="orders",
        filter=f"id = {key}",
        record={"total": 6},
    )
    deleted = await _content(
        opened, "clerk", "faucet_delete", service="shop", table="orders", filter="total > 0"
    )

    assert (updated["count"], updated["updated"][0]["total"]) == (1, 6)
    assert deleted == {"deleted": 4}
    assert database.rows("SELECT total FROM orders") == [(40,)]


async def test_a_role_that_only_writes_gets_the_key_alone(opened: Plane):
    content = await _content(
        opened, "writer", "faucet_insert", service="shop", table="orders", records=[{"total": 5}]
    )

    assert content["count"] == 1
    assert [set(row) for row in content["inserted"]] == [{"id"}]


@pytest.mark.parametrize(
    ("call", "given", "error", "said"),
    [
        (
            ("reader", "faucet_query"),
            {"service": "shap", "table": "customers"},
            "unknown_service",
            "shop",
        ),
        (
            ("reader", "faucet_query"),
            {"service": "till", "table": "customers"},
            "unknown_service",
            "",
        ),
        (("reader", "faucet_query"), {"service": "shop", "table": "secrets"}, "not_granted", ""),
        (
            ("reader", "faucet_describe_table"),
            {"service": "shop", "table": "orders"},
            "not_granted",
            "",
        ),
        (
            ("reader", "faucet_query"),
            {"service": "shop", "table": "customers", "filter": "name2 = 'Ann'"},
            "unknown_column",
            "name",
        ),
        (
            ("reader", "faucet_query"),
            {"service": "shop", "table": "customers", "filter": "note = 'a'"},
            "unknown_column",
            "",
        ),
        (
            ("reader", "faucet_query"),
            {"service": "shop", "table": "customers", "filter": "name =="},
            "filter_syntax",
            "status",
        ),
        (
            ("reader", "faucet_insert"),
            {"service": "shop", "table": "customers", "records": [{"id": 9}]},
            "not_granted",
            "",
        ),
        (
            ("writer", "faucet_insert"),
            {"service": "shop", "table": "orders", "records": [{"tenant": 2}]},
            "row_check",
            "",
        ),
        (("clerk", "faucet_query"), {"service": "shop"}, "invalid_arguments", "table"),
        (
            ("clerk", "faucet_query"),
            {"service": "shop", "table": "orders", "where": "x"},
            "invalid_arguments",
            "where",
        ),
        (
            ("clerk", "faucet_delete"),
            {"service": "shop", "table": "orders", "filter": ""},
            "invalid_arguments",
            "filter",
        ),
    ],
)
async def test_a_refusal_says_what_to_do_next(opened: Plane, call, given, error, said):
    result = await _call(opened, *call, **given)

    assert isinstance(result, Failed)
    assert result.content["error"]["type"] == error
    assert said in str(result.content)


def test_rows_beyond_the_budget_are_left_out_but_never_all():
    rows = b",".join(b'{"a":"%s"}' % (b"x" * 10) for _ in range(5))

    assert rows_within(rows, 40) == ([{"a": "x" * 10}] * 2, True)
    assert rows_within(rows, 1) == ([{"a": "x" * 10}], True)
    assert rows_within(rows, 1000) == ([{"a": "x" * 10}] * 5, False)
    assert rows_within(b"", 10) == ([], False)
