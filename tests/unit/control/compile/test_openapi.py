"""Documents are valid, true, and tell a role nothing beyond its view."""

import re

import msgspec
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from faucet.model.surface import Verb
from tests.factories import (
    catalog,
    column,
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
    "status text(10) default='new'::text",
    "note text null",
    "made timestamptz default=now()",
    "sum int generated",
)
_PAIRS = relation("pairs", "a int pk", "b text pk", "n int null")
_LOG = relation("log", "line text")
_TOTALS = view("totals", "store_id int")
_CATALOG = catalog(_ORDERS, _PAIRS, _LOG, _TOTALS)
_COLLECTION = "/api/v1/shop/_table/orders"
_RECORD = _COLLECTION + "/{id}"


def _document(*grants, shop=None, catalogs=_CATALOG, **changes):
    made = surface(
        settings({"clerk": {"grants": list(grants)}}, (shop,) if shop else (), **changes), catalogs
    )
    document = msgspec.json.decode(made.openapi["clerk"])
    OpenAPIV31SpecValidator(document).validate()
    return document


def _schema(document, name):
    return document["components"]["schemas"][name]


def _names(operation):
    return [each["$ref"].rpartition("/")[2] for each in operation.get("parameters", ())]


def test_only_granted_tables_and_verbs_have_operations():
    paths = _document(grant("orders", "GET PATCH"), grant("log"))["paths"]

    assert set(paths) == {
        "/api/v1/shop/_table",
        _COLLECTION,
        _RECORD,
        "/api/v1/shop/_table/log",
    }
    assert set(paths[_COLLECTION]) == {"get", "patch"}
    assert set(paths[_RECORD]) == {"parameters", "get", "patch"}


def test_operation_ids_are_unique():
    paths = _document(grant("*", "*"))["paths"]

    ids = [
        operation["operationId"]
        for item in paths.values()
        for verb, operation in item.items()
        if verb != "parameters"
    ]
    assert len(ids) == len(set(ids))


def test_single_record_routes_need_a_key_that_the_role_reads_unmasked():
    for spec in (
        grant("orders", fields=["note"]),
        grant("orders", mask={"id": "null"}),
        grant("log", "*"),
    ):
        assert _RECORD not in _document(spec)["paths"]

    assert _RECORD in _document(grant("orders", "DELETE"))["paths"]


def test_without_a_usable_key_there_is_no_put_and_no_selecting_by_key():
    paths = _document(grant("orders", "GET PUT PATCH", fields=["note"]))["paths"]

    assert set(paths[_COLLECTION]) == {"get", "patch"}
    assert "ids" not in _names(paths[_COLLECTION]["patch"])


def test_a_composite_key_is_one_text_in_the_path():
    paths = _document(grant("pairs"))["paths"]

    (parameter,) = paths["/api/v1/shop/_table/pairs/{id}"]["parameters"]
    assert parameter["schema"] == {"type": "string"}
    assert "a, b" in parameter["description"]


def test_parameters_are_those_with_a_meaning():
    paths = _document(grant("orders", "*"))["paths"]

    reads = ["fields", "filter", "order", "limit.25.1000", "offset", "count", "ids"]
    assert _names(paths[_COLLECTION]["get"]) == reads
    assert _names(paths[_COLLECTION]["post"]) == ["fields", "rollback", "continue"]
    assert _names(paths[_COLLECTION]["patch"]) == [
        "fields",
        "filter",
        "ids",
        "all",
        "rollback",
        "continue",
    ]
    assert _names(paths[_RECORD]["put"]) == ["fields"]


def test_grouping_is_offered_where_it_is_granted():
    get = _document(grant("orders", aggregate=True))["paths"][_COLLECTION]["get"]

    assert {"group", "aggregates"} <= set(_names(get))


