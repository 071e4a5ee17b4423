"""What one grant says of its tables: columns, masks, presets and rules."""

import pytest

from faucet.diagnostics import Severity, has_errors
from faucet.model.filters.condition import Claim, PrincipalField, Value
from faucet.model.surface import Verb
from tests.factories import (
    catalog,
    column,
    compiled,
    grant,
    relation,
    service,
    settings,
    surface,
    view,
)

_ORDERS = relation(
    "orders",
    "id int pk auto",
    "store_id int",
    "status text(10)",
    "card text null",
    "total decimal(10,2)",
    "data json null",
    "made timestamptz",
    "sum int generated",
    "loose any",
)
_ITEMS = relation("items", "id int pk", "order_id int", "sku text")
_CATALOG = catalog(_ORDERS, _ITEMS)
_HIDDEN = service(resources={"orders": {"fields": {"card": {"hidden": True}}}})


def _found(spec, *services, catalogs=_CATALOG):
    _, diagnostics = compiled(settings({"clerk": {"grants": [spec]}}, services), catalogs)
    return [(each.code, each.address[4:]) for each in diagnostics]


def _grant(spec, verb=Verb.GET, table="orders"):
    made = surface(settings({"clerk": {"grants": [spec]}}), _CATALOG)
    return made.roles["clerk"].services["shop"].resources[table].grants[verb]


def test_without_fields_every_column_is_readable_in_table_order():
    assert _grant(grant("orders")).readable == tuple(each.name for each in _ORDERS.columns)


def test_fields_choose_by_name_and_glob_and_take_away():
    assert _grant(grant("orders", fields=["s*", "id", "!sum"])).readable == (
        "id",
        "store_id",
        "status",
    )


def test_a_name_must_be_in_at_least_one_table():
    assert _found(grant("*", fields=["id", "sku", "store_id"])) == []
    assert _found(grant("*", fields=["id", "skew"])) == [("FCT1505", ("fields", 1))]


@pytest.mark.fault("attacks.removals")
@pytest.mark.promise("sec-15")
@pytest.mark.parametrize("key", ["fields", "write"])
def test_a_column_pattern_that_excludes_nothing_is_an_error(key: str):
    found = _found(grant("*", "GET POST", **{key: ["*", "!skew*"]}))

    assert found == [("FCT1505", (key, 1))]
    assert _found(grant("*", "GET POST", **{key: ["*", "!i*"]})) == []
    assert _found(grant("*", "GET POST", **{key: ["*", "!car*"]}), _HIDDEN) == []


@pytest.mark.parametrize(
    ("key", "value", "place"),
    [
        ("fields", ["*", "!crd"], ("fields", 1)),
        ("write", ["crd"], ("write", 0)),
        ("set", {"crd": "x"}, ("set", "crd")),
        ("mask", {"crd": "null"}, ("mask", "crd")),
    ],
)
def test_an_unknown_column_is_an_error_wherever_a_grant_names_it(key, value, place):
    assert _found(grant("orders", "GET POST", **{key: value})) == [("FCT1505", place)]


@pytest.mark.parametrize(
    ("key", "value", "place"),
    [
        ("fields", ["card"], ("fields", 0)),
        ("write", ["card"], ("write", 0)),
        ("set", {"card": "x"}, ("set", "card")),
        ("mask", {"card": "null"}, ("mask", "card")),
    ],
)
def test_naming_a_hidden_column_is_an_error_that_says_so(key, value, place):
    found = _found(grant("orders", "GET POST", **{key: value}), _HIDDEN)

    assert ("FCT1506", place) in found


def test_a_rule_on_a_hidden_column_says_that_it_is_hidden():
    _, diagnostics = compiled(
        settings({"clerk": {"grants": [grant("orders", rows="card = 'x'")]}}, (_HIDDEN,)), _CATALOG
    )

    assert [(each.code, each.offset) for each in diagnostics] == [("FCT1514", 0)]
    assert "hidden" in diagnostics[0].hint


@pytest.mark.promise("sec-04")
def test_fields_that_leave_nothing_of_a_table_are_an_error():
    assert _found(grant("*", fields=["sku"])) == [("FCT1516", ("fields",))]
    assert _found(grant("orders", fields=["!card"])) == [
        ("FCT1516", ("fields",)),
        ("FCT1516", ("fields",)),
    ]


