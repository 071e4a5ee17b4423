import pytest
from msgspec import convert

from faucet.control.compile.exposure import expose, resource_faults, select_relations
from faucet.model.manifest.sections import Tables
from faucet.model.surface import Verb, takes
from tests.factories import catalog, column, relation, service, view

_ORDERS = relation("orders", "id int pk", "total decimal(10,2)", "cost int", "data json")
_TOTALS = view("totals", "order_id int", "n int", "data json")
_CATALOG = catalog(_ORDERS, _TOTALS)


def _faults(**resources):
    return [
        (fault.code, fault.address[3:], fault.hint)
        for fault in resource_faults(service(resources=resources), _CATALOG)
    ]


def test_a_hidden_column_is_not_exposed():
    exposed = expose(
        service(resources={"orders": {"fields": {"cost": {"hidden": True}}}}), _CATALOG
    )

    assert set(exposed["orders"].columns) == {"id", "total", "data"}


def test_a_key_with_a_hidden_part_is_no_key():
    exposed = expose(service(resources={"orders": {"fields": {"id": {"hidden": True}}}}), _CATALOG)

    assert exposed["orders"].key == ()


def test_a_view_takes_its_key_from_the_manifest():
    exposed = expose(service(resources={"totals": {"primary_key": ["order_id"]}}), _CATALOG)

    assert exposed["totals"].key == ("order_id",)
    assert exposed["orders"].key == ("id",)


def test_excluded_relations_are_not_there():
    selected = select_relations(_CATALOG, Tables(include=("*",), exclude=("tot*",)))

    assert set(selected.relations) == {"orders"}


@pytest.mark.promise("sec-15")
@pytest.mark.parametrize(
    ("tables", "granted", "expected"),
    [
        ({}, (), False),
        ({}, ("*", "orders_*"), False),
        ({}, ("orders_2024",), True),
        ({"include": ["orders*"]}, (), False),
        ({"include": ["orders*"]}, ("orders_2024",), True),
        ({"include": ["orders_2024"]}, (), True),
        ({"include": ["totals"]}, ("orders_2024",), False),
        ({"exclude": ["orders_2024"]}, ("orders_2024",), False),
        ({"exclude": ["orders_*"]}, ("orders_2024",), False),
        ({"include": ["orders_2024"], "exclude": ["orders_*"]}, ("orders_2024",), False),
    ],
)
def test_a_partition_is_there_where_its_exact_name_is_included_or_granted(
    tables, granted, expected
):
    partition = relation("orders_2024", "id int pk", exact_only=True)

    selected = select_relations(
        catalog(_ORDERS, partition), convert(tables, Tables), frozenset(granted)
    )

    assert ("orders_2024" in selected.relations) is expected


@pytest.mark.promise("sec-18")
def test_comments_that_mention_an_unselected_relation_are_dropped():
    orders = relation(
        "orders",
        column("id", "int", comment="See Secret_Plans."),
        column("note", comment="Plain words."),
        comment="Copied from secret_plans every night.",
    )

    selected = select_relations(
        catalog(orders, relation("secret_plans", "id int pk")), Tables(exclude=("secret*",))
    )

    (left,) = selected.relations.values()
    assert left.comment is None
    assert [each.comment for each in left.columns] == [None, "Plain words."]


def test_unknown_resources_and_fields_are_errors_with_near_names():
    assert _faults(order={}) == [("FCT1507", ("order",), 'did you mean "orders"?')]
    assert _faults(orders={"fields": {"totl": {}}}) == [
        ("FCT1508", ("orders", "fields", "totl"), 'did you mean "total"?')
    ]


@pytest.mark.parametrize(
    ("name", "key", "place"),
    [
        ("totals", ["order"], ("primary_key", 0)),
        ("totals", ["order_id", "data"], ("primary_key", 1)),
        ("totals", ["n", "n"], ("primary_key", 1)),
        ("orders", ["total"], ("primary_key",)),
    ],
)
def test_a_key_must_be_of_columns_that_can_be_one_and_not_contradict_the_database(name, key, place):
    ((code, address, _),) = _faults(**{name: {"primary_key": key}})

    assert code == "FCT1509"
    assert address == (name, *place)


def test_a_key_of_a_hidden_column_is_an_error():
    resource = {"primary_key": ["n"], "fields": {"n": {"hidden": True}}}

    assert [code for code, _, _ in _faults(totals=resource)] == ["FCT1509"]


def test_a_table_may_repeat_its_own_key():
    assert _faults(orders={"primary_key": ["id"]}) == []


def test_a_view_is_written_only_where_the_database_lets_it_and_a_key_is_declared():
    writable = view("v", "id int", insertable=True, updatable=True, deletable=False)

    assert takes(Verb.GET, writable, ())
    assert takes(Verb.POST, writable, ("id",))
    assert not takes(Verb.POST, writable, ())
    assert not takes(Verb.DELETE, writable, ("id",))
    assert takes(Verb.DELETE, _ORDERS, ("id",))