def test_a_new_row_requires_what_nothing_else_fills_in():
    new = _schema(_document(grant("orders", "GET POST")), "shop.orders.new")

    assert new["required"] == ["store_id"]
    assert set(new["properties"]) == {"id", "store_id", "status", "note", "made"}
    assert new["properties"]["status"] == {
        "type": "string",
        "maxLength": 10,
        "description": 'Default: "new".',
    }
    assert "description" not in new["properties"]["made"]
    assert new["additionalProperties"] is False


@pytest.mark.fault("errors.presets")
def test_presets_are_read_only_and_unreadable_ones_not_told():
    spec = grant(
        "orders", "GET POST", fields=["id", "store_id"], set={"store_id": 1, "note": "mine"}
    )

    new = _schema(_document(spec), "shop.orders.new")

    assert set(new["properties"]) == {"id", "store_id"}
    assert {name for name, each in new["properties"].items() if "readOnly" in each} == {"store_id"}
    assert "required" not in new


def test_a_change_requires_nothing_and_has_no_defaults():
    change = _schema(_document(grant("orders", "GET PATCH")), "shop.orders.change")

    assert "required" not in change
    assert "description" not in change["properties"]["status"]


def test_a_replacement_carries_its_key_in_lists_and_has_it_from_the_path_else():
    document = _document(grant("orders", "GET PUT", write=["note"]))

    replacement = _schema(document, "shop.orders.replacement")
    body = document["paths"][_COLLECTION]["put"]["requestBody"]["content"]["application/json"]
    assert set(replacement["properties"]) == {"id", "note"}
    assert body["schema"]["anyOf"][0] == {
        "$ref": "#/components/schemas/shop.orders.replacement",
        "required": ["id"],
    }


def test_columns_that_no_verb_writes_are_read_only():
    row = _schema(_document(grant("orders", "GET PATCH", write=["note"])), "shop.orders.row")

    assert row["properties"]["id"]["readOnly"] is True
    assert "readOnly" not in row["properties"]["note"]
    assert list(row["properties"]) == [each.name for each in _ORDERS.columns]


def test_writes_are_not_offered_where_they_would_be_refused():
    read_only = _document(grant("orders", "*"), shop=service(read_only=True))["paths"]
    views = _document(grant("totals", "GET POST"))["paths"]

    assert set(read_only[_COLLECTION]) == {"get"}
    assert set(views["/api/v1/shop/_table/totals"]) == {"get"}


def test_a_table_with_a_column_named_resource_takes_no_envelope():
    tables = catalog(relation("orders", "id int pk", "resource text"))

    post = _document(grant("orders", "POST"), catalogs=tables)["paths"][_COLLECTION]["post"]

    forms = post["requestBody"]["content"]["application/json"]["schema"]["anyOf"]
    assert len(forms) == 2


@pytest.mark.promise("sec-02")
def test_a_role_that_only_writes_is_told_of_no_row_and_no_filter():
    document = _document(grant("orders", "POST PUT PATCH DELETE", write=["note"]))

    assert "shop.orders.row" not in document["components"]["schemas"]
    assert _names(document["paths"][_COLLECTION]["patch"]) == ["ids", "all", "rollback", "continue"]
    assert "store_id" not in msgspec.json.encode(document).decode()


def test_every_error_status_tells_its_types():
    document = _document(grant("orders", "GET POST"))

    responses = document["components"]["responses"]
    get = document["paths"][_COLLECTION]["get"]["responses"]
    post = document["paths"][_COLLECTION]["post"]["responses"]
    assert {"400", "401", "403", "404", "414", "500", "503", "504"} <= set(get)
    assert {"409", "413", "415"} <= set(post)
    types = responses["Error409"]["content"]["application/json"]["schema"]["allOf"][1]
    assert "unique_violation" in types["properties"]["error"]["properties"]["type"]["enum"]
    assert "WWW-Authenticate" in responses["Error401"]["headers"]


def test_credentials_are_those_of_the_manifest():
    plain = _document(grant("orders"))
    anonymous = settings({}).auth
    visited = _document(grant("orders"), auth=msgspec.structs.replace(anonymous, anonymous="clerk"))

    assert plain["components"]["securitySchemes"]["apiKey"]["name"] == "X-API-Key"
    assert plain["security"] == [{"apiKey": []}, {"bearer": []}]
    assert visited["security"] == [{}, {"apiKey": []}, {"bearer": []}]


