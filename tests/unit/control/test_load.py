"""Text to document: YAML 1.2, places, and what is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faucet.control.load import load, source_text
from faucet.control.scalars import read_plain
from faucet.diagnostics import Diagnostic, Span


def tree_of(text: str):
    outcome = load([source_text("f", text.encode())])
    assert outcome.diagnostics == ()
    assert outcome.value is not None
    return outcome.value.tree


def findings_in(data: str | bytes) -> tuple[Diagnostic, ...]:
    raw = data if isinstance(data, bytes) else data.encode()
    outcome = load([source_text("f", raw)])
    assert outcome.value is None
    return outcome.diagnostics


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[(word, word) for word in ("no", "yes", "on", "off", "y", "2027-01-01", "1_000", "1:30")],
        *[("0777", 777), ("0o17", 15), ("0x1F", 31), ("-5", -5), ("+5", 5), ("1.0", 1)],
        *[(".5", 0.5), ("1e3", 1000), ("1.5e-3", 0.0015), ("~", None), ("null", None), ("", None)],
        *[("true", True), ("False", False), ("tRue", "tRue"), ("'1'", "1"), ('"true"', "true")],
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value):
    found = tree_of(f"a: {text}")["a"]

    assert (found, type(found)) == (value, type(value))


def test_every_key_and_value_has_its_place():
    document = load([source_text("f", b"a:\n  b: [1, 'x']\n")]).value

    assert document is not None
    assert document.values["a", "b", 0] == Span(
        file="f", line=2, column=7, end_line=2, end_column=8
    )
    assert document.keys["a", "b"] == Span(file="f", line=2, column=3, end_line=2, end_column=4)
    assert document.quoted == {("a", "b", 1)}


@pytest.mark.parametrize(
    "text", ["a: [*]", "a: ['*', !b]", "a: [!b]", "a: *", "a:\n  - *", "a: {b: *}"]
)
def test_a_star_or_an_exclamation_mark_without_quotes_is_told_of(text: str):
    (found,) = findings_in(text)

    assert (found.code, found.hint) == (
        "FCT1002",
        'put a string that starts with * or ! in quotes: "*", "!name"',
    )


@pytest.mark.parametrize(
    "text",
    [
        "a:\n  - b: 1\n   c: 2",
        "a:\n    - b: 1\n  - c: 2",
        "a:\n  b: []\n c: []",
        "a: 1\n  b: 2",
    ],
)
def test_a_line_that_stands_under_nothing_leads_to_its_indentation(text: str):
    (found,) = findings_in(text)

    assert (found.code, found.span and found.span.line) == ("FCT1002", text.count("\n") + 1)
    assert "check the indentation" in found.hint


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (
            "roles: {a: {grants: [], grants: []}}",
            "; if this was meant to be another role, check the indentation",
        ),
        (
            "roles: {a: {grants: [{service: a, service: b}]}}",
            "; if this was meant to be another grant, check the indentation or a missing dash",
        ),
        (
            "services: {a: {dsn: x, dsn: y}}",
            "; if this was meant to be another service, check the indentation",
        ),
        ("limits: {batch: 1, batch: 2}", ""),
        ("roles: {a: {}, a: {}}", ""),
    ],
)
def test_a_key_given_twice_may_have_been_meant_for_a_neighbour(text: str, hint: str):
    (found,) = findings_in(text)

    assert (found.code, found.hint) == ("FCT1005", f"keep one of the two{hint}")


def test_anchors_aliases_and_merge_keys_work():
    found = tree_of("x: &x {a: 1, b: 2}\ny: {b: 3, <<: *x}\nz: {<<: [{a: 9}, *x]}\nw: *x")

    assert found["y"] == {"b": 3, "a": 1}
    assert found["z"] == {"a": 9, "b": 2}
    assert found["w"] == found["x"]


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter():
    assert tree_of("\ufeffa: 1\r\nb: 2\r\n") == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        (b"a: \xff", "FCT1001", 1, 4),
        ("a: 1\nb: x\x07", "FCT1001", 2, 5),
        ("# a \u2028b: 1", "FCT1001", 1, 5),
        ("# a \rb: 1", "FCT1001", 1, 5),
        ("a: [", "FCT1002", 2, 1),
        ("a: 1\n\tb: 2", "FCT1002", 2, 1),
        ("", "FCT1003", 1, 1),
        ("# nothing\n---\n", "FCT1003", 1, 1),
        ("a: 1\n---\nb: 2", "FCT1004", 2, 1),
        ("a: 1\nb: 2\na: 3", "FCT1005", 3, 1),
        ("1: 2", "FCT1006", 1, 1),
        ("? [a]\n: b", "FCT1006", 1, 3),
        ("a: !!str 1", "FCT1007", 1, 4),
        ("a: " + "[" * 70, "FCT1008", 1, 67),
        ("a: x" * 2**21, "FCT1008", 1, 1),
        ("a: 1e401", "FCT1009", 1, 4),
        ("a: " + "1" * 401, "FCT1009", 1, 4),
        ("a: .inf", "FCT1009", 1, 4),
        ("a: *b", "FCT1010", 1, 4),
        ("a: &a [*a]", "FCT1010", 1, 8),
        ("<<: 1", "FCT1010", 1, 5),
    ],
)
def test_what_is_no_manifest_is_refused_where_it_stands(
    text: str | bytes, code: str, line: int, column: int
):
    (found,) = findings_in(text)

    assert found.span is not None
    assert (found.code, found.span.line, found.span.column) == (code, line, column)


def test_all_faults_that_leave_the_rest_readable_are_reported():
    codes = [found.code for found in findings_in("a: 1\na: 2\nb: !x 1\nc: .nan\n")]

    assert sorted(codes) == ["FCT1005", "FCT1007", "FCT1009"]


def test_a_duplicate_names_both_places():
    (found,) = findings_in("a:\n  b: 1\n  b: 2")

    assert "f:2:3" in found.message


def test_aliases_may_not_multiply():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]

    (found,) = findings_in("\n".join(lines))

    assert found.code == "FCT1008"


@pytest.mark.promise("sec-36")
@pytest.mark.parametrize("text", ["1e3000000", "9" * 10**6, "1e" + "9" * 5000, "0x" + "f" * 10**5])
def test_a_number_bomb_is_not_converted(text: str):
    (found,) = findings_in(f"a: {text}")

    assert found.code == "FCT1009"


@given(st.text(max_size=200))
def test_no_text_makes_load_fail(text: str):
    outcome = load([source_text("f", text.encode("utf-8", "surrogatepass"))])

    assert (outcome.value is None) == bool(outcome.diagnostics)
    assert all(found.span is not None for found in outcome.diagnostics)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**60), 2**60)
        | st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=9),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.from_regex("[a-z]{1,5}", fullmatch=True), inner, max_size=4)
        ),
        max_leaves=20,
    )
)
def test_json_is_read_as_what_it_is(value):
    text = json.dumps({"root": value})

    assert json.dumps(tree_of(text)) == text


@given(st.integers(-(10**30), 10**30))
def test_a_decimal_integer_is_itself(number: int):
    assert read_plain(str(number)) == number
