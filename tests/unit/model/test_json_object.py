"""JSON from outside is read strictly, and its numbers exactly."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faucet.model.json_object import read_object

_NUMBERS = st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
_TREES = st.recursive(
    st.none() | st.booleans() | _NUMBERS | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=20,
)


@given(tree=st.dictionaries(st.sampled_from("abc"), _TREES), ascii_only=st.booleans())
def test_what_was_written_is_read(tree, ascii_only):
    assert read_object(json.dumps(tree, ensure_ascii=ascii_only).encode()) == tree


@given(digits=st.from_regex(r"-?(0|[1-9][0-9]{0,30})\.[0-9]{1,30}(e-?[0-9]{1,2})?", fullmatch=True))
@pytest.mark.promise("sec-36")
def test_no_digit_of_a_number_is_lost(digits):
    value = read_object(b'{"x":%b}' % digits.encode())["x"]

    assert isinstance(value, float | Decimal)
    assert Decimal(str(value)) == Decimal(digits)


@pytest.mark.promise("sec-36")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '"{}"',
        "{}{}",
        "{'a':1}",
        '{"a":1,}',
        '{"a":1,"a":1}',
        '{"a":{"b":1,"\\u0062":1}}',
        '{"a":NaN}',
        '{"a":-Infinity}',
        '{"a":01}',
        '{"a":.5}',
        '{"a":"\t"}',
        '{"a":"\\ud800"}',
        '{"\\udc00":1}',
        "\ufeff{}",
        '{"a":' + "9" * 401 + "}",
        '{"a":' + "9" * 100_000 + "}",
        '{"a":1e401}',
        '{"a":1e-401}',
        '{"a":1e3000000}',
        '{"a":1e' + "9" * 100_000 + "}",
        '{"a":0.' + "9" * 400 + "}",
        '{"a":' + "[" * 64 + "]" * 64 + "}",
        '{"a":' * 100_000,
        '{"a":' + "[" * 1_000_000,
        '{"' + '\\"' * 100_000,
    ],
    ids=lambda text: ascii(text[:24]),
)
def test_what_is_not_plain_json_is_refused(text):
    with pytest.raises(ValueError):
        read_object(text.encode())


def test_brackets_in_texts_are_not_nesting():
    assert read_object(b'{"a":"%b\\"["}' % (b"[{" * 100)) == {"a": "[{" * 100 + '"['}
