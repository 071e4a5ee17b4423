"""References in texts."""

import pytest

from faucet.model.manifest.references import (
    Reference,
    ReferenceSyntaxError,
    has_reference,
    parse_references,
)


def test_a_text_is_literals_and_references_in_their_order():
    parts = parse_references("a${env:B}c${file:/d/e.f:-g:h}$${i}$")

    assert parts == (
        "a",
        Reference(scheme="env", name="B", default=None, position=1),
        "c",
        Reference(scheme="file", name="/d/e.f", default="g:h", position=10),
        "${i}$",
    )


@pytest.mark.parametrize("text", ["", "plain", "$5", "{a}", "$${x}", "a $ {b}"])
def test_a_text_without_reference_is_itself(text: str):
    assert "".join(map(str, parse_references(text))) == text.replace("$${", "${")
    assert not has_reference(text)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("${A}", 0),
        ("a${env:}", 1),
        ("ab${env:C", 2),
        ("${}", 0),
        ("${env:A}${", 8),
        ("${ENV:A}", 0),
    ],
)
def test_what_opens_no_reference_is_refused_where_it_stands(text: str, position: int):
    with pytest.raises(ReferenceSyntaxError) as caught:
        parse_references(text)

    assert caught.value.position == position
    assert has_reference(text)
