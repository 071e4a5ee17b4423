"""Laws of the filter grammar."""

from hypothesis import given
from hypothesis import strategies as st

from faucet.model.filters.comparisons import read_comparisons
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


_COMPARED = st.tuples(
    st.sampled_from(("a", "_b1", "and1", "A", "not", "é", '"a"', "a.b")),
    st.sampled_from(("=", "!=", "<>", "<", "<=", ">", ">=", "==", "in", " eq ")),
    st.sampled_from(("1", "-2.50", "1e3", "1a", "1.", "''", "'x'", "'it''s'", "'", "true", "'\0'")),
).map("".join)
_JOINTS = st.sampled_from(
    (" AND ", " and ", "&&", " or ", "AND", " ANDb=1 and ", "\x1c&&\n", " and")
)


@given(tests=st.lists(_COMPARED, min_size=1, max_size=3), joint=_JOINTS, end=st.sampled_from(" )x"))
def test_comparisons_joined_by_and_are_what_the_grammar_reads(
    tests: list[str], joint: str, end: str
):
    text = joint.join(tests) + end

    quick = read_comparisons(f" {text}")

    # The parenthesis, as long as the blank, leaves the text to the grammar.
    refusal = _refusal(f"({text})", policy=False)
    assert quick is None or (refusal is None and quick == parse_filter(f"({text})"))


def test_the_most_common_filters_are_read_as_comparisons():
    read = read_comparisons("a > 1 AND b = 'x' and c<>-2.5&&d >= '2026-01-01'")

    assert read is not None
    assert [spell(test) for test in read.of] == [  # type: ignore[union-attr]
        '"a" > 1',
        "\"b\" = 'x'",
        '"c" != -2.5',
        "\"d\" >= '2026-01-01'",
    ]
