"""The filter grammar, form by form."""

import pytest

from faucet.errors import FILTER_SYNTAX, FILTER_TOO_LARGE, INVALID_PARAMETER, ErrorKind
from faucet.model.filters.grammar import FilterError, parse_column, parse_filter
from faucet.model.filters.predicate import (
    And,
    Between,
    ClaimReference,
    ColumnName,
    Compare,
    In,
    IsNull,
    Literal,
    LiteralKind,
    Match,
    Not,
    NowReference,
    Operator,
    Or,
    PatternKind,
    Predicate,
    PrincipalReference,
)


def _column(*parts: str, at: int = 0) -> ColumnName:
    return ColumnName(parts=parts, position=at)


def _number(text: str, at: int) -> Literal:
    return Literal(kind=LiteralKind.NUMBER, text=text, position=at)


def _text(text: str, at: int) -> Literal:
    return Literal(kind=LiteralKind.TEXT, text=text, position=at)


def _is(name: str, at: int) -> Compare:
    number = _number("1", at + len(name) + 1)
    return Compare(column=_column(name, at=at), operator=Operator.EQ, operand=number)


def _refusal(text: str, *, policy: bool = False) -> FilterError:
    with pytest.raises(FilterError) as caught:
        parse_filter(text, policy=policy)
    return caught.value


@pytest.mark.parametrize("text", ["", " ", "\t\r\n "])
def test_a_blank_filter_is_none(text: str):
    assert parse_filter(text) is None


@pytest.mark.parametrize(
    ("spelled", "operator"),
    [
        ("=", Operator.EQ),
        ("EQ", Operator.EQ),
        ("!=", Operator.NE),
        ("<>", Operator.NE),
        ("ne", Operator.NE),
        (">", Operator.GT),
        ("gt", Operator.GT),
        (">=", Operator.GE),
        ("Gte", Operator.GE),
        ("<", Operator.LT),
        ("LT", Operator.LT),
        ("<=", Operator.LE),
        ("LTE", Operator.LE),
    ],
)
def test_every_comparison_has_its_spellings(spelled: str, operator: Operator):
    expected = Compare(
        column=_column("a"), operator=operator, operand=_number("-1.5e+3", len(spelled) + 3)
    )

    assert parse_filter(f"a {spelled} -1.5e+3") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a IS NULL", IsNull(column=_column("a"), negated=False)),
        ("a is not null", IsNull(column=_column("a"), negated=True)),
        ("a = NULL", IsNull(column=_column("a"), negated=False)),
        ("a EQ null", IsNull(column=_column("a"), negated=False)),
        ("a != NULL", IsNull(column=_column("a"), negated=True)),
        ("a <> Null", IsNull(column=_column("a"), negated=True)),
        (
            "a IN (1,2)",
            In(
                column=_column("a"),
                operands=(_number("1", 6), _number("2", 8)),
                negated=False,
            ),
        ),
        (
            "a NOT IN ('x')",
            In(column=_column("a"), operands=(_text("x", 10),), negated=True),
        ),
        (
            "a BETWEEN 1 && 2",
            Between(
                column=_column("a"), low=_number("1", 10), high=_number("2", 15), negated=False
            ),
        ),
        (
            "a not between 1 and 2",
            Between(column=_column("a"), low=_number("1", 14), high=_number("2", 20), negated=True),
        ),
        (
            "a = TRUE",
            Compare(
                column=_column("a"),
                operator=Operator.EQ,
                operand=Literal(kind=LiteralKind.BOOLEAN, text="true", position=4),
            ),
        ),
    ],
)
def test_every_test_has_its_form(text: str, expected: Predicate):
    assert parse_filter(text) == expected


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("LIKE", PatternKind.LIKE),
        ("ilike", PatternKind.ILIKE),
        ("CONTAINS", PatternKind.CONTAINS),
        ("starts with", PatternKind.STARTS_WITH),
        ("ENDS  WITH", PatternKind.ENDS_WITH),
    ],
)
def test_every_pattern_can_be_negated(word: str, kind: PatternKind):
    plain = Match(
        column=_column("a"), pattern=kind, operand=_text("x", len(word) + 3), negated=False
    )
    negated = Match(
        column=_column("a"), pattern=kind, operand=_text("x", len(word) + 7), negated=True
    )

    assert parse_filter(f"a {word} 'x'") == plain
    assert parse_filter(f"a NOT {word} 'x'") == negated


