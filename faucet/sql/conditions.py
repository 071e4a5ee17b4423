"""Conditions as SQLAlchemy expressions, with a dialect's forms. Pure."""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeGuard

import sqlalchemy as sa
from sqlalchemy.sql.elements import Grouping
from sqlalchemy.types import NullType

from faucet.extension.sql_forms import (
    Binder,
    Expression,
    LooseColumn,
    LooseValue,
    SqlForms,
)
from faucet.model.catalog import ColumnType, Kind
from faucet.model.filters.condition import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Guarded,
    KeySet,
    Known,
    Membership,
    Negation,
    NullTest,
    Operand,
    Pattern,
    Slot,
    Slots,
)
from faucet.model.filters.predicate import Operator
from faucet.model.settings import ValueOptions
from faucet.sql.chains import balanced
from faucet.sql.compiled import Placeholder

_OPERATORS: Final[Mapping[Operator, Callable[[Expression, Expression], Expression]]] = {
    Operator.EQ: operator.eq,
    Operator.NE: operator.ne,
    Operator.LT: operator.lt,
    Operator.LE: operator.le,
    Operator.GT: operator.gt,
    Operator.GE: operator.ge,
}
_OPPOSITE: Final = {
    Operator.LT: Operator.GE,
    Operator.LE: Operator.GT,
    Operator.GT: Operator.LE,
    Operator.GE: Operator.LT,
}

_Equality = Comparison | Membership
_LooseTest = Comparison | Membership | Pattern


class Parameters:
    """The parameters of one statement: each slot becomes an expression and a way to bind it."""

    def __init__(self, forms: SqlForms, options: ValueOptions) -> None:
        self.forms = forms
        self.options = options
        self.placeholders: dict[str, Placeholder] = {}

    def value(self, slot: Operand | Slot, of: ColumnType, *, exact: bool = False) -> Expression:
        """Return the expression of *slot* as a value of type *of*."""
        if not isinstance(slot, Slot):
            raise TypeError(slot)
        name = self._named(slot.index, self.forms.binder(of, self.options), "v")
        forms = self.forms
        return forms.exact_parameter(name, of) if exact else forms.parameter(name, of)

    def key(self, index: int, of: ColumnType) -> Expression:
        """Return the expression of a key value as the database returned it."""
        name = self._named(index, self.forms.key_binder(of, self.options), "k")
        return self.forms.parameter(name, of)

    def loose(self, index: int, *, spelled: bool) -> LooseValue:
        """Return the value at *index*, to be compared with a loose column."""

        def bound(name: str, bind: Binder) -> Expression:
            return sa.bindparam(self._named(index, bind, f"{name}_"), type_=NullType())

        return LooseValue(bound=bound, spelled=spelled)

    def array(self, slots: Slots, of: ColumnType, *, keys: bool) -> str:
        """Return the name of the array parameter at *slots*."""
        bind = self.forms.array_binder(of, self.options, keys=keys)
        return self._named(slots.first, bind, "a")

    def _named(self, index: int, bind: Callable[[Any], object], prefix: str) -> str:
        name = f"{prefix}{index}"
        self.placeholders[name] = Placeholder(index, bind)
        return name


