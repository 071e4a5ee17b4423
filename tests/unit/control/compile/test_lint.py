"""Each warning shows where it is due, and stays away where it is not."""

import msgspec
import pytest

from faucet.diagnostics import Severity
from faucet.model.catalog import UniqueKey
from tests.factories import (
    catalog,
    compiled,
    foreign_key,
    grant,
    relation,
    service,
    settings,
    view,
)

_OWN_STORE = "store_id = {claims.store_id}"
_PLAIN = {"skips_rows": False, "moves_rows": False}  # no triggers
_ORDERS = relation(
    "orders",
    "id int pk auto",
    "store_id int",
    "number text",
    unique=(UniqueKey(name="orders_number_key", columns=("number",)),),
    **_PLAIN,
)
_ITEMS = relation(
    "items",
    "id int pk auto",
    "store_id int",
    "order_id int",
    foreign_keys=(foreign_key("order_id", "orders", on_delete="CASCADE"),),
    **_PLAIN,
)
_LOG = relation("log", "line text")
_TOTALS = view("totals", "store_id int", "n int")
_CATALOG = catalog(_ORDERS, _ITEMS, _LOG, _TOTALS)


def _warnings(*grants, shop=None, tables=_CATALOG, other=None):
    roles = {"clerk": {"grants": list(grants)}}
    if other is not None:
        roles["other"] = {"grants": [other]}
    value, diagnostics = compiled(settings(roles, (shop,) if shop else ()), tables)
    assert value is not None, diagnostics
    assert {each.severity for each in diagnostics} <= {Severity.WARNING}
    return [(each.code, each.address[3:]) for each in diagnostics]


def test_writes_on_a_read_only_service():
    assert _warnings(grant("orders", "GET POST"), shop=service(read_only=True)) == [
        ("FCT1520", (0, "verbs"))
    ]
    assert _warnings(grant("orders"), shop=service(read_only=True)) == []


def test_writes_on_a_view_that_takes_none():
    assert _warnings(grant("totals", "GET POST")) == [("FCT1521", (0, "verbs"))]
    assert _warnings(grant("totals", "*")) != []
    assert _warnings(grant("*", "*")) == []


def test_replacing_rows_of_a_table_without_a_key():
    assert _warnings(grant("log", "PUT")) == [("FCT1522", (0, "verbs"))]
    assert _warnings(grant("log", "PATCH"), grant("orders", "PUT")) == []


@pytest.mark.promise("sec-12")
def test_cascades_into_rows_that_are_filtered_otherwise():
    deletes = grant("orders", "GET DELETE")

    assert _warnings(deletes, grant("items", rows=_OWN_STORE)) == [("FCT1524", (0, "verbs"))]
    assert _warnings(deletes, grant("items")) == []
    assert (
        _warnings(grant("orders", "GET DELETE", rows=_OWN_STORE), grant("items", rows=_OWN_STORE))
        == []
    )


@pytest.mark.fault("attacks.cascades")
@pytest.mark.promise("sec-12")
def test_cascades_into_rows_of_equal_rules_to_which_others_may_refer():
    deletes = grant("orders", "GET DELETE", rows=_OWN_STORE)
    items = grant("items", rows=_OWN_STORE)
    writes = grant("items", "GET POST", rows=_OWN_STORE)
    crosses = {**writes, "references": "any"}
    together = foreign_key("order_id", "orders", on_delete="CASCADE")
    together = msgspec.structs.replace(
        together, columns=("store_id", "order_id"), referenced_columns=("store_id", "id")
    )
    bound = catalog(_ORDERS, msgspec.structs.replace(_ITEMS, foreign_keys=(together,)))

    def found(*grants, **changes):
        return [each for each in _warnings(*grants, **changes) if each[0] == "FCT1524"]

    assert found(deletes, items, other=crosses) == [("FCT1524", (0, "verbs"))]
    assert found(deletes, crosses) == [("FCT1524", (0, "verbs"))]
    assert found(deletes, writes) == []
    assert found(deletes, items, other=crosses, tables=bound) == []
    assert found(deletes, items, other={**crosses, "write": ["store_id"]}) == []
    assert found(deletes, items, other=grant("items", "*")) == []


@pytest.mark.fault("attacks.cascades")
@pytest.mark.promise("sec-12")
def test_cascades_into_tables_without_a_grant():
    assert _warnings(grant("orders", "GET DELETE"), other=grant("items")) == [
        ("FCT1524", (0, "verbs"))
    ]


