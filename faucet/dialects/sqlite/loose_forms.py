"""How SQLite's columns compare: by the values that they return, whatever their cells hold. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import sqlalchemy as sa

from faucet.dialects.sqlite import bounds
from faucet.dialects.sqlite.cell_keys import (
    MOMENTS,
    NUMBERS,
    fits_by_class,
    has_class,
    is_promised,
    is_unix,
    quoted,
    rank,
    single_spelling,
)
from faucet.dialects.sqlite.long_lists import edges, long_list
from faucet.dialects.sqlite.spellings import other_spellings, ranked, spellings
from faucet.extension.sql_forms import Binder, Expression, LooseColumn, LooseValue
from faucet.model.catalog import Kind
from faucet.model.filters.predicate import Operator
from faucet.sql.cells import CellForm
from faucet.sql.chains import balanced
from faucet.sql.standard_forms import StandardForms

_UPWARDS: Final = frozenset({Operator.GT, Operator.GE})
_TEXTS: Final = frozenset({Kind.TEXT, Kind.UUID})
_RARE: Final = {Kind.TEXT: "blob", Kind.DECIMAL: "real"}
"""The storage class that a cell of the kind must have to be spelled otherwise."""
_FEW: Final = 8
"""The number of dates up to which each has its own range of the index."""
_DECIMAL_EDGES: Final[Mapping[Operator, Binder]] = {
    Operator.GT: bounds.highest_decimal,
    Operator.GE: bounds.lowest_decimal,
    Operator.LT: bounds.lowest_decimal,
    Operator.LE: bounds.highest_decimal,
}


class LooseForms(StandardForms):
    """See `SqlForms`."""

    def fits(self, column: LooseColumn) -> Expression:
        """
        Return whether the cell has the storage class of its kind; for a date or time, whether it is
        one, unless the service promises so.
        """
        if column.type.kind not in MOMENTS:
            return fits_by_class(column.cell, column.type)
        if is_promised(column.options):
            return has_class(column.cell, "text") & column.cell.op("GLOB")(quoted("[0-9][0-9]*"))
        return rank(column.cell, column.type, column.options).is_not(None)

    def loose_equality(self, column: LooseColumn, values: Sequence[LooseValue]) -> Expression:
        """
        Return a list of spellings or ranges of an index, with a comparison of what is returned.
        """
        others = [each for value in values for each in other_spellings(column.type, value)]
        if _has_ranges(column):
            near = long_list(column, values) if _is_long(column, values) else _each(column, values)
            return sa.or_(near, _among(column, column.cell, others)) if others else near
        own = [each for value in values for each in spellings(column.type, value)]
        cell = column.cell
        if column.type.kind is Kind.BOOLEAN:
            cell = single_spelling(cell, column.type, column.options)
        return _among(column, cell, [*own, *others])

    def loose_order(self, column: LooseColumn, operator: Operator, value: LooseValue) -> Expression:
        """Return a range of an index, and whether what is in it fits and is in the order."""
        kind = column.type.kind
        if kind is Kind.DECIMAL:
            edge = value.bound("edge", _DECIMAL_EDGES[operator])
            return _compare(column.cell, operator, edge) & self.fits(column)
        if _has_ranges(column):
            key = rank(column.cell, column.type, column.options)
            moment = value.bound("", ranked(column.type))
            return _within(column, value, operator) & _compare(key, operator, moment)
        exact = column.exact and kind is Kind.TEXT
        cell = column.cell.collate("BINARY") if exact else column.cell
        return _compare(cell, operator, spellings(column.type, value)[0]) & self.fits(column)

    def order_key(self, column: LooseColumn) -> Expression:
        """Return numbers as they are, since that is the order of what they return."""
        if column.type.kind in NUMBERS:
            return column.cell
        return self.group_key(column)

    def group_key(self, column: LooseColumn) -> Expression:
        """Return the one spelling of a value, the cell itself where it does not fit its type."""
        if column.type.kind in MOMENTS and is_promised(column.options):
            return column.cell
        return single_spelling(column.cell, column.type, column.options)

    def extreme_key(self, column: LooseColumn) -> Expression:
        """Return dates and times in the spelling that orders them."""
        if column.type.kind not in MOMENTS or is_promised(column.options):
            return column.cell
        return rank(column.cell, column.type, column.options)

    def assigned(self, column: LooseColumn, value: Expression) -> Expression:
        """Return the cell where it is returned as the value is, so that its spelling is kept."""
        kind = column.type.kind
        if kind in (Kind.INTEGER, Kind.FLOAT):
            return value
        form = quoted(CellForm(type=column.type, options=column.options).text)
        same: Expression = sa.func.faucet_same(column.cell, value, form)
        if kind in _RARE:
            same = sa.and_(has_class(column.cell, _RARE[kind]), same)
        return sa.case((same, column.cell), else_=value)


def _has_ranges(column: LooseColumn) -> bool:
    kind = column.type.kind
    return kind is Kind.DECIMAL or (kind in MOMENTS and not is_promised(column.options))


def _is_long(column: LooseColumn, values: Sequence[LooseValue]) -> bool:
    return len(values) > _FEW and column.type.kind in MOMENTS


def _each(column: LooseColumn, values: Sequence[LooseValue]) -> Expression:
    """Return whether *column* is a spelling of one of *values*, by their ranges."""
    near = [each for value in values for each in _near(column, value)]
    return balanced(sa.or_, near, sa.literal_column("0"))


def _near(column: LooseColumn, value: LooseValue) -> list[Expression]:
    """Return whether *column* is a spelling of *value*, once for each range of its index."""
    cell = column.cell
    if column.type.kind is Kind.DECIMAL:
        low = value.bound("low", bounds.lowest_decimal)
        return [sa.and_(cell >= low, cell <= value.bound("high", bounds.highest_decimal))]
    key = single_spelling(cell, column.type, column.options)
    same = key == value.bound("", ranked(column.type))
    first, last, least, most = edges(column, value)
    ranges = [(first, last)]
    if is_unix(column.type, column.options):
        ranges.append((least, most))
    return [sa.and_(cell >= start(), cell <= end(), same) for start, end in ranges]


def _within(column: LooseColumn, value: LooseValue, operator: Operator) -> Expression:
    """Return what an index shows of the comparison: a range that contains its rows."""
    cell, unix = column.cell, is_unix(column.type, column.options)
    first, last, least, most = edges(column, value)
    empty = quoted("")  # numbers sort before texts
    if operator in _UPWARDS:
        if not unix:
            return cell >= first()
        return sa.or_(sa.and_(cell >= least(), cell < empty), cell >= first())
    if not unix:
        return cell <= last()
    return sa.or_(cell <= most(), sa.and_(cell >= empty, cell <= last()))


def _among(column: LooseColumn, cell: Expression, values: Sequence[Expression]) -> Expression:
    """Return whether *cell* equals one of *values*; if exact, by code points as well."""
    test = _equals_one(cell, values)
    if column.exact and column.type.kind in _TEXTS:
        return sa.and_(test, _equals_one(cell.collate("BINARY"), values))
    return test


def _equals_one(cell: Expression, values: Sequence[Expression]) -> Expression:
    return cell == values[0] if len(values) == 1 else cell.in_(values)


def _compare(one: Expression, operator: Operator, other: Expression) -> Expression:
    compared: Callable[[Expression], Expression] = one.op(operator.value, is_comparison=True)
    return compared(other)