def test_descriptions_come_from_the_manifest_and_else_from_comments():
    tables = catalog(
        relation(
            "orders",
            column("id", "int", comment="By the database."),
            column("note", comment="Free text."),
            comment="Of the database.",
        )
    )
    shop = service(resources={"orders": {"fields": {"id": {"description": "By the manifest."}}}})

    row = _schema(_document(grant("orders"), shop=shop, catalogs=tables), "shop.orders.row")

    assert row["description"] == "Of the database."
    assert row["properties"]["id"]["description"] == "By the manifest."
    assert row["properties"]["note"]["description"] == "Free text."


def test_a_document_of_one_service_holds_that_alone():
    made = surface(
        settings(
            {
                "clerk": {
                    "grants": [grant("orders"), {**grant("log"), "service": "crm"}],
                }
            },
            (service("shop"), service("crm", label="Customers")),
        ),
        {"shop": _CATALOG, "crm": _CATALOG},
    )

    document = msgspec.json.decode(made.service_openapi["clerk", "crm"])

    OpenAPIV31SpecValidator(document).validate()
    assert document["info"]["title"] == "Customers"
    assert set(document["paths"]) == {"/api/v1/crm/_table", "/api/v1/crm/_table/log"}
    assert set(made.service_openapi) == {("clerk", "shop"), ("clerk", "crm")}


@pytest.mark.parametrize(
    "name",
    [
        "a b",
        "a/b",
        "ä",
        "{id}",
        "a.b",
        "a%2Fb",
        "<b>",
        "`x`",
        '"',
        "'; --",
        "a\nb",
        "$ref",
        "__proto__",
    ],
)
def test_names_that_are_not_words_make_valid_documents(name):
    tables = catalog(
        relation(name, column(name, "int"), column("x"), primary_key=(name,)),
        relation(f"{name}.list", "id int pk"),
    )

    document = _document(grant("*", "*"), catalogs=tables)

    ids = {
        operation["operationId"]
        for item in document["paths"].values()
        for verb, operation in item.items()
        if verb != "parameters"
    }
    assert len(ids) == 1 + 2 * 9
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+", word) for word in ids)


def test_a_role_without_services_has_a_document():
    made = surface(settings({"clerk": {}}), _CATALOG)

    document = msgspec.json.decode(made.openapi["clerk"])
    OpenAPIV31SpecValidator(document).validate()
    assert document["paths"] == {}


def test_documents_are_rendered_once_and_known_before():
    made = surface(settings({"clerk": {"grants": [grant("orders")]}}), _CATALOG)

    assert "clerk" in made.openapi
    assert "boss" not in made.openapi
    assert len(made.openapi) == 1
    assert made.openapi.get("boss") is None
    assert made.openapi["clerk"] is made.openapi["clerk"]


@pytest.mark.promise("sec-18")
def test_comments_that_mention_what_the_role_may_not_know_are_dropped():
    tables = catalog(
        relation(
            "orders",
            column("id", "int", comment="Joined with Secret_Table."),
            column("cost", "int"),
            column("odd name", "int"),
            comment="Total less cost.",
        ),
        relation("others", column("id", "int", comment="Not the odd name."), comment="All told."),
        relation("secret_table", "id int pk"),
    )

    document = _document(grant("orders", fields=["id"]), grant("others"), catalogs=tables)

    assert "description" not in _schema(document, "shop.orders.row")
    assert "description" not in _schema(document, "shop.orders.row")["properties"]["id"]
    assert _schema(document, "shop.others.row")["description"] == "All told."


def test_verbs_of_the_document_are_lower_case_methods():
    item = _document(grant("orders", "*"))["paths"][_COLLECTION]

    assert set(item) == {verb.lower() for verb in Verb}