@pytest.mark.fault("attacks.cascades")
@pytest.mark.promise("sec-12")
@pytest.mark.parametrize("action", ["CASCADE", "SET NULL", "SET DEFAULT"])
def test_a_changed_key_that_changes_rows_that_are_filtered_otherwise(action: str):
    items = msgspec.structs.replace(
        _ITEMS, foreign_keys=(foreign_key("order_id", "orders", on_update=action),)
    )
    hidden = grant("items", rows=_OWN_STORE)

    def found(*grants):
        return _warnings(*grants, tables=catalog(_ORDERS, items))

    assert found(grant("orders", "GET PATCH"), hidden) == [("FCT1524", (0, "verbs"))]
    assert found(grant("orders", "GET PUT"), hidden) == [("FCT1524", (0, "verbs"))]
    assert found(grant("orders", "GET PATCH", write=["number"]), hidden) == []
    assert found(grant("orders", "GET POST DELETE"), hidden) == []


@pytest.mark.fault("attacks.unread_parents")
@pytest.mark.promise("sec-12")
def test_a_reference_into_a_table_that_others_see_in_part_and_the_role_not_at_all():
    others = grant("orders", rows=_OWN_STORE)

    assert _warnings(grant("items", "GET POST"), other=others) == [("FCT1528", (0, "verbs"))]
    assert _warnings(grant("items", "GET POST"), other=grant("orders")) == []
    assert _warnings(grant("items", "GET POST", write=["store_id"]), other=others) == []
    assert _warnings(grant("items"), other=others) == []
    assert _warnings(grant("items", "GET POST"), grant("orders"), other=others) == []


def _with(table, name, **changes):
    """Return *table* with *changes* of the column *name*."""
    columns = (
        msgspec.structs.replace(column, **changes) if column.name == name else column
        for column in table.columns
    )
    return msgspec.structs.replace(table, columns=tuple(columns))


@pytest.mark.fault("attacks.unread_parents")
@pytest.mark.promise("sec-12")
@pytest.mark.parametrize(
    ("changes", "verbs"),
    [
        ({"generated": True}, {"POST", "PUT", "PATCH"}),
        ({"default": "next_order()"}, {"POST"}),
        ({}, set()),
    ],
)
def test_a_reference_that_is_not_sent_is_one_as_well(changes, verbs):
    tables = catalog(_ORDERS, _with(_ITEMS, "order_id", **changes))
    others = grant("orders", rows=_OWN_STORE)

    found = {
        verb: _warnings(
            grant("items", f"GET {verb}", write=["store_id"]), other=others, tables=tables
        )
        for verb in ("POST", "PUT", "PATCH", "DELETE")
    }

    assert {verb for verb, each in found.items() if each == [("FCT1528", (0, "verbs"))]} == verbs


@pytest.mark.fault("attacks.cascades")
@pytest.mark.promise("sec-12")
@pytest.mark.parametrize(
    ("changes", "warned"), [({"generated": True}, True), ({"default": "f()"}, True), ({}, False)]
)
def test_cascades_into_rows_whose_reference_is_not_sent(changes, *, warned: bool):
    tables = catalog(_ORDERS, _with(_ITEMS, "order_id", **changes))
    deletes = grant("orders", "GET DELETE", rows=_OWN_STORE)
    crosses = grant("items", "GET POST", rows=_OWN_STORE, write=["store_id"], references="any")

    found = _warnings(deletes, crosses, tables=tables)

    assert (("FCT1524", (0, "verbs")) in found) is warned


@pytest.mark.fault("attacks.cascades")
@pytest.mark.promise("sec-12")
def test_a_computed_key_changes_with_what_it_is_computed_from():
    orders = _with(_ORDERS, "id", generated=True, auto_increment=False)
    items = msgspec.structs.replace(
        _ITEMS, foreign_keys=(foreign_key("order_id", "orders", on_update="CASCADE"),)
    )
    tables, hidden = catalog(orders, items), grant("items", rows=_OWN_STORE)

    found = _warnings(grant("orders", "GET PATCH", write=["number"]), hidden, tables=tables)

    assert found == [("FCT1524", (0, "verbs"))]


