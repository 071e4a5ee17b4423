"""A filter typed by the columns it names: `Predicate` to `Condition`. Pure."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from faucet.errors import (
    FILTER_SYNTAX,
    OUT_OF_RANGE,
    UNKNOWN_COLUMN,
    WRONG_TYPE,
    ErrorKind,
)
from faucet.model.catalog import EQUATABLE, ORDERED, Column, ColumnType, Kind, can_be_key
from faucet.model.filters.condition import (
    AllOf,
    AnyOf,
    Claim,
    Comparison,
    Condition,
    Known,
    LiteralOrigin,
    Membership,
    Negation,
    Now,
    NullTest,
    Pattern,
    PrincipalField,
    Scalar,
    Value,
)
from faucet.model.filters.literals import (
    nearest_number,
    pattern_text,
    read_equal,
    read_literal,
    without_bounds,
)
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
from faucet.model.settings import ValueOptions
from faucet.model.values import numbers
from faucet.model.values.fault import Gap, ValueFault
from faucet.names import did_you_mean

_EQUALITIES: Final = frozenset({Operator.EQ, Operator.NE})
_CLOCKED: Final = frozenset({Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMPTZ})
_NAMED: Final = frozenset({Kind.TEXT, Kind.ENUM})
_BESIDE: Final = {
    (operator, side): beside
    for side, upwards, downwards in ((1, Operator.GT, Operator.LE), (-1, Operator.GE, Operator.LT))
    for operator, beside in (
        (Operator.GT, upwards),
        (Operator.GE, upwards),
        (Operator.LT, downwards),
        (Operator.LE, downwards),
    )
}
"""The comparison with the nearest number that means the same as one with a number beside it."""
_Read = Callable[[LiteralKind, str, ColumnType, ValueOptions], Scalar]


class ConditionError(Exception):
    """
    A filter that does not fit its columns.

    *position* is that of the column or value at fault; *column* the name as written, None if the
    fault is not a column.
    """

    def __init__(
        self, kind: ErrorKind, message: str, position: int, column: str | None = None
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.position = position
        self.column = column


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """
    The columns that a caller's filter may name, resolved before it is typed.

    With *traced*, the values of literals record their position in the filter. *keys* marks a
    selection by keys, which may be of types that no filter compares.
    """

    columns: Mapping[str, Column]
    options: ValueOptions
    traced: bool = False
    keys: bool = False

    def column(self, name: ColumnName) -> Column:
        """Return the column that *name* names."""
        return self.columns[name.parts[-1]]


class RuleScope(Scope, frozen=True, kw_only=True):
    """
    The *columns* that a row rule may name, those of its relation.

    Columns must have a provable type, and values must fit it. *exact* marks its comparisons.
    """

    table: str
    schema: str | None
    exact: bool

    def column(self, name: ColumnName) -> Column:
        """Return the column that *name* names, or raise `ConditionError`."""
        written = ".".join(name.parts)
        qualifiers = {(), (self.table,)}
        if self.schema is not None:
            qualifiers.add((self.schema, self.table))
        own = name.parts[-1] if name.parts[:-1] in qualifiers else None
        column = self.columns.get(own) if own is not None else None
        if column is None:
            hint = did_you_mean(name.parts[-1], self.columns)
            message = f'no column "{written}"' + (f"; {hint}" if hint else "")
            raise ConditionError(UNKNOWN_COLUMN, message, name.position, written)
        if not column.type.provable:
            message = f'the database does not enforce a type for "{written}", so no rule can use it'
            raise ConditionError(WRONG_TYPE, message, name.position, written)
        return column


def type_predicate(predicate: Predicate, scope: Scope) -> Condition:
    """
    Return *predicate* with its columns resolved and its values parsed in their types.

    What the type alone decides is decided here, without a value that the database would have to
    cast. Raises `ConditionError`.
    """
    # Most are one; `match` takes long to find that a struct is none of its classes.
    if type(predicate) is Compare:
        return _Term(predicate.column, scope).comparison(predicate.operator, predicate.operand)
    match predicate:
        case Not(of=part):
            return Negation(of=type_predicate(part, scope))
        case And(of=parts):
            return AllOf(of=tuple([type_predicate(part, scope) for part in parts]))
        case Or(of=parts):
            return AnyOf(of=tuple([type_predicate(part, scope) for part in parts]))
        case _:
            return _Term(predicate.column, scope).condition(predicate)


class _Term:
    """One test, of the column that it names."""

    def __init__(self, name: ColumnName, scope: Scope) -> None:
        self._column = scope.column(name)
        self._kind = self._column.type.kind
        self._position = name.position
        self._scope = scope
        self._policy = self._exact = False
        if type(scope) is RuleScope:
            self._policy, self._exact = True, scope.exact

    def condition(self, test: Compare | In | Between | Match | IsNull) -> Condition:
        match test:
            case Compare(operator=operator, operand=operand):
                return self.comparison(operator, operand)
            case In():
                return _negated(self._membership(test), test.negated)
            case Between():
                return _negated(self._between(test), test.negated)
            case Match():
                return _negated(self._pattern(test), test.negated)
            case IsNull():
                return _negated(NullTest(column=self._column.name), test.negated)

    def comparison(self, operator: Operator, operand: Operand) -> Condition:
        kinds = EQUATABLE if operator in _EQUALITIES else ORDERED
        if self._kind not in kinds:
            self._check_takes(operator, kinds)
        if not isinstance(operand, Literal):
            return self._compare(operator, self._reference(operand))
        try:
            if operator in _EQUALITIES:
                return self._compare(operator, self._value(operand, read_equal))
            if self._column.type.loose:
                return self._order(operator, operand)
            return self._compare(operator, self._value(operand, read_literal))
        except ValueFault as fault:
            gap = self._gap(fault, operand)
            if operator not in _EQUALITIES and fault.gap is None:
                raise self._misfit(fault, operand) from None
            return self._decide(operator, gap)

    def _order(self, operator: Operator, literal: Literal) -> Condition:
        if self._policy or self._kind is not Kind.INTEGER:
            return self._compare(operator, self._value(literal, read_literal))
        if literal.kind is LiteralKind.BOOLEAN:
            return self._compare(operator, self._value(literal, read_literal))
        value, side = nearest_number(numbers.exact(literal.text))
        if isinstance(value, int):
            return self._compare(operator, self._value(literal, read_literal))
        return self._compare(_BESIDE.get((operator, side), operator), Value(value=value))

    def _membership(self, test: In) -> Condition:
        self._check_takes("IN", EQUATABLE)
        name = self._column.name
        if test.claim is not None:
            claim = Claim(name=test.claim.name, many=True)
            return Membership(column=name, operands=claim, exact=self._exact)
        literals = [operand for operand in test.operands if isinstance(operand, Literal)]
        if len(literals) < len(test.operands):
            # References are compared one by one, so that a list claim cannot replace a single
            # value.
            return AnyOf(of=tuple(self.comparison(Operator.EQ, each) for each in test.operands))
        found = tuple(self._members(literals))
        if not found:
            return Known(column=name, holds=False)
        return Membership(column=name, operands=found, exact=self._exact)

    def _members(self, literals: list[Literal]) -> list[Value]:
        """Return the values that the column can hold; the others equal nothing."""
        found = []
        for literal in literals:
            try:
                found.append(self._value(literal, read_equal))
            except ValueFault as fault:
                self._gap(fault, literal)
        return found

    def _between(self, test: Between) -> Condition:
        self._check_takes("BETWEEN", ORDERED)
        low = self.comparison(Operator.GE, test.low)
        return AllOf(of=(low, self.comparison(Operator.LE, test.high)))

    def _pattern(self, test: Match) -> Condition:
        self._check_takes(test.pattern.value.upper(), frozenset({Kind.TEXT}))
        operand = test.operand
        if not isinstance(operand, Literal) or operand.kind is not LiteralKind.TEXT:
            message = f"{test.pattern.value.upper()} requires a string in single quotes"
            raise ConditionError(FILTER_SYNTAX, message, operand.position)
        origin = None
        if self._scope.traced:
            origin = LiteralOrigin(
                kind=operand.kind,
                type=self._column.type,
                position=operand.position,
                pattern=test.pattern,
            )
        return Pattern(
            column=self._column.name,
            operand=Value(value=pattern_text(test.pattern, operand.text), origin=origin),
            fold=test.pattern is PatternKind.ILIKE,
        )

    def _compare(
        self, operator: Operator, operand: Value | Claim | PrincipalField | Now
    ) -> Condition:
        return Comparison(
            column=self._column.name, operator=operator, operand=operand, exact=self._exact
        )

    def _decide(self, operator: Operator, gap: Gap) -> Condition:
        """Return the result of comparing with a value in *gap*."""
        if operator in _EQUALITIES:
            return Known(column=self._column.name, holds=operator is Operator.NE)
        if gap.itself is not None:
            return self._compare(operator, Value(value=gap.itself))
        upwards = operator in {Operator.GT, Operator.GE}
        nearest = gap.above if upwards else gap.below
        if nearest is None:
            return Known(column=self._column.name, holds=False)
        return self._compare(Operator.GE if upwards else Operator.LE, Value(value=nearest))

    def _value(self, literal: Literal, read: _Read) -> Value:
        of, options = self._column.type, self._scope.options
        equal = read is read_equal and not self._policy
        if self._policy or not of.loose:
            read = read_literal
        elif of.kind is Kind.DECIMAL:
            of = without_bounds(of)
        value = read(literal.kind, literal.text, of, options)
        if self._exact and of.padded and isinstance(value, str):
            # Exactly compared, a cell has no padding, with which it is returned.
            value = value.rstrip(" ")
        if not self._scope.traced:
            return Value(value=value)
        origin = LiteralOrigin(kind=literal.kind, type=of, position=literal.position, equal=equal)
        return Value(value=value, origin=origin)

    def _gap(self, fault: ValueFault, literal: Literal) -> Gap:
        """Return the gap of a value that the column cannot hold; any other fault is an error."""
        if fault.kind is OUT_OF_RANGE and not self._policy:
            return fault.gap or Gap()
        raise self._misfit(fault, literal)

    def _misfit(self, fault: ValueFault, literal: Literal) -> ConditionError:
        message = f'the value for "{self._column.name}" does not fit: {fault.message}'
        return ConditionError(fault.kind, message, literal.position)

    def _reference(
        self, operand: ClaimReference | PrincipalReference | NowReference
    ) -> Claim | PrincipalField | Now:
        match operand:
            case ClaimReference(name=name):
                return Claim(name=name)
            case PrincipalReference(field=field):
                self._check_fits(f"{{principal.{field}}}", _NAMED, operand)
                return PrincipalField(field=field)
            case NowReference():
                self._check_fits("now()", _CLOCKED, operand)
                return Now()

    def _check_takes(self, operator: str, kinds: frozenset[Kind]) -> None:
        is_key = self._scope.keys and kinds is EQUATABLE and can_be_key(self._column.type)
        if self._kind not in kinds and not is_key:
            name = self._column.name
            message = f'{operator} cannot test "{name}", which is of type {self._kind.value}'
            raise ConditionError(WRONG_TYPE, message, self._position, name)

    def _check_fits(self, what: str, kinds: frozenset[Kind], operand: Operand) -> None:
        if self._kind not in kinds:
            name = self._column.name
            message = (
                f'{what} cannot be compared with "{name}", which is of type {self._kind.value}'
            )
            raise ConditionError(WRONG_TYPE, message, operand.position, name)


def _negated(condition: Condition, negated: bool) -> Condition:  # noqa: FBT001 - as it was parsed
    return Negation(of=condition) if negated else condition