class Conditions:
    """
    Writes conditions on the columns of one relation.

    *source* returns the expression of a column by name, *types* its type. The values of a `KeySet`
    are as `SqlForms.key` returned them.
    """

    def __init__(
        self,
        source: Callable[[str], Expression],
        types: Mapping[str, ColumnType],
        parameters: Parameters,
    ) -> None:
        self._source = source
        self._types = types
        self._parameters = parameters
        self._forms = parameters.forms

    def write(self, condition: Condition, *, negated: bool = False) -> Expression:
        """
        Return *condition*, or its negation, as an expression in SQL's three-valued logic.

        Negations are pushed down to the tests by De Morgan's laws, which are also valid for
        unknown, and the deepest part of a chain comes first: SQLite's parser allows a hundred open
        levels.
        """
        match condition:
            case AllOf(of=parts) | AnyOf(of=parts):
                parts = tuple(sorted(parts, key=_height, reverse=True))
                written = self._write_parts(condition, parts, negated=negated)
                if isinstance(condition, AllOf) is not negated:
                    return balanced(sa.and_, written, self._forms.truth(holds=True))
                return balanced(sa.or_, written, self._forms.truth(holds=False))
            case Negation(of=part):
                return self.write(part, negated=not negated)
            case Guarded(policy=policy, test=test) if not negated:
                visible = self.write(policy)
                guarded = sa.case((visible, self.write(test)))
                # The second policy is there for its indexes.
                return sa.and_(guarded, self._forms.beside_guard(visible))
            case Guarded(policy=policy, test=test):
                return self.write(AllOf(of=(policy, test)), negated=True)
            case _:
                return self._possibly_negated(condition, negated=negated)

    def _write_parts(
        self, whole: AllOf | AnyOf, parts: Sequence[Condition], *, negated: bool
    ) -> list[Expression]:
        """
        Return *parts* as expressions, those that test one loose column for equality as one list,
        so that the cell is converted once.
        """
        conjunction = isinstance(whole, AllOf) is not negated
        lists: dict[tuple[str, bool], list[_Equality]] = {}
        written: list[Expression] = []
        for part in parts:
            if self._is_loose_equality(part) and _is_unequal(part) is (conjunction is not negated):
                lists.setdefault((part.column, part.exact), []).append(part)
            else:
                written.append(self.write(part, negated=negated))
        for tests in lists.values():
            values = [value for test in tests for value in self._loose_values(test)]
            equal = Grouping(self._forms.loose_equality(self._loose_column(tests[0]), values))
            written.append(sa.not_(equal) if conjunction else equal)
        return written

    def _is_loose_equality(self, part: Condition) -> TypeGuard[_Equality]:
        if isinstance(part, Comparison) and part.operator in _OPPOSITE:
            return False
        return isinstance(part, Comparison | Membership) and self._types[part.column].loose

    def _possibly_negated(self, test: Condition, *, negated: bool) -> Expression:
        match test:
            case Comparison() | Membership() | Pattern() if self._types[test.column].loose:
                return self._loose_test(test, negated=negated)
            case _:
                written = self._test(test)
                return sa.not_(Grouping(written)) if negated else written

    def _loose_test(self, test: _LooseTest, *, negated: bool) -> Expression:
        """Return a test, where what does not fit its type has no place in an order."""
        column = self._loose_column(test)
        if isinstance(test, Pattern):
            like = self._test(test)
            like = sa.not_(Grouping(like)) if negated else like
            return sa.and_(like, self._forms.fits(column))
        values = self._loose_values(test)
        if isinstance(test, Comparison) and test.operator in _OPPOSITE:
            operator = _OPPOSITE[test.operator] if negated else test.operator
            return self._forms.loose_order(column, operator, values[0])
        unequal = isinstance(test, Comparison) and test.operator is Operator.NE
        equal = Grouping(self._forms.loose_equality(column, values))
        return sa.not_(equal) if negated is not unequal else equal

    def _loose_column(self, test: _LooseTest) -> LooseColumn:
        return LooseColumn(
            cell=self._source(test.column),
            type=self._types[test.column],
            options=self._parameters.options,
            exact=not isinstance(test, Pattern) and test.exact,
        )

    def _loose_values(self, test: Comparison | Membership) -> list[LooseValue]:
        slots = test.operand if isinstance(test, Comparison) else test.operands
        if isinstance(slots, Slot):
            slots = Slots(first=slots.index, count=1, spelled=slots.spelled)
        if not isinstance(slots, Slots):
            raise TypeError(slots)
        members = range(slots.first, slots.first + slots.count)
        return [self._parameters.loose(index, spelled=slots.spelled) for index in members]

    def _test(self, test: Condition) -> Expression:
        match test:
            case Membership():
                return self._membership(test)
            case Pattern(column=name, operand=operand, fold=fold):
                of = self._types[name]
                pattern = self._parameters.value(operand, of)
                return self._forms.like(self._source(name), pattern, of, fold=fold)
            case NullTest(column=name):
                return self._source(name).is_(None)
            case Known(column=name, holds=holds):
                return sa.case((self._source(name).is_not(None), self._forms.truth(holds=holds)))
            case KeySet():
                return self._key_set(test)
            case Comparison():
                return self._comparison(test)
            case _:
                raise TypeError(test)

    def _comparison(self, test: Comparison) -> Expression:
        of, compare = self._types[test.column], _OPERATORS[test.operator]
        column = self._source(test.column)
        if not test.exact:
            value = self._parameters.value(test.operand, of)
            return compare(self._forms.comparable(column, of), value)
        exact = compare(
            self._forms.exact(column, of), self._parameters.value(test.operand, of, exact=True)
        )
        if test.operator is Operator.EQ and of.kind is Kind.TEXT:
            # The plain test next to the exact one allows the use of the column's own index.
            return sa.and_(column == self._parameters.value(test.operand, of), exact)
        return exact

    def _membership(self, test: Membership) -> Expression:
        of, slots = self._types[test.column], test.operands
        if not isinstance(slots, Slots):
            raise TypeError(slots)
        column = self._source(test.column)
        form = self._forms.exact if test.exact else self._forms.comparable
        shown = form(column, of)
        if self._forms.array_parameters:
            name = self._parameters.array(slots, of, keys=False)
            return self._forms.any_of(shown, name, of, exact=test.exact)
        members = range(slots.first, slots.first + slots.count)
        return shown.in_(
            [self._parameters.value(Slot(index=i), of, exact=test.exact) for i in members]
        )

    def _key_set(self, test: KeySet) -> Expression:
        slots = test.keys
        if not isinstance(slots, Slots):
            raise TypeError(slots)
        types = [self._types[name] for name in test.columns]
        width, columns = len(types), [self._source(name) for name in test.columns]
        if width == 1 and self._forms.array_parameters:
            name = self._parameters.array(slots, types[0], keys=True)
            return self._forms.any_of(columns[0], name, types[0])
        last = slots.first + slots.count
        rows = [
            [self._parameters.key(start + place, of) for place, of in enumerate(types)]
            for start in range(slots.first, last, width)
        ]
        if width == 1:
            return columns[0].in_([row[0] for row in rows])
        return balanced(
            sa.or_,
            [sa.and_(*[c == v for c, v in zip(columns, row, strict=True)]) for row in rows],
            self._forms.truth(holds=False),
        )


def _is_unequal(test: _Equality) -> bool:
    return isinstance(test, Comparison) and test.operator is Operator.NE


def _height(condition: Condition) -> int:
    match condition:
        case AllOf(of=parts) | AnyOf(of=parts):
            return 1 + max(map(_height, parts), default=0)
        case Negation(of=part):
            return _height(part)
        case Guarded(policy=policy, test=test):
            return 1 + max(_height(policy), _height(test))
        case _:
            return 0