@pytest.mark.fault("attacks.view_keys")
@pytest.mark.parametrize("verb", ["POST", "PATCH", "PUT", "DELETE"])
def test_a_key_of_a_view_that_hidden_rows_may_have_as_well(verb: str):
    def found(*shown, verbs=f"GET {verb}", rows=_OWN_STORE):
        parts = view(
            "parts", "id int", "store_id int", insertable=True, updatable=True, deletable=True
        )
        parts = msgspec.structs.replace(parts, shown_keys=shown)
        shop = service(resources={"parts": {"primary_key": ["store_id", "id"]}})
        granted = grant("parts", verbs, rows=rows, write=["store_id"])
        return _warnings(granted, shop=shop, tables=catalog(parts))

    assert found() == [("FCT1531", (0, "verbs"))]
    assert found(("id",)) == found(("id", "store_id")) == []
    assert found(("other",)) == [("FCT1531", (0, "verbs"))]
    assert found(verbs="GET") == []
    assert found(rows="all") == []


def test_a_key_of_a_table_that_a_view_shows_is_an_oracle_as_on_the_table():
    parts = view("parts", "id int", "store_id int", "number text", insertable=True)
    parts = msgspec.structs.replace(parts, shown_keys=(("number",), ("id",)))
    shop = service(resources={"parts": {"primary_key": ["id"]}})
    writes = grant("parts", "GET POST", rows=_OWN_STORE, write=["number"])

    found = _warnings(writes, shop=shop, tables=catalog(parts))

    assert found == [("FCT1525", (0, "rows"))]


@pytest.mark.promise("sec-12")
def test_a_writable_view_beside_a_parent_of_which_the_role_sees_some_rows():
    parts = msgspec.structs.replace(
        view("parts", "id int", "order_id int"), insertable=True, updatable=True, deletable=True
    )
    tables = catalog(_ORDERS, _ITEMS, parts)
    shop = service(resources={"parts": {"primary_key": ["id"]}})

    def found(parent, verbs, **rest):
        return _warnings(grant("parts", verbs, **rest), parent, shop=shop, tables=tables)

    seen_in_part = grant("orders", rows=_OWN_STORE)
    assert found(seen_in_part, "GET POST") == [("FCT1521", (0, "verbs"))]
    assert found(seen_in_part, "GET PATCH") == [("FCT1521", (0, "verbs"))]
    assert found(seen_in_part, "GET DELETE") == []
    assert found(seen_in_part, "GET POST", references="any") == []
    assert found(grant("orders"), "GET POST") == []


@pytest.mark.fault("attacks.secret_keys")
@pytest.mark.promise("sec-12")
def test_a_unique_key_that_tells_what_the_role_may_not_read():
    assert _warnings(grant("orders", "GET POST", fields=["id"], write=["number"])) == [
        ("FCT1525", (0, "verbs"))
    ]
    assert _warnings(grant("orders", "GET POST", mask={"number": "redact"}, write=["number"])) == [
        ("FCT1525", (0, "verbs"))
    ]
    assert _warnings(grant("orders", "POST", write=["number"])) == []


@pytest.mark.promise("sec-12")
def test_a_unique_key_that_tells_of_other_tenants():
    writes = {"rows": _OWN_STORE, "check": _OWN_STORE}

    assert _warnings(grant("orders", "GET POST", **writes)) == [("FCT1525", (0, "rows"))]
    assert _warnings(grant("orders", "GET POST", write=["store_id"], **writes)) == []
    assert _warnings(grant("orders", "GET POST", set={"number": "x"}, **writes)) == []
    assert _warnings(
        grant("orders", rows=_OWN_STORE), grant("orders", "POST", rows="all", check=_OWN_STORE)
    ) == [("FCT1525", (1, "rows"))]
    assert _warnings(grant("orders", "GET", rows=_OWN_STORE)) == []
    assert _warnings(grant("orders", "GET POST")) == []


def test_a_rule_on_an_unreadable_column():
    rule = {"rows": _OWN_STORE}

    assert _warnings(grant("items", fields=["id"], **rule)) == [("FCT1523", (0, "rows"))]
    assert _warnings(grant("items", "POST", write=["order_id"], **rule)) == []


def test_inherited_grants_are_doubted_where_they_are_written():
    roles = {
        "a": {"grants": [grant("log", "PUT")]},
        "b": {"extends": ["a"]},
    }

    _, diagnostics = compiled(settings(roles), _CATALOG)

    assert [each.address for each in diagnostics] == [("roles", "a", "grants", 0, "verbs")]
