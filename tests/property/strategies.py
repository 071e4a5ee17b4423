"""What laws are tried on: predicates and their text, conditions, rows and claims."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from faucet.model.catalog import Column, ColumnType, Kind
from faucet.model.filters.condition import Scalar
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
    Operand,
    Operator,
    Or,
    PatternKind,
    Predicate,
    PrincipalReference,
)

_CHARACTERS = st.characters(codec="utf-8", exclude_characters="\0")
_TEXTS = st.text(_CHARACTERS, max_size=8)
_NAMES = st.text(_CHARACTERS, min_size=1, max_size=8)
_CLAIM_NAMES = st.text("abcxyz_:/-é", min_size=1, max_size=8)


def _literal(kind: LiteralKind, text: str) -> Literal:
    return Literal(kind=kind, text=text, position=0)


texts = st.builds(_literal, st.just(LiteralKind.TEXT), _TEXTS)
numbers = st.builds(
    _literal,
    st.just(LiteralKind.NUMBER),
    st.from_regex(r"-?[0-9]{1,20}(\.[0-9]{1,10})?(e[+-]?[0-9]{1,2})?", fullmatch=True).filter(
        str.isascii
    ),
)
booleans = st.builds(_literal, st.just(LiteralKind.BOOLEAN), st.sampled_from(("true", "false")))
literals: st.SearchStrategy[Operand] = texts | numbers | booleans
references: st.SearchStrategy[Operand] = (
    st.builds(ClaimReference, name=_CLAIM_NAMES, position=st.just(0))
    | st.builds(PrincipalReference, field=st.sampled_from(("name", "role")), position=st.just(0))
    | st.just(NowReference(position=0))
)


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\")


def columns(names: st.SearchStrategy[str] = _NAMES) -> st.SearchStrategy[ColumnName]:
    """Columns of up to four parts."""
    parts = st.lists(names, min_size=1, max_size=4).map(tuple)
    return st.builds(ColumnName, parts=parts, position=st.just(0))


def tests(column: st.SearchStrategy[ColumnName], *, policy: bool) -> st.SearchStrategy[Predicate]:
    """Single tests of *column*."""
    operands = literals | references if policy else literals
    negated = st.booleans()
    members = st.lists(operands, min_size=1, max_size=4).map(tuple)
    matched = st.builds(_literal, st.just(LiteralKind.TEXT), _TEXTS.map(_escape))
    found: st.SearchStrategy[Predicate] = st.one_of(
        st.builds(Compare, column=column, operator=st.sampled_from(Operator), operand=operands),
        st.builds(In, column=column, operands=members, negated=negated, claim=st.none()),
        st.builds(Between, column=column, low=operands, high=operands, negated=negated),
        st.builds(
            Match,
            column=column,
            pattern=st.sampled_from(PatternKind),
            operand=matched,
            negated=negated,
        ),
        st.builds(IsNull, column=column, negated=negated),
    )
    if not policy:
        return found
    claim = st.builds(ClaimReference, name=_CLAIM_NAMES, position=st.just(0))
    many = st.builds(In, column=column, operands=st.just(()), negated=negated, claim=claim)
    return found | many


def combined(leaves: st.SearchStrategy[Predicate]) -> st.SearchStrategy[Predicate]:
    """Trees over *leaves*."""
    return st.recursive(
        leaves,
        lambda parts: st.one_of(
            st.builds(Not, of=parts),
            st.builds(And, of=st.lists(parts, min_size=2, max_size=3).map(tuple)),
            st.builds(Or, of=st.lists(parts, min_size=2, max_size=3).map(tuple)),
        ),
        max_leaves=8,
    )


def predicates(*, policy: bool = False) -> st.SearchStrategy[Predicate]:
    """Any predicate, over columns of any name; with *policy* with references too."""
    return combined(tests(columns(), policy=policy))


def spell(node: Predicate) -> str:
    """Return the text of *node*."""
    match node:
        case Not(of=part):
            return f"NOT ({spell(part)})"
        case And(of=parts):
            return " AND ".join(f"({spell(part)})" for part in parts)
        case Or(of=parts):
            return " OR ".join(f"({spell(part)})" for part in parts)
        case _:
            return f"{_spell_column(node.column)} {_spell_test(node)}"


def _spell_column(column: ColumnName) -> str:
    return ".".join('"{}"'.format(part.replace('"', '""')) for part in column.parts)


def _spell_test(node: Compare | In | Between | Match | IsNull) -> str:
    negation = "NOT " if not isinstance(node, Compare) and node.negated else ""
    match node:
        case Compare(operator=operator, operand=operand):
            return f"{operator.value} {_spell_operand(operand)}"
        case In(claim=ClaimReference() as claim):
            return f"{negation}IN {_spell_operand(claim)}"
        case In(operands=operands):
            return f"{negation}IN ({', '.join(map(_spell_operand, operands))})"
        case Between(low=low, high=high):
            return f"{negation}BETWEEN {_spell_operand(low)} AND {_spell_operand(high)}"
        case Match(pattern=pattern, operand=operand):
            return f"{negation}{pattern.value} {_spell_operand(operand)}"
        case IsNull():
            return f"IS {negation}NULL"


def _spell_operand(operand: Operand) -> str:
    match operand:
        case Literal(kind=LiteralKind.TEXT, text=text):
            return "'{}'".format(text.replace("'", "''"))
        case Literal(text=text):
            return text
        case ClaimReference(name=name):
            return f"{{claims.{name}}}"
        case PrincipalReference(field=field):
            return f"{{principal.{field}}}"
        case NowReference():
            return "now()"


def _type(kind: Kind, **facts: Any) -> ColumnType:
    return ColumnType(kind=kind, db_type=kind.value, **facts)


COLUMNS: Mapping[str, Column] = {
    name: Column(name=name, position=position, type=of, nullable=True)
    for position, (name, of) in enumerate(
        {
            "small": _type(Kind.INTEGER, bits=16),
            "price": _type(Kind.DECIMAL, precision=3, scale=1),
            "code": _type(Kind.TEXT, length=3),
            "flag": _type(Kind.BOOLEAN),
        }.items()
    )
}

_WHOLE = st.integers(-3, 3) | st.sampled_from((-(2**15), 2**15 - 1))
_TENTHS = st.integers(-30, 30).map(lambda n: Decimal(n) / 10)
_CODES = st.text("aB%_\\'", max_size=3)


def rows() -> st.SearchStrategy[Mapping[str, Scalar]]:
    """Rows of `COLUMNS`."""
    return st.fixed_dictionaries(
        {
            "small": st.none() | _WHOLE,
            "price": st.none() | _TENTHS | st.sampled_from((Decimal("99.9"), Decimal("-99.9"))),
            "code": st.none() | _CODES,
            "flag": st.none() | st.booleans(),
        }
    )


_NEARBY = st.one_of(
    _WHOLE.map(str),
    st.integers(-400, 400).map(lambda n: str(Decimal(n) / 100)),
    st.sampled_from(("1e3", "-1e9", "32768", "99.95", "-99.91", "5e-1")),
)
_NUMERIC = st.builds(_literal, st.sampled_from((LiteralKind.NUMBER, LiteralKind.TEXT)), _NEARBY)
_WORDY = st.builds(_literal, st.just(LiteralKind.TEXT), st.text("aB%_\\'", max_size=5))
_BINARY = booleans | st.builds(_literal, st.just(LiteralKind.NUMBER), st.sampled_from(("0", "1")))


def _named(name: str) -> ColumnName:
    return ColumnName(parts=(name,), position=0)


def _tests_of(
    name: str, operands: st.SearchStrategy[Operand], operators: tuple[Operator, ...]
) -> st.SearchStrategy[Predicate]:
    column, negated = st.just(_named(name)), st.booleans()
    found: st.SearchStrategy[Predicate] = st.one_of(
        st.builds(IsNull, column=column, negated=negated),
        st.builds(Compare, column=column, operator=st.sampled_from(operators), operand=operands),
        st.builds(
            In,
            column=column,
            operands=st.lists(operands, min_size=1, max_size=3).map(tuple),
            negated=negated,
            claim=st.none(),
        ),
    )
    if Operator.LT not in operators:
        return found
    between = st.builds(Between, column=column, low=operands, high=operands, negated=negated)
    return found | between


def _matches_of(name: str) -> st.SearchStrategy[Predicate]:
    plain = st.sampled_from((PatternKind.CONTAINS, PatternKind.STARTS_WITH, PatternKind.ENDS_WITH))
    patterns = st.text("aB%_\\'", max_size=3).map(_escape)
    return st.one_of(
        st.builds(
            Match,
            column=st.just(_named(name)),
            pattern=plain,
            operand=_WORDY,
            negated=st.booleans(),
        ),
        st.builds(
            Match,
            column=st.just(_named(name)),
            pattern=st.sampled_from((PatternKind.LIKE, PatternKind.ILIKE)),
            operand=st.builds(_literal, st.just(LiteralKind.TEXT), patterns),
            negated=st.booleans(),
        ),
    )


def typed_predicates() -> st.SearchStrategy[Predicate]:
    """Predicates that `COLUMNS` take."""
    every, equal = tuple(Operator), (Operator.EQ, Operator.NE)
    return combined(
        st.one_of(
            _tests_of("small", _NUMERIC, every),
            _tests_of("price", _NUMERIC, every),
            _tests_of("code", _WORDY, every),
            _tests_of("flag", _BINARY, equal),
            _matches_of("code"),
        )
    )


CLAIMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-4, 4),
    st.sampled_from((2**15, 0.5, 1.0, 1.25, "", "7", "a", "aB", "aaaa", (), ("a",), (1, None))),
)
"""What a claim may hold, fitting and not."""


def rules() -> st.SearchStrategy[Predicate]:
    """Row rules over `COLUMNS` that need the claim ``c`` at least once."""
    claim: st.SearchStrategy[Operand] = st.just(ClaimReference(name="c", position=0))
    leaf = st.one_of(
        _tests_of("small", claim, tuple(Operator)),
        _tests_of("price", claim, tuple(Operator)),
        _tests_of("code", claim, tuple(Operator)),
        _tests_of("flag", claim, (Operator.EQ, Operator.NE)),
    )
    return combined(leaf.filter(lambda node: not isinstance(node, IsNull)))
