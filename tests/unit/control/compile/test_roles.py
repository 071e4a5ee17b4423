"""Whole roles: which grant decides, what it inherits, what stands beside it."""

import pytest

from faucet.diagnostics import Severity
from faucet.model.catalog import Unreachable
from faucet.model.statement import RelationName
from faucet.model.surface import Verb
from tests.factories import (
    catalog,
    compiled,
    foreign_key,
    grant,
    relation,
    service,
    settings,
    surface,
)

_ORDERS = relation(
    "orders",
    "id int pk auto",
    "store_id int",
    "customer_id int null",
    foreign_keys=(foreign_key("customer_id", "customers"),),
)
_CUSTOMERS = relation("customers", "id int pk auto", "store_id int", "name text")
_CATALOG = catalog(_ORDERS, _CUSTOMERS)
_OWN_STORE = "store_id = {claims.store_id}"


def _role(roles, name="clerk", *services, catalogs=_CATALOG):
    return surface(settings(roles, services), catalogs).roles[name]


def _deciding(roles, verb=Verb.GET, table="orders", name="clerk"):
    return _role(roles, name).services["shop"].resources[table].grants[verb].address


@pytest.mark.promise("sec-13")
def test_the_role_itself_comes_before_its_parents_however_closely_they_name_the_table():
    roles = {
        "visitor": {"grants": [grant("orders")]},
        "clerk": {"extends": ["visitor"], "grants": [grant("*")]},
    }

    assert _deciding(roles) == ("roles", "clerk", "grants", 0)


@pytest.mark.promise("sec-13")
def test_a_verb_that_the_role_does_not_grant_is_decided_above():
    roles = {
        "visitor": {"grants": [grant("orders", "GET PATCH", rows="all")]},
        "clerk": {"extends": ["visitor"], "grants": [grant("orders", rows=_OWN_STORE)]},
    }

    assert _deciding(roles, Verb.PATCH) == ("roles", "visitor", "grants", 0)


@pytest.mark.promise("sec-13")
def test_within_a_role_the_exact_name_decides_then_the_longer_prefix():
    roles = {"clerk": {"grants": [grant("*"), grant("ord*"), grant("o*"), grant("customers")]}}

    assert _deciding(roles) == ("roles", "clerk", "grants", 1)
    assert _deciding(roles, table="customers") == ("roles", "clerk", "grants", 3)


@pytest.mark.promise("sec-13")
def test_two_equally_close_grants_of_one_role_are_an_error_that_names_both_places():
    roles = {"clerk": {"grants": [grant("*", "GET PATCH"), grant("*", "GET")]}}

    _, (found,) = compiled(settings(roles), _CATALOG)

    assert found.code == "FCT1504"
    assert found.address == ("roles", "clerk", "grants", 1, "tables")
    assert "roles.clerk.grants[0]" in found.message
    assert "roles.clerk.grants[1]" in found.message
    assert "for GET" in found.message


@pytest.mark.promise("sec-13")
def test_a_tie_is_judged_on_the_tables_that_exist():
    roles = {"clerk": {"grants": [grant("a*"), grant("b*"), grant("*s")]}}

    value, diagnostics = compiled(settings(roles), _CATALOG)

    assert value is not None
    assert {each.code for each in diagnostics} == {"FCT1502"}


@pytest.mark.promise("sec-13")
def test_two_parents_that_grant_one_table_are_a_tie_of_the_child():
    roles = {
        "a": {"grants": [grant("orders")]},
        "b": {"grants": [grant("*")]},
        "clerk": {"extends": ["a", "b"]},
    }

    value, (found,) = compiled(settings(roles), _CATALOG)

    assert value is None
    assert found.address == ("roles", "clerk", "extends")
    assert "roles.a.grants[0]" in found.message
    assert "roles.b.grants[0]" in found.message


def test_a_tie_within_a_parent_is_reported_once_there():
    roles = {
        "a": {"grants": [grant("orders"), grant("orders")]},
        "clerk": {"extends": ["a"]},
    }

    _, diagnostics = compiled(settings(roles), _CATALOG)

    assert [each.address[:2] for each in diagnostics] == [("roles", "a")]


@pytest.mark.promise("sec-04")
def test_every_row_must_be_said_where_another_verb_of_the_table_has_rows():
    roles = {
        "clerk": {"grants": [grant("orders", rows=_OWN_STORE), grant("orders", "PATCH DELETE")]}
    }

    _, (found,) = compiled(settings(roles), _CATALOG)

    assert found.code == "FCT1515"
    assert found.severity is Severity.ERROR
    assert found.address == ("roles", "clerk", "grants", 1)
    assert "rows: all" in found.hint


@pytest.mark.promise("sec-04")
def test_every_row_must_be_said_of_an_inherited_grant_too():
    roles = {
        "visitor": {"grants": [grant("*")]},
        "clerk": {"extends": ["visitor"], "grants": [grant("orders", "PATCH", rows=_OWN_STORE)]},
    }

    _, (found,) = compiled(settings(roles), _CATALOG)

    assert (found.code, found.address) == ("FCT1515", ("roles", "visitor", "grants", 0))


