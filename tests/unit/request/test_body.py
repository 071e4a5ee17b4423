"""Bodies of writes."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faucet.errors import (
    BATCH_TOO_LARGE,
    FILTER_SYNTAX,
    FILTER_TOO_LARGE,
    INVALID_BODY,
    UNSUPPORTED_MEDIA_TYPE,
    RequestError,
)
from faucet.model.filters.predicate import Compare
from faucet.model.headers import Headers
from faucet.model.json_reader import compact
from faucet.model.request import JsonDocument, JsonNumber
from faucet.model.surface import Verb
from faucet.request.parse import Body, BodyContext, parse_body
from faucet.request.parse.json_body import read_body_json as read_json

_ANY = BodyContext(column_names=frozenset({"id", "name"}), max_records=3)
_ONE = BodyContext(column_names=frozenset({"id", "name"}), max_records=3, single=True)
_ALL_COLUMNS = BodyContext(column_names=frozenset({"resource", "filter", "ids"}), max_records=3)


def _number(text: str) -> JsonNumber:
    return JsonNumber(text=text)


def _read(verb: Verb, text: str | bytes, context: BodyContext = _ANY, *headers) -> Body:
    raw = text.encode() if isinstance(text, str) else text
    return parse_body(verb, raw, Headers(headers), context)


def _fault(verb: Verb, text: str | bytes, context: BodyContext = _ANY, *headers) -> RequestError:
    with pytest.raises(RequestError) as caught:
        _read(verb, text, context, *headers)
    return caught.value


@pytest.mark.parametrize("verb", [Verb.POST, Verb.PUT, Verb.PATCH])
def test_one_object_an_array_and_an_envelope_hold_records(verb: Verb):
    one, two = {"id": _number("1")}, {"id": _number("2")}

    assert _read(verb, '{"id":1}') == Body(records=(one,), single_object=True)
    assert _read(verb, '{"resource":{"id":1}}') == Body(records=(one,), single_object=True)
    assert _read(verb, '[{"id":1}]') == Body(records=(one,))
    assert _read(verb, ' [{"id":1},\n{"id":2}] ') == Body(records=(one, two))
    assert _read(verb, '{"resource":[{"id":1},{"id":2}]}') == Body(records=(one, two))


def test_values_keep_their_spelling():
    text = '[{"a":1.50,"b":-0,"c":1E+2,"d":"é\\u0000\\ud83d\\ude00","e":null,"f":true,'
    text += '"g":{"x":[1.0, "ü\\n"],"":{}}}]'

    assert _read(Verb.POST, text).records == (
        {
            "a": _number("1.50"),
            "b": _number("-0"),
            "c": _number("1E+2"),
            "d": "é\0😀",
            "e": None,
            "f": True,
            "g": JsonDocument(text='{"x":[1.0,"ü\\n"],"":{}}'),
        },
    )


@pytest.mark.parametrize("verb", [Verb.POST, Verb.PUT, Verb.PATCH])
@pytest.mark.parametrize("text", ["", " \n", "[]", '{"resource":[]}'])
def test_an_empty_body_is_refused(verb: Verb, text: str):
    assert _fault(verb, text).kind is INVALID_BODY


@pytest.mark.parametrize("text", ["{}", '{"resource":{}}'])
def test_a_change_of_nothing_is_refused(text: str):
    assert _fault(Verb.PATCH, text).kind is INVALID_BODY


def test_a_missing_body_says_what_to_send():
    assert '{"resource":[…]}' in _fault(Verb.POST, "").message
    assert "one object" in _fault(Verb.PUT, "", _ONE).message


@pytest.mark.parametrize(
    "text",
    [
        *("null", "1", '"x"', "true", "[1]", '[{"id":1},2]', '[[{"id":1}]]', '{"resource":[null]}'),
        *("{", '{"id":1}}', "{'id':1}", '{"id":01}', '{"id":1,}', "id=1", '{"id":"\n"}', "\xff"),
        *('{"id":+1}', '{"id":.5}', '{"id":1.}', '{"id":0x1}', "[{}", "nul"),
    ],
)
def test_what_is_no_record_or_no_json_is_refused(text: str):
    assert _fault(Verb.POST, text.encode("latin-1")).kind is INVALID_BODY


def test_a_byte_order_mark_is_passed_over():
    assert _read(Verb.POST, b'\xef\xbb\xbf{"id":"x"}').records == ({"id": "x"},)


@pytest.mark.promise("sec-36")
@pytest.mark.parametrize(
    "text",
    ['{"a":1,"a":1}', '{"a":{"b":1,"c":2,"b":1}}', '[{"a":[{"b":1,"\\u0062":2}]}]'],
)
def test_a_name_given_twice_is_refused(text: str):
    assert _fault(Verb.POST, text).kind is INVALID_BODY


@pytest.mark.promise("sec-36")
def test_json_is_64_deep_at_most():
    deepest = '{"a":' + "[" * 63 + "]" * 63 + "}"

    assert _read(Verb.POST, deepest).records
    assert _fault(Verb.POST, '{"a":' + "[" * 64 + "]" * 64 + "}").kind is INVALID_BODY
    assert _fault(Verb.POST, '{"a":' * 65 + "1" + "}" * 65).kind is INVALID_BODY
    assert "64" in _fault(Verb.POST, "[" * 500_000 + "]" * 500_000).message


@pytest.mark.fault("attacks.large_bodies")
def test_a_body_has_250_000_arrays_and_objects_at_most():
    fault = _fault(Verb.POST, '{"a":[' + "[]," * 250_000 + "1]}")

    assert fault.kind is INVALID_BODY
    assert "250,000" in fault.message
    assert _fault(Verb.POST, "[" * 1_000_000).kind is INVALID_BODY
    assert _fault(Verb.POST, '{"a":' * 200_000).kind is INVALID_BODY


@pytest.mark.promise("sec-36")
@pytest.mark.parametrize(
    "number",
    [
        *("1" * 401, "-0." + "1" * 400, "1e401", "1e-401", "1E+3000000", "1e" + "9" * 100_000),
        *("NaN", "Infinity", "-Infinity"),
    ],
)
def test_a_number_bomb_is_refused_wherever_it_stands(number: str):
    for text in (f'{{"a":{number}}}', f'{{"a":[{{"b":{number}}}]}}', f'{{"ids":[{number}]}}'):
        assert _fault(Verb.PATCH, text).kind is INVALID_BODY


@pytest.mark.promise("sec-36")
def test_numbers_within_the_bounds_are_kept():
    numbers = ("1" * 400, "1e400", "1e-400", "-" + "1" * 399 + ".5", "1e+0007")

    record = _read(Verb.POST, '{"a":[' + ",".join(numbers) + "]}").records[0]

    assert record == {"a": JsonDocument(text="[" + ",".join(numbers) + "]")}


@pytest.mark.parametrize(
    "text",
    [
        *('{"\\u0000":1}', '{"a":{"x\\u0000":1}}', '{"a":"\\ud800"}', '{"\\udfff":1}'),
        *('{"a":["\\ude00\\ud83d"]}', '{"a":"\\ud83dx"}'),
    ],
)
def test_text_that_no_database_keeps_is_refused(text: str):
    assert _fault(Verb.POST, text).kind is INVALID_BODY


@pytest.mark.promise("sec-36")
@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "identity", "", "x"])
def test_a_content_encoding_is_refused(encoding: str):
    fault = _fault(Verb.POST, '{"id":1}', _ANY, ("content-encoding", encoding))

    assert fault.kind is UNSUPPORTED_MEDIA_TYPE


@pytest.mark.parametrize(
    "content_type",
    [
        *(
            "application/json",
            "Application/JSON; charset=UTF-8",
            'application/json;charset="utf-8"',
        ),
        *("application/merge-patch+json", "application/vnd.api+json; ext=1", "", " "),
    ],
)
def test_json_of_every_name_is_read(content_type: str):
    header = ("content-type", content_type)

    assert _read(Verb.POST, '{"id":1}', _ANY, header).records


@pytest.mark.parametrize(
    "content_type",
    [
        *("text/plain", "application/x-www-form-urlencoded", "text/csv", "application/jsonx"),
        *("application/json; charset=latin-1", "text/json", "application/+json", "json", "*/*"),
    ],
)
def test_another_content_type_is_refused(content_type: str):
    fault = _fault(Verb.POST, '{"id":1}', _ANY, ("content-type", content_type))

    assert fault.kind is UNSUPPORTED_MEDIA_TYPE
    assert "Content-Type: application/json" in fault.message


def test_two_content_types_are_refused():
    header = ("content-type", "application/json")

    assert _fault(Verb.POST, '{"id":1}', _ANY, header, header).kind is UNSUPPORTED_MEDIA_TYPE


def test_a_batch_has_its_bound():
    three = ",".join(['{"id":1}'] * 3)

    assert len(_read(Verb.POST, f"[{three}]").records) == 3
    for text in (f'[{three},{{"id":1}}]', f'{{"resource":[{three},1]}}'):
        fault = _fault(Verb.POST, text)
        assert fault.kind is BATCH_TOO_LARGE
        assert fault.context == {"limit": 3}
    assert _fault(Verb.DELETE, '{"ids":[1,2,3,4]}').kind is BATCH_TOO_LARGE


def test_an_object_is_no_envelope_for_a_column_of_that_name():
    text = '{"resource":[1],"filter":"x","ids":[1]}'

    assert _read(Verb.POST, text, _ALL_COLUMNS) == Body(
        records=(
            {"resource": JsonDocument(text="[1]"), "filter": "x", "ids": JsonDocument(text="[1]")},
        ),
        single_object=True,
    )


def test_an_object_whose_resource_is_a_single_value_is_no_envelope():
    assert _read(Verb.POST, '{"resource":"x"}').records == ({"resource": "x"},)


def test_a_patch_takes_its_selector_from_the_envelope():
    body = _read(Verb.PATCH, '{"resource":[{"name":"x"}],"filter":"id = 1","ids":[1,"b",[2,"c"]]}')

    assert body.records == ({"name": "x"},)
    assert isinstance(body.where, Compare)
    assert body.ids == ((_number("1"),), ("b",), (_number("2"), "c"))


def test_the_columns_of_a_patch_may_stand_beside_the_selector():
    body = _read(Verb.PATCH, '{"name":"x","ids":[7]}')

    assert body == Body(records=({"name": "x"},), single_object=True, ids=((_number("7"),),))


@pytest.mark.promise("sec-38")
@pytest.mark.parametrize(
    "text", ['{"ids":[]}', '{"filter":" "}', '{"filter":null,"ids":null}', "{}", ""]
)
def test_an_empty_selector_in_a_delete_is_none(text: str):
    assert _read(Verb.DELETE, text) == Body()


def test_a_delete_takes_ids_a_filter_or_records():
    assert _read(Verb.DELETE, '{"ids":[1]}').ids == ((_number("1"),),)
    assert _read(Verb.DELETE, '{"filter":"id = 1"}').where is not None
    assert _read(Verb.DELETE, '{"resource":[{"id":"a"}]}') == Body(records=({"id": "a"},))
    assert _read(Verb.DELETE, '[{"id":"a"}]') == Body(records=({"id": "a"},))


@pytest.mark.parametrize(
    "text", ['{"filter":"id = 1"}', '{"ids":[1]}', '{"resource":{"name":"x"},"ids":[1]}']
)
@pytest.mark.parametrize("verb", [Verb.POST, Verb.PUT])
def test_post_and_put_take_no_selector(verb: Verb, text: str):
    fault = _fault(verb, text)

    assert fault.kind is INVALID_BODY
    assert ("PATCH" in fault.message) is (verb is Verb.PUT)


@pytest.mark.promise("sec-38")
@pytest.mark.parametrize(
    "text", ['{"filter":"id = 1"}', '{"name":"x","ids":[1]}', '{"resource":{"name":"x"},"ids":[]}']
)
@pytest.mark.parametrize("verb", [Verb.PUT, Verb.PATCH, Verb.DELETE])
def test_a_body_for_one_record_takes_no_selector(verb: Verb, text: str):
    assert _fault(verb, text, _ONE).kind is INVALID_BODY


@pytest.mark.parametrize(
    ("verb", "text"),
    [
        (Verb.PATCH, '{"filter":"id = 1"}'),
        (Verb.PATCH, '{"ids":[1],"resource":{}}'),
        (Verb.PATCH, '{"resource":{"name":"x"},"name":"y"}'),
        (Verb.POST, '{"resource":[{"name":"x"}],"meta":1}'),
        (Verb.DELETE, '{"ids":[1],"name":"x"}'),
        (Verb.DELETE, '{"filter":7}'),
        (Verb.DELETE, '{"ids":"1,2"}'),
        (Verb.DELETE, '{"ids":[null]}'),
        (Verb.DELETE, '{"ids":[[]]}'),
        (Verb.DELETE, '{"ids":[[[1]]]}'),
        (Verb.DELETE, '{"ids":[{"id":1}]}'),
    ],
)
def test_an_envelope_that_makes_no_sense_is_refused(verb: Verb, text: str):
    assert _fault(verb, text).kind is INVALID_BODY


def test_a_misspelt_selector_is_told_its_near_name():
    assert 'did you mean "filter"?' in _fault(Verb.DELETE, '{"ids":[1],"filtre":"x"}').message


def test_a_filter_in_a_body_is_told_like_one_in_the_query():
    fault = _fault(Verb.DELETE, '{"filter":"age >"}')

    assert fault.kind is FILTER_SYNTAX
    assert fault.context == {"parameter": "filter", "position": 5}


@pytest.mark.promise("sec-36")
@pytest.mark.parametrize("piece", ["(", "NOT ", "a AND "])
def test_a_huge_filter_in_a_body_is_refused_unread(piece: str):
    huge, small = piece * (1_048_576 // len(piece)), piece * (16_000 // len(piece))

    assert _fault(Verb.DELETE, json.dumps({"filter": huge})).kind is FILTER_TOO_LARGE
    assert _fault(Verb.DELETE, json.dumps({"filter": small})).kind in {
        FILTER_TOO_LARGE,
        FILTER_SYNTAX,
    }


_SCALARS = (
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]))
)
_NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
_TREES = st.recursive(
    _SCALARS | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=20,
)


@given(_TREES)
def test_a_document_comes_back_as_it_was(tree):
    text = json.dumps(tree)

    again = json.loads(compact(read_json(text.encode())), parse_float=Decimal)

    assert again == json.loads(text, parse_float=Decimal)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_a_request_error(raw):
    try:
        _read(Verb.PATCH, raw)
    except RequestError:
        return


def test_equal_numbers_of_a_body_are_one_object_so_that_millions_are_soon_freed():
    numbers = read_json(b"[12.50,12.5,12.50]")

    assert numbers == [JsonNumber(text=text) for text in ("12.50", "12.5", "12.50")]
    assert isinstance(numbers, list)
    assert numbers[0] is numbers[2]
