import msgspec
import pytest
from msgspec import UNSET

from faucet.control.compile.openapi_types import (
    body_schema,
    column_schema,
    literal_default,
)
from faucet.dialects.sqlite.types import column_type
from faucet.model.settings import JsonText, NumberForm, ValueOptions
from tests.factories import FACTS, column

_PLAIN = ValueOptions()


@pytest.mark.parametrize(
    ("type_text", "schema"),
    [
        ("smallint", {"type": "integer", "format": "int32"}),
        ("int", {"type": "integer", "format": "int32"}),
        ("bigint", {"type": "integer", "format": "int64"}),
        ("decimal(10,2)", {"type": "string", "format": "decimal"}),
        (
            "double",
            {"type": ["number", "string"], "format": "double", "pattern": "^(NaN|-?Infinity)$"},
        ),
        (
            "real",
            {"type": ["number", "string"], "format": "float", "pattern": "^(NaN|-?Infinity)$"},
        ),
        ("bool", {"type": "boolean"}),
        ("text", {"type": "string"}),
        ("text(20)", {"type": "string", "maxLength": 20}),
        ("enum(new,paid)", {"type": "string", "enum": ["new", "paid"]}),
        ("uuid", {"type": "string", "format": "uuid"}),
        ("bytes", {"type": "string", "contentEncoding": "base64"}),
        ("date", {"type": "string", "format": "date"}),
        ("time", {"type": "string", "format": "time-local"}),
        ("timestamp", {"type": "string", "format": "date-time-local"}),
        ("timestamptz", {"type": "string", "format": "date-time"}),
        ("interval", {"type": "string", "format": "duration"}),
        ("json", {}),
        ("array", {"type": "array", "items": {}}),
        ("xml", {"type": "string"}),
    ],
)
def test_every_kind_has_the_form_that_its_values_have(type_text, schema):
    assert column_schema(column("c", type_text), _PLAIN, None) == schema


def test_a_column_that_may_hold_anything_has_no_type():
    untyped = column_type("", loose=True)
    made = msgspec.structs.replace(column("c", "xml"), type=untyped)

    assert column_schema(made, _PLAIN, None) == {}
    assert body_schema(made, _PLAIN) == {}


def test_the_options_of_a_service_change_the_forms():
    options = ValueOptions(integers=NumberForm.STRING, decimals=NumberForm.NUMBER)

    assert column_schema(column("c", "bigint"), options, None)["type"] == ["integer", "string"]
    assert column_schema(column("c", "int"), options, None)["type"] == "integer"
    assert column_schema(column("c", "decimal"), options, None) == {"type": "number"}


def test_null_passes_where_the_column_takes_it():
    assert column_schema(column("c", "int", nullable=True), _PLAIN, None)["type"] == [
        "integer",
        "null",
    ]
    assert column_schema(column("c", "enum(a)", nullable=True), _PLAIN, None)["enum"] == ["a", None]
    assert column_schema(column("c", "json", nullable=True), _PLAIN, None) == {}
    assert column_schema(column("c", "double", nullable=True), _PLAIN, None)["type"] == [
        "number",
        "string",
        "null",
    ]


@pytest.mark.promise("sec-03")
def test_a_masked_column_has_the_type_of_its_mask_and_no_shape():
    last4, null = FACTS.transforms["last4"], FACTS.transforms["null"]

    assert column_schema(column("c", "text(16)"), _PLAIN, last4) == {"type": "string"}
    assert column_schema(column("c", "int"), _PLAIN, null)["type"] == ["integer", "null"]
    assert "enum" not in column_schema(column("c", "enum(a,b)"), _PLAIN, null)


@pytest.mark.fault("errors.texts")
def test_a_string_is_no_document_unless_the_service_reads_one():
    documents = ["object", "array", "number", "boolean"]
    anything: dict[str, object] = {"items": {}}
    parse = ValueOptions(json_text=JsonText.PARSE)

    assert body_schema(column("c", "json"), _PLAIN) == {"type": documents} | anything
    nullable = body_schema(column("c", "json", nullable=True), _PLAIN)
    assert nullable == {"type": [*documents, "null"]} | anything
    assert body_schema(column("c", "json"), parse) == {}
    assert column_schema(column("c", "json"), _PLAIN, None) == {}


def test_a_decimal_may_be_sent_as_a_number():
    assert body_schema(column("c", "decimal"), _PLAIN)["type"] == ["string", "number"]
    assert body_schema(column("c", "decimal", nullable=True), _PLAIN)["type"] == [
        "string",
        "number",
        "null",
    ]


@pytest.mark.parametrize(
    ("type_text", "default", "expected"),
    [
        ("int", "0", 0),
        ("int", "'5'::integer", 5),
        ("int", "(-1)", -1),
        ("int", "nextval('orders_id_seq'::regclass)", UNSET),
        ("int", "1 + 1", UNSET),
        ("decimal(10,2)", "0", "0.00"),
        ("decimal", "0.5", "0.5"),
        ("double", "1.5", 1.5),
        ("bool", "true", True),
        ("bool", "0", False),
        ("bool", "random() > 0.5", UNSET),
        ("text", "'new'::character varying(20)", "new"),
        ("text", "'it''s'", "it's"),
        ("text", "'a' || 'b'", UNSET),
        ("text", "CURRENT_USER", UNSET),
        ("enum(a,b)", "'a'::mood", "a"),
        ("timestamptz", "now()", UNSET),
        ("json", "'{}'::jsonb", UNSET),
        ("int", None, UNSET),
    ],
)
def test_only_literal_defaults_are_told(type_text, default, expected):
    assert literal_default(column("c", type_text, default=default), _PLAIN) == expected