def test_masks_are_of_readable_columns():
    spec = grant("orders", fields=["id", "status"], mask={"status": "last4", "card": "last4"})

    assert _grant(spec).masks == {"status": "last4"}


def test_a_mask_must_exist_and_take_the_column():
    assert _found(grant("orders", mask={"status": "lastfour"})) == [("FCT1511", ("mask", "status"))]
    assert _found(grant("orders", mask={"total": "last4"})) == [("FCT1511", ("mask", "total"))]
    assert _found(grant("orders", mask={"data": "null"})) == []


def test_a_keyed_mask_without_a_secret_is_a_warning():
    made = settings(
        {"clerk": {"grants": [grant("orders", mask={"status": "hash"})]}}, purpose_key=None
    )

    _, diagnostics = compiled(made, _CATALOG)

    assert [(each.code, each.severity) for each in diagnostics] == [("FCT1526", Severity.WARNING)]


def test_without_write_a_role_writes_what_it_reads_unmasked_and_ungenerated():
    spec = grant(
        "orders", "GET PATCH", fields=["id", "status", "card", "sum"], mask={"card": "null"}
    )

    assert _grant(spec, Verb.PATCH).writable == {"id", "status"}


def test_without_write_the_deciding_read_grant_of_the_role_counts():
    roles = {
        "visitor": {"grants": [grant("orders", fields=["id", "status"])]},
        "clerk": {"extends": ["visitor"], "grants": [grant("orders", "PATCH")]},
    }

    made = surface(settings(roles), _CATALOG)

    patch = made.roles["clerk"].services["shop"].resources["orders"].grants[Verb.PATCH]
    assert patch.writable == {"id", "status"}


def test_without_write_and_without_any_read_the_own_fields_count():
    assert _grant(grant("orders", "POST", fields=["status", "sum"]), Verb.POST).writable == {
        "status"
    }
    assert "sum" not in _grant(grant("orders", "POST"), Verb.POST).writable
    assert "total" in _grant(grant("orders", "POST"), Verb.POST).writable


def test_a_masked_column_is_written_where_write_names_it():
    spec = grant("orders", "GET PATCH", mask={"card": "last4"}, write=["card"])

    assert _grant(spec, Verb.PATCH).writable == {"card"}


def test_a_generated_column_cannot_be_named_for_writing():
    assert _found(grant("orders", "POST", write=["status", "sum"])) == [("FCT1510", ("write", 1))]
    assert _found(grant("orders", "POST", set={"sum": 1})) == [("FCT1510", ("set", "sum"))]
    assert _found(grant("orders", "POST", write=["s*"])) == []


def test_reading_and_deleting_write_nothing():
    spec = grant("orders", "GET DELETE", set={"status": "x"}, check="store_id = 1")

    for verb in (Verb.GET, Verb.DELETE):
        made = _grant(spec, verb)
        assert (made.writable, made.presets, made.row_check) == (frozenset(), (), None)


def test_presets_are_typed_literals_or_whole_references():
    spec = grant(
        "orders",
        "POST",
        set={
            "status": "{principal.name}",
            "store_id": "{claims.store_id}",
            "total": 5,
            "card": None,
        },
    )

    presets = {each.column: each.operand for each in _grant(spec, Verb.POST).presets}

    assert presets["status"] == PrincipalField(field="name")
    assert presets["store_id"] == Claim(name="store_id")
    assert isinstance(presets["total"], Value)
    assert presets["card"] == Value(value=None)


@pytest.mark.parametrize(
    "preset",
    [
        {"status": "by {principal.name}"},
        {"status": "{principal.email}"},
        {"store_id": "{principal.name}"},
        {"store_id": "seven"},
        {"store_id": True},
        {"status": None},
        {"status": "longer than ten"},
        {"data": "{claims.data}"},
        {"store_id": "{claims.}"},
    ],
)
def test_a_preset_that_its_column_does_not_take_is_an_error(preset):
    (name,) = preset

    assert _found(grant("orders", "POST", set=preset)) == [("FCT1512", ("set", name))]


