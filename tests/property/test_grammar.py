"""Laws of the filter grammar."""

from hypothesis import given
from hypothesis import strategies as st

from faucet.model.filters.grammar import FilterError, parse_filter
from faucet.model.filters.predicate import Predicate
from faucet.model.filters.tokens import TokenKind, Tokens, literal_positions, split_literals
from tests.property.strategies import predicates, spell

_PLAIN = """
    a b1 1 -2.5e3 ( ) , . = != <> < <= > >= AND or Not in LIKE between IS null true CONTAINS
    starts with && || {claims.x} {principal.role} now "x" 'y' " ' { } \\ é
"""
_WORDS = st.sampled_from((*_PLAIN.split(), "\0", "\ud800"))


def _refusal(text: str, *, policy: bool) -> FilterError | None:
    try:
        parse_filter(text, policy=policy)
    except FilterError as error:
        return error
    return None


@given(predicate=predicates(policy=True))
def test_a_predicate_survives_being_written_and_read(predicate: Predicate):
    read = parse_filter(spell(predicate), policy=True)

    assert read is not None
    assert spell(read) == spell(predicate)


@given(words=st.lists(_WORDS, max_size=24), policy=st.booleans())
def test_no_words_raise_anything_but_a_filter_error(words: list[str], policy: bool):
    text = " ".join(words)

    refusal = _refusal(text, policy=policy)

    assert refusal is None or 0 <= refusal.position <= len(text)


@given(text=st.text(max_size=40))
def test_no_text_raises_anything_but_a_filter_error(text: str):
    refusal = _refusal(text, policy=False)

    assert refusal is None or 0 <= refusal.position <= len(text)


@given(words=st.lists(_WORDS, max_size=12), glue=st.sampled_from(("", " ")))
def test_literals_are_found_where_the_grammar_finds_them(words: list[str], glue: str):
    text = glue.join(words)
    found = []

    try:
        tokens = Tokens(text)
        while not tokens.at_end:
            found.append(tokens.take())
    except FilterError:
        return

    literals = [each for each in found if each.kind in {TokenKind.STRING, TokenKind.NUMBER}]
    marked, texts = split_literals(text)
    assert texts == [each.text for each in literals]
    assert literal_positions(text) == [each.position for each in literals]
    assert marked.count("\0") == len(literals)