def test_not_binds_tighter_than_and_and_and_tighter_than_or():
    read = parse_filter("NOT a=1 AND b=1 OR c=1")

    assert read == Or(of=(And(of=(Not(of=_is("a", 4)), _is("b", 12))), _is("c", 19)))


def test_symbols_and_parentheses_group():
    read = parse_filter("(a=1||b=1)&&NOT (c=1)")

    assert read == And(of=(Or(of=(_is("a", 1), _is("b", 6))), Not(of=_is("c", 17))))


def test_not_before_parentheses_negates_them_once_closed():
    read = parse_filter("NOT NOT ((a=1) AND b=1)")

    assert read == Not(of=Not(of=And(of=(_is("a", 10), _is("b", 19)))))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("naïve_名前", ("naïve_名前",)),
        ('"two words"', ("two words",)),
        ('"say ""hi"""', ('say "hi"',)),
        ('a . "b".c.d', ("a", "b", "c", "d")),
        ('"and"', ("and",)),
        ("in", ("in",)),
        ("\u0131s", ("\u0131s",)),
    ],
)
def test_columns_have_many_names(text: str, parts: tuple[str, ...]):
    assert parse_column(text) == _column(*parts)
    assert parse_filter(f"{text} IS NULL") == IsNull(column=_column(*parts), negated=False)


def test_text_doubles_its_quotes():
    read = parse_filter("a = 'O''Brien'''")

    assert read == Compare(column=_column("a"), operator=Operator.EQ, operand=_text("O'Brien'", 4))


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("a >", "expected a value after '>'", 3),
        ("a > AND b=1", "expected a value after '>'; strings must be in single quotes: 'AND'", 4),
        ("a = abc", "expected a value after '='; strings must be in single quotes: 'abc'", 4),
        ('a = "b\'c"', "expected a value after '='; strings must be in single quotes: 'b''c'", 4),
        ("a > NULL", "NULL is not allowed after '>'; use IS NULL or IS NOT NULL", 4),
        ("a IN (NULL)", "NULL is not allowed after '('; use IS NULL or IS NOT NULL", 6),
        ("a", "expected an operator after 'a'", 1),
        ("a 1", "expected an operator after 'a'", 2),
        ("a NOT = 1", "expected IN, LIKE, ILIKE, BETWEEN, CONTAINS, STARTS WITH or ENDS WITH", 6),
        ("a IS 1", "expected NULL or NOT NULL after IS", 5),
        ("a IS NOT 1", "expected NULL after IS NOT", 9),
        ("a IN 1", "expected '(' after IN", 5),
        ("a == 1", "there is no '=='; use =", 2),
        ("a = = 1", "expected a value after '='", 4),
        ("a = claims.b", "expected a value after '='; strings must be in single quotes", 4),
        ("a IN ()", "expected a value after '('", 6),
        ("a IN (1,)", "expected a value after ','", 8),
        ("a IN (1 2)", "expected ',' or ')'", 8),
        ("a BETWEEN 1 OR 2", "expected AND between the two values of BETWEEN", 12),
        ("a LIKE 5", "LIKE requires a string in single quotes", 7),
        ("a STARTS 'x'", "expected WITH after STARTS", 9),
        ("a LIKE 'x\\'", "in a pattern '\\' is only allowed before '%', '_' or another '\\'", 7),
        ("a ILIKE '\\x%'", "in a pattern '\\' is only allowed before '%', '_' or another '\\'", 8),
        ("(a=1", "expected ')', AND or OR", 4),
        ("(a=1 b=1", "expected ')', AND, OR or the end", 5),
        ("a=1)", "expected AND, OR or the end", 3),
        ("a=1 b=1", "expected AND, OR or the end", 4),
        ("AND", "expected a column", 0),
        ("()", "expected a column", 1),
        ("NOT", "expected a column", 3),
        ("a. = 1", "expected a name after '.'", 3),
        ("a.b.c.d.e = 1", "a column has at most 4 parts", 0),
        ('"" = 1', "a name cannot be empty", 0),
        ("a = 5x", "invalid number; put strings in single quotes", 4),
        ("a = 5.", "invalid number; put strings in single quotes", 4),
        ("a = 'x", "the string has no closing '", 4),
        ('"a = 1', 'the name has no closing "', 0),
        ("a = {x", "the reference has no closing }", 4),
        ("a = +1", "unexpected character '+'", 4),
        ("a = 'x\0'", "the character U+0000 is not allowed here", 6),
        ("a = '\ud800'", "an unpaired surrogate is not allowed here", 5),
        ("a = now()", "now() is only allowed in row rules", 4),
        ("a = {claims.x}", "a reference in braces is only allowed in row rules", 4),
    ],
)
def test_an_error_says_what_was_expected_and_where(text: str, message: str, position: int):
    refusal = _refusal(text)

    assert refusal.kind is FILTER_SYNTAX
    assert refusal.message.startswith(message)
    assert refusal.position == position