@pytest.mark.promise("sec-04")
def test_every_row_said_is_every_row():
    roles = {
        "clerk": {
            "grants": [
                grant("orders", rows=_OWN_STORE),
                grant("orders", "PATCH", rows="all"),
                grant("customers", "PATCH"),
            ]
        }
    }

    assert _role(roles).services["shop"].resources["orders"].grants[Verb.PATCH].row_filter is None


@pytest.mark.promise("sec-14")
def test_limits_only_tighten_along_service_role_and_grant():
    shop = service()
    roles = {
        "visitor": {
            "limits": {"page": {"max": 500}, "batch": 70},
            "grants": [grant("orders", limits={"page": {"max": 9000}, "statement_timeout": "10s"})],
        },
        "clerk": {"extends": ["visitor"], "limits": {"batch": 50, "statement_timeout": "1h"}},
    }

    limits = (
        _role(roles, "clerk", shop).services["shop"].resources["orders"].grants[Verb.GET].limits
    )

    assert limits.page_max == 500
    assert limits.batch == 50
    assert limits.statement_timeout == 10.0
    assert limits.page_default == 25


@pytest.mark.promise("sec-14")
def test_a_page_is_never_larger_by_default_than_at_the_most():
    roles = {"clerk": {"grants": [grant("orders", limits={"page": {"max": 10}})]}}

    limits = _role(roles).services["shop"].resources["orders"].grants[Verb.GET].limits

    assert (limits.page_default, limits.page_max) == (10, 10)


@pytest.mark.promise("sec-12")
def test_a_reference_into_filtered_rows_carries_the_parents_filter():
    roles = {
        "clerk": {
            "grants": [
                grant("orders", "GET POST PATCH DELETE"),
                grant("customers", rows=_OWN_STORE),
            ]
        }
    }

    resource = _role(roles).services["shop"].resources["orders"]

    (rule,) = resource.grants[Verb.POST].parents
    assert rule.target.relation == RelationName(schema=_CUSTOMERS.schema, name="customers")
    assert tuple(rule.columns.values()) == _CUSTOMERS.columns
    assert rule.foreign_key.columns == ("customer_id",)
    assert resource.grants[Verb.PATCH].parents == (rule,)
    assert resource.grants[Verb.GET].parents == resource.grants[Verb.DELETE].parents == ()


@pytest.mark.promise("sec-12")
def test_references_any_and_parents_without_a_filter_need_no_rule():
    for own, parent in (({"references": "any"}, {"rows": _OWN_STORE}), ({}, {"rows": "all"})):
        roles = {
            "clerk": {"grants": [grant("orders", "POST", **own), grant("customers", **parent)]}
        }
        assert _role(roles).services["shop"].resources["orders"].grants[Verb.POST].parents == ()


def test_a_role_knows_only_services_that_it_has_tables_in():
    roles = {
        "clerk": {"grants": [grant("orders"), {"system": ["GET"]}]},
        "robot": {"grants": [{"system": ["POST"]}]},
        "boss": {"extends": ["clerk", "robot"]},
    }

    made = surface(
        settings(roles, (service("shop"), service("other"))),
        {"shop": _CATALOG, "other": _CATALOG},
    )

    assert set(made.roles["clerk"].services) == {"shop"}
    assert made.roles["robot"].services == {}
    assert set(made.roles["boss"].services) == {"shop"}
    assert made.roles["boss"].system == {"GET", "POST"}


def test_an_unreachable_service_keeps_its_patterns_and_has_no_resources():
    roles = {"clerk": {"grants": [grant("ordrs !tmp", "GET POST", rows="x = 1")]}}
    gone = Unreachable(reason="refused")

    made = surface(settings(roles), {"shop": gone})

    view = made.roles["clerk"].services["shop"]
    assert view.patterns == {Verb.GET: (("ordrs", "!tmp"),), Verb.POST: (("ordrs", "!tmp"),)}
    assert view.resources == {}
    assert made.services["shop"].catalog is gone


def test_patterns_come_in_order_of_precedence():
    roles = {
        "visitor": {"grants": [grant("a*", rows="all"), grant("*")]},
        "clerk": {"extends": ["visitor"], "grants": [grant("orders", "GET PATCH")]},
    }

    value, _ = compiled(settings(roles), _CATALOG)

    assert value is not None
    assert value.roles["clerk"].services["shop"].patterns == {
        Verb.GET: (("orders",), ("a*",), ("*",)),
        Verb.PATCH: (("orders",),),
    }


def test_descriptions_are_of_readable_columns():
    shop = service(
        resources={
            "orders": {
                "description": "Sold.",
                "fields": {"id": {"description": "No."}, "store_id": {"description": "Shop."}},
            }
        }
    )

    view = _role({"clerk": {"grants": [grant("orders", fields=["id"])]}}, "clerk", shop)

    resource = view.services["shop"].resources["orders"]
    assert resource.description == "Sold."
    assert resource.descriptions == {"id": "No."}


def test_an_excluded_table_is_missing_for_every_grant():
    shop = service(tables={"include": ["*"], "exclude": ["cust*"]})

    _, diagnostics = compiled(
        settings({"clerk": {"grants": [grant("customers")]}}, (shop,)), _CATALOG
    )

    assert [each.code for each in diagnostics] == ["FCT1501"]