def test_rows_stand_for_the_check_of_writes_unless_it_is_said():
    rows = "store_id = {claims.store_id}"

    patch = _grant(grant("orders", "GET PATCH", rows=rows), Verb.PATCH)
    assert patch.row_check == patch.row_filter is not None

    checked = _grant(grant("orders", "PATCH", rows=rows, check="status != 'paid'"), Verb.PATCH)
    assert checked.row_check != checked.row_filter

    unchecked = _grant(grant("orders", "PATCH", rows=rows, check="all"), Verb.PATCH)
    assert unchecked.row_check is None


def test_all_is_every_row():
    assert _grant(grant("orders", rows="all")).row_filter is None


@pytest.mark.promise("sec-04")
def test_a_rule_that_was_never_read_opens_nothing():
    for key in ("rows", "check"):
        with pytest.raises(ValueError, match=f"grants.0..{key} was never read"):
            _found(grant("orders", "GET POST", **{key: "  "}))


@pytest.mark.promise("sec-15")
def test_a_rule_must_compile_on_each_table_of_the_grant():
    _, diagnostics = compiled(
        settings({"clerk": {"grants": [grant("*", rows="store_id = 1")]}}), _CATALOG
    )

    assert has_errors(diagnostics)
    assert [(each.code, each.address[4:]) for each in diagnostics] == [("FCT1514", ("rows",))]
    assert '"items"' in diagnostics[0].message


def test_one_fault_on_many_tables_is_one_finding():
    tables = catalog(*(relation(f"t{number}", "id int pk") for number in range(50)))

    found = _found(grant("*", rows="store_id = 1"), catalogs=tables)

    assert found == [("FCT1514", ("rows",))]


@pytest.mark.parametrize("written", ["stor_id", "orders.stor_id"])
def test_the_near_name_of_a_column_of_a_rule_is_told_once(written):
    spec = grant("orders", rows=f"{written} = 1")

    _, (found,) = compiled(settings({"clerk": {"grants": [spec]}}), _CATALOG)

    assert f'no column "{written}"' in found.message
    assert "did you mean" not in found.message
    assert found.hint == 'did you mean "store_id"?'


@pytest.mark.promise("sec-08")
def test_a_rule_cannot_stand_on_a_column_without_a_provable_type():
    assert _found(grant("orders", rows="loose = 'a'")) == [("FCT1514", ("rows",))]
    assert _found(grant("orders", "POST", check="loose = {claims.a}")) == [("FCT1514", ("check",))]


@pytest.mark.promise("sec-08")
def test_rules_compare_exactly_unless_the_grant_leaves_it_to_the_column():
    assert _grant(grant("orders", rows="status = 'a'")).row_filter.exact
    assert not _grant(grant("orders", rows="status = 'a'", collate="column")).row_filter.exact


def test_rules_may_use_columns_that_the_role_cannot_read_which_is_a_warning():
    spec = grant("orders", fields=["id"], rows="store_id = 1")

    _, diagnostics = compiled(settings({"clerk": {"grants": [spec]}}), _CATALOG)

    assert [(each.code, each.severity, each.address[4:]) for each in diagnostics] == [
        ("FCT1523", Severity.WARNING, ("rows",))
    ]


def test_names_need_not_be_plain_words():
    odd = catalog(relation('o"rd', column("a b"), column('q"')))

    made = surface(
        settings({"clerk": {"grants": [grant("*", fields=['q"'], rows="\"a b\" = 'x'")]}}), odd
    )

    resource = made.roles["clerk"].services["shop"].resources['o"rd']
    assert resource.grants[Verb.GET].readable == ('q"',)


def test_star_is_every_verb():
    made = surface(settings({"clerk": {"grants": [grant("orders", "*")]}}), _CATALOG)

    assert set(made.roles["clerk"].services["shop"].resources["orders"].grants) == set(Verb)


def test_views_of_a_grant_are_read_without_a_key():
    tables = catalog(view("totals", "n int"))

    made = surface(settings({"clerk": {"grants": [grant("totals")]}}), tables)

    assert made.roles["clerk"].services["shop"].resources["totals"].key == ()
