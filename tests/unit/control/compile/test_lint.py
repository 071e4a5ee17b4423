"""Each warning shows where it is due, and stays away where it is not."""

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
_ORDERS = relation(
    "orders",
    "id int pk auto",
    "store_id int",
    "number text",
    unique=(UniqueKey(name="orders_number_key", columns=("number",)),),
)
_ITEMS = relation(
    "items",
    "id int pk auto",
    "store_id int",
    "order_id int",
    foreign_keys=(foreign_key("order_id", "orders", on_delete="CASCADE"),),
)
_LOG = relation("log", "line text")
_TOTALS = view("totals", "store_id int", "n int")
_CATALOG = catalog(_ORDERS, _ITEMS, _LOG, _TOTALS)


def _warnings(*grants, shop=None):
    value, diagnostics = compiled(
        settings({"clerk": {"grants": list(grants)}}, (shop,) if shop else ()), _CATALOG
    )
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
    assert _warnings(deletes) == []
    assert (
        _warnings(grant("orders", "GET DELETE", rows=_OWN_STORE), grant("items", rows=_OWN_STORE))
        == []
    )


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
