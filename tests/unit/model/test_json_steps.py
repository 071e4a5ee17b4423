"""JSON that is decoded in steps is what the decoder makes of it at once."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faucet.model.json_fault import MOST_CONTAINERS, JsonFault, JsonProblem
from faucet.model.json_reader import read_json
from faucet.model.json_steps import StepDecoder, free

_TEXTS = st.text(alphabet='ab"\\[]{},: \t\né\u2028', max_size=6)
_SCALARS = st.none() | st.booleans() | st.integers(-99, 99) | st.floats(allow_nan=False) | _TEXTS
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(_TEXTS, inner, max_size=5),
    max_leaves=60,
)
_SEPARATORS = st.sampled_from([(",", ":"), (" , ", " : "), ("\n,\t", "\r:\n")])
_WINDOWS = st.integers(1, 80)
_NOISE = st.text(alphabet='[]{},:"\\1 nu', max_size=3)


class _Recording(json.JSONDecoder):
    """Records how long the texts are that it decodes."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def decode(self, s: str, **_options: Any) -> Any:  # type: ignore[override]  # without `_w`
        self.sizes.append(len(s))
        return super().decode(s)


def _expected(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return JsonProblem.SYNTAX


def _found(text: str, window: int) -> Any:
    try:
        return StepDecoder(json.JSONDecoder(), window).decode(text)
    except JsonFault as fault:
        # No name is given twice to the standard decoder that it does not replace.
        return fault.problem


@given(value=_VALUES, separators=_SEPARATORS, window=_WINDOWS, escape=st.booleans())
def test_steps_of_any_size_give_the_same_value(
    value: Any, separators: tuple[str, str], window: int, escape: bool
):
    text = json.dumps(value, separators=separators, ensure_ascii=escape)

    assert _found(f" {text}\n", window) == value


@given(value=_VALUES, noise=_NOISE, window=_WINDOWS, data=st.data())
def test_what_is_not_json_is_refused_in_steps_too(
    value: Any, noise: str, window: int, data: st.DataObject
):
    text = json.dumps(value, separators=(",", ":"))
    begin = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(begin, min(len(text), begin + 2)))
    changed = text[:begin] + noise + text[end:]

    found = _found(changed, window)

    assert found in (_expected(changed), JsonProblem.REPEATED_NAME)


@pytest.mark.parametrize(
    "item", ["[]", "{}", '""', "null", "[[[[[[]]]]]]", '{"a":[{"b":[1,{"c":[]}]}]}', '"[{,"']
)
def test_no_step_is_longer_than_its_window(item: str):
    decoder = _Recording()
    items = ",".join([item] * 1000)

    value = StepDecoder(decoder, 200).decode(f'{{"resource":[{items}]}}')

    assert len(value["resource"]) == 1000
    # A run ends with a comma, in whose place the brackets are closed.
    assert max(decoder.sizes, default=0) <= 200 + 1


def test_a_name_given_twice_in_different_steps_is_refused():
    members = ",".join(f'"name{number}":{number}' for number in range(50_000))

    with pytest.raises(JsonFault) as caught:
        read_json(f'{{{members},"name7":1}}')

    assert (caught.value.problem, caught.value.detail) == (JsonProblem.REPEATED_NAME, "name7")


def test_a_fault_of_a_later_step_has_its_position():
    begin = "[" + "1," * 50_000

    with pytest.raises(JsonFault) as caught:
        read_json(f"{begin}1 2,3]")

    assert (caught.value.problem, caught.value.position) == (JsonProblem.SYNTAX, len(begin) + 2)


@pytest.mark.parametrize("item", ["[]", '{"a":[]}'])
def test_more_arrays_and_objects_than_the_limit_are_refused(item: str):
    of_item = item.count("[") + item.count("{")
    items = ",".join([item] * (MOST_CONTAINERS // of_item))

    with pytest.raises(JsonFault) as caught:
        read_json(f"[{items}]")

    assert caught.value.problem is JsonProblem.CONTAINERS


def test_brackets_in_strings_are_not_counted():
    text = "[{" * MOST_CONTAINERS
    many = [text, *["[{"] * 20_000, '[{\\"]']

    assert read_json(json.dumps(many)) == many


def test_a_text_of_the_most_arrays_is_read():
    items = ",".join(["[]"] * (MOST_CONTAINERS - 1))

    value = read_json(f"[{items}]")

    assert isinstance(value, list)
    assert len(value) == MOST_CONTAINERS - 1


@given(value=st.lists(_VALUES, max_size=5) | st.dictionaries(_TEXTS, _VALUES, max_size=5))
def test_what_is_short_is_not_emptied(value: Any):
    before = json.dumps(value)

    free(value)

    assert json.dumps(value) == before


@pytest.mark.parametrize(
    "long", [list(range(20_000)), {str(number): number for number in range(20_000)}]
)
def test_what_is_long_is_emptied_at_any_depth(long: Any):
    free([{"a": [long]}])

    assert len(long) <= 4096