def test_positions_count_characters():
    assert _refusal("😀 = 1").position == 0
    assert _refusal("名 = 'é😀' x").position == 9


def test_rules_refer_to_the_caller_and_the_clock():
    read = parse_filter(
        "a = {claims.tenant} AND b IN {claims.teams} AND c = {principal.name} "
        "AND d IN ({ principal.role }) AND e < Now ()",
        policy=True,
    )

    assert isinstance(read, And)
    compared, among, named, role, clock = read.of
    assert isinstance(compared, Compare)
    assert isinstance(among, In)
    assert isinstance(named, Compare)
    assert isinstance(role, In)
    assert isinstance(clock, Compare)
    assert compared.operand == ClaimReference(name="tenant", position=4)
    assert among.claim == ClaimReference(name="teams", position=29)
    assert named.operand == PrincipalReference(field="name", position=52)
    assert role.operands == (PrincipalReference(field="role", position=79),)
    assert clock.operand == NowReference(position=107)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = {claims.}", "expected {claims.NAME}, {principal.name} or {principal.role}"),
        ("a = {claims.x y}", "expected {claims.NAME}, {principal.name} or {principal.role}"),
        ("a = {principal.id}", "expected {claims.NAME}, {principal.name} or {principal.role}"),
        ("a = {env}", "expected {claims.NAME}, {principal.name} or {principal.role}"),
        ("a IN {principal.role}", "only a claim can be a list"),
        ("a = now(", "expected ')' after 'now('"),
        ("a = now", "expected a value after '='; strings must be in single quotes"),
        ("a = claims.b_id", "a reference must be in braces: write {claims.b_id}"),
        ("a = claim.b", "a reference must be in braces: write {claims.b}"),
        ("a IN claims.b", "a reference must be in braces: write {claims.b}"),
        ("a IN (1, Claims.b)", "a reference must be in braces: write {claims.b}"),
        ("a BETWEEN 1 AND claims.b", "a reference must be in braces: write {claims.b}"),
        ("a = principal.name", "a reference must be in braces: write {principal.name}"),
        ("a = principal.id", "a reference must be in braces: write {principal.name} or"),
        ("a = claims", "expected a value after '='; strings must be in single quotes"),
        ("a IN claims", "expected '(' after IN"),
    ],
)
def test_a_reference_must_be_one_of_those_that_exist(text: str, message: str):
    assert _refusal(text, policy=True).message.startswith(message)


@pytest.mark.promise("sec-05")
@pytest.mark.parametrize("operand", ["{claims.x}", "{principal.name}", "now()"])
@pytest.mark.parametrize("word", ["LIKE", "ILIKE", "CONTAINS", "STARTS WITH", "ENDS WITH"])
@pytest.mark.parametrize("negation", ["", "NOT "])
def test_patterns_take_no_claim(operand: str, word: str, negation: str):
    refusal = _refusal(f"a {negation}{word} {operand}", policy=True)

    assert refusal.message == f"{word} requires a string, not a claim or another reference"


