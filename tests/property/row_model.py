"""What filters mean, said twice: of a written filter, and of a typed one. None is unknown."""

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne
from typing import Any as Anything

from faucet.model.filters.condition import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Known,
    Membership,
    Negation,
    NullTest,
    Pattern,
    Scalar,
    Value,
)
from faucet.model.filters.predicate import (
    And,
    Between,
    ColumnName,
    Compare,
    In,
    IsNull,
    Literal,
    LiteralKind,
    Match,
    Not,
    Operand,
    Operator,
    Or,
    PatternKind,
    Predicate,
)

Row = Mapping[str, Scalar]

_COMPARE: Mapping[Operator, Callable[[Anything, Anything], bool]] = {
    Operator.EQ: eq,
    Operator.NE: ne,
    Operator.LT: lt,
    Operator.LE: le,
    Operator.GT: gt,
    Operator.GE: ge,
}


def _not(truth: bool | None) -> bool | None:
    return None if truth is None else not truth


def _and(truths: Iterable[bool | None]) -> bool | None:
    found = set(truths)
    return False if False in found else None if None in found else True


def _or(truths: Iterable[bool | None]) -> bool | None:
    return _not(_and(_not(truth) for truth in truths))


def _like(text: str, pattern: str) -> bool:
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    expression = "".join(wild.get(part) or re.escape(part[-1]) for part in parts)
    return re.fullmatch(expression, text, re.DOTALL) is not None


def satisfies(row: Row, condition: Condition) -> bool | None:
    """Return what a bound *condition* says of *row*."""
    match condition:
        case AllOf(of=parts):
            return _and(satisfies(row, part) for part in parts)
        case AnyOf(of=parts):
            return _or(satisfies(row, part) for part in parts)
        case Negation(of=part):
            return _not(satisfies(row, part))
        case NullTest(column=column):
            return row[column] is None
        case Known() | Comparison() | Membership() | Pattern():
            cell = row[condition.column]
            return None if cell is None else _holds(cell, condition)
        case _:
            raise AssertionError(condition)


def _holds(cell: Scalar, condition: Known | Comparison | Membership | Pattern) -> bool:
    match condition:
        case Known(holds=holds):
            return holds
        case Comparison(operator=operator, operand=Value(value=value)):
            assert type(value) is type(cell)
            return _COMPARE[operator](cell, value)
        case Membership(operands=tuple(values)):
            return cell in {value.value for value in values}
        case Pattern(operand=Value(value=value), fold=fold):
            text, pattern = str(cell), str(value)
            return _like(text.lower(), pattern.lower()) if fold else _like(text, pattern)
        case _:
            raise AssertionError(condition)


def means(row: Row, predicate: Predicate) -> bool | None:
    """Return what *predicate* says of *row*, comparing by value, without any regard to types."""
    match predicate:
        case Not(of=part):
            return _not(means(row, part))
        case And(of=parts):
            return _and(means(row, part) for part in parts)
        case Or(of=parts):
            return _or(means(row, part) for part in parts)
        case IsNull(column=column, negated=negated):
            return (_cell(row, column) is None) is not negated
        case Compare() | In() | Between() | Match():
            cell = _cell(row, predicate.column)
            return None if cell is None else _test(cell, predicate)


def _cell(row: Row, column: ColumnName) -> Scalar:
    return row[column.parts[-1]]


def _test(cell: Scalar, test: Compare | In | Between | Match) -> bool:
    match test:
        case Compare(operator=operator, operand=operand):
            return _COMPARE[operator](cell, _literal(cell, operand))
        case In(operands=operands, negated=negated):
            return any(cell == _literal(cell, operand) for operand in operands) is not negated
        case Between(low=low, high=high, negated=negated):
            between = _literal(cell, low) <= cell <= _literal(cell, high)
            return between is not negated
        case Match(negated=negated, operand=Literal(text=text), pattern=pattern):
            return _matches(str(cell), text, pattern) is not negated
        case _:
            raise AssertionError(test)


def _matches(cell: str, text: str, pattern: PatternKind) -> bool:
    match pattern:
        case PatternKind.CONTAINS:
            return text in cell
        case PatternKind.STARTS_WITH:
            return cell.startswith(text)
        case PatternKind.ENDS_WITH:
            return cell.endswith(text)
        case PatternKind.LIKE:
            return _like(cell, text)
        case PatternKind.ILIKE:
            return _like(cell.lower(), text.lower())


def _literal(cell: Scalar, operand: Operand) -> Anything:
    assert isinstance(operand, Literal)
    if isinstance(cell, bool):
        return operand.text in {"true", "1"}
    if operand.kind is LiteralKind.TEXT and isinstance(cell, str):
        return operand.text
    return Decimal(operand.text)
