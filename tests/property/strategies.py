"""What laws are tried on: predicates and their text, conditions, rows and claims."""

from hypothesis import strategies as st

from faucet.model.predicate import (
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