@pytest.mark.promise("sec-06")
@pytest.mark.parametrize("word", ["LIKE", "ILIKE"])
@pytest.mark.parametrize(
    ("pattern", "legal"),
    [
        ("a\\%b\\_c\\\\", True),
        ("\\\\", True),
        ("\\\\\\%", True),
        ("\\", False),
        ("\\\\\\", False),
        ("secret-\\", False),
        ("\\a", False),
        ("\\[", False),
    ],
)
def test_a_backslash_escapes_only_what_needs_it(word: str, pattern: str, legal: bool):
    text = f"a {word} '{pattern}'"

    if legal:
        assert isinstance(parse_filter(text), Match)
    else:
        assert _refusal(text).kind is FILTER_SYNTAX


@pytest.mark.parametrize("word", ["CONTAINS", "STARTS WITH", "ENDS WITH"])
def test_a_backslash_is_plain_where_nothing_is_a_wildcard(word: str):
    assert isinstance(parse_filter(f"a {word} '\\'"), Match)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("(" * 64 + "a=1" + ")" * 64, None),
        ("(" * 65 + "a=1" + ")" * 65, FILTER_TOO_LARGE),
        ("NOT " * 64 + "a=1", None),
        ("NOT " * 32 + "(" * 33 + "a=1" + ")" * 33, FILTER_TOO_LARGE),
        ("a=1 OR a=1 AND (" * 32 + "a=1" + ")" * 32, None),
        ("a=1 OR a=1 AND (" * 33 + "a=1" + ")" * 33, FILTER_TOO_LARGE),
        ("a=1 AND NOT (" * 33 + "a=1" + ")" * 33, FILTER_TOO_LARGE),
        ("NOT (a=1) AND " * 100 + "a=1", None),
        (" AND ".join(["a=1"] * 1000), None),
        (" OR ".join(["a=1"] * 1001), FILTER_TOO_LARGE),
        (f"a IN ({','.join(['1'] * 1000)})", None),
        (f"a IN ({','.join(['1'] * 1001)})", FILTER_TOO_LARGE),
    ],
)
def test_a_filter_has_limits(text: str, kind: ErrorKind | None):
    if kind is None:
        assert parse_filter(text) is not None
    else:
        assert _refusal(text).kind is kind


@pytest.mark.promise("sec-36")
@pytest.mark.parametrize(
    ("number", "legal"),
    [
        ("9" * 400, True),
        ("9" * 401, False),
        ("0." + "9" * 399, True),
        ("0." + "9" * 400, False),
        ("1e400", True),
        ("1e-400", True),
        ("1e401", False),
        ("1e-401", False),
        ("1e3000000", False),
        ("1e" + "0" * 1_000_000 + "1", False),
        ("1" * 1_000_000, False),
    ],
)
def test_a_number_is_measured_before_it_is_read(number: str, legal: bool):
    if legal:
        assert parse_filter(f"a = {number}") is not None
    else:
        assert _refusal(f"a = {number}").kind is FILTER_TOO_LARGE


@pytest.mark.parametrize(
    "text",
    [
        "(" * 2**20,
        "NOT " * 2**18,
        "a=1 AND " * 2**17,
        "a.b" * 2**18,
        "'" * (2**20 + 1),
        '"' * (2**20 + 1),
        "a = '" + "''" * 2**19,
        "a IN (" + "1," * 2**19,
        "{" * 2**20,
        "a" * 2**20,
    ],
)
def test_a_mebibyte_of_anything_is_refused(text: str):
    assert _refusal(text).kind in {FILTER_SYNTAX, FILTER_TOO_LARGE}


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [("", "expected a column", 0), ("a b", "expected the end", 2), ("'a'", "expected a column", 0)],
)
def test_a_column_is_one_column(text: str, message: str, position: int):
    with pytest.raises(FilterError) as caught:
        parse_column(text)

    assert caught.value.kind is INVALID_PARAMETER
    assert (caught.value.message, caught.value.position) == (message, position)
