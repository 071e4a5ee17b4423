"""The filter as written, by callers and in row rules: a tree with positions."""

from collections.abc import Iterator

import msgspec

from faucet.names import ClosedSet


class LiteralKind(ClosedSet):
    """How a literal was written."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"


class Literal(msgspec.Struct, frozen=True, kw_only=True, tag="literal"):
    """A literal: *text* is without quotes for a string, as written for a number, true or false."""

    kind: LiteralKind
    text: str
    position: int


class ClaimReference(msgspec.Struct, frozen=True, kw_only=True, tag="claim"):
    """``{claims.NAME}``; only in row rules."""

    name: str
    position: int


class PrincipalReference(msgspec.Struct, frozen=True, kw_only=True, tag="principal"):
    """``{principal.name}`` or ``{principal.role}``; only in row rules."""

    field: str
    position: int


class NowReference(msgspec.Struct, frozen=True, kw_only=True, tag="now"):
    """``now()``; only in row rules."""

    position: int


Operand = Literal | ClaimReference | PrincipalReference | NowReference


class ColumnName(msgspec.Struct, frozen=True, kw_only=True):
    """A column as written: its dotted parts, the last being the column's name."""

    parts: tuple[str, ...]
    position: int


class Operator(ClosedSet):
    """The comparisons."""

    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


class PatternKind(ClosedSet):
    """The tests of text against a pattern."""

    LIKE = "like"
    ILIKE = "ilike"
    CONTAINS = "contains"
    STARTS_WITH = "starts with"
    ENDS_WITH = "ends with"


class Compare(msgspec.Struct, frozen=True, kw_only=True, tag="compare"):
    """``column operator value``."""

    column: ColumnName
    operator: Operator
    operand: Operand


class In(msgspec.Struct, frozen=True, kw_only=True, tag="in"):
    """
    ``column [NOT] IN (values)``; in rules also ``column IN {claims.list}``: then *claim* is set.
    """

    column: ColumnName
    operands: tuple[Operand, ...]
    negated: bool
    claim: ClaimReference | None = None


class Between(msgspec.Struct, frozen=True, kw_only=True, tag="between"):
    """``column [NOT] BETWEEN low AND high``."""

    column: ColumnName
    low: Operand
    high: Operand
    negated: bool


class Match(msgspec.Struct, frozen=True, kw_only=True, tag="match"):
    """``column [NOT] LIKE|ILIKE|CONTAINS|STARTS WITH|ENDS WITH text``."""

    column: ColumnName
    pattern: PatternKind
    operand: Operand
    negated: bool


class IsNull(msgspec.Struct, frozen=True, kw_only=True, tag="is_null"):
    """``column IS [NOT] NULL``, also spelled ``= NULL`` and ``!= NULL``."""

    column: ColumnName
    negated: bool


class Not(msgspec.Struct, frozen=True, kw_only=True, tag="not"):
    """Negation."""

    of: "Predicate"


class And(msgspec.Struct, frozen=True, kw_only=True, tag="and"):
    """Conjunction of two or more."""

    of: tuple["Predicate", ...]


class Or(msgspec.Struct, frozen=True, kw_only=True, tag="or"):
    """Disjunction of two or more."""

    of: tuple["Predicate", ...]


Predicate = Compare | In | Between | Match | IsNull | Not | And | Or


def claims_of(predicate: Predicate) -> Iterator[ClaimReference]:
    """Yield the claims that *predicate* refers to, in the order of its text."""
    match predicate:
        case Not(of=part):
            yield from claims_of(part)
        case And(of=parts) | Or(of=parts):
            for part in parts:
                yield from claims_of(part)
        case _:
            yield from (each for each in _operands(predicate) if isinstance(each, ClaimReference))


def _operands(test: Compare | In | Between | Match | IsNull) -> tuple[Operand, ...]:
    match test:
        case Compare(operand=operand) | Match(operand=operand):
            return (operand,)
        case In(operands=operands, claim=claim):
            return operands if claim is None else (claim,)
        case Between(low=low, high=high):
            return (low, high)
        case IsNull():
            return ()
