"""SUM, AVG, MIN and MAX of SQLite's cells. Pure."""

from collections.abc import Callable
from typing import Any, Final

import sqlalchemy as sa

from faucet.dialects.sqlite.cell_keys import fits_by_class, has_class
from faucet.extension.sql_forms import Expression
from faucet.model.catalog import ColumnType, Kind
from faucet.model.statement import Function
from faucet.sql.cells import OVERFLOW

_LOW: Final = 0xFFFFFFFF
_Function = Callable[[Expression], Any]
_NONE: Final[Expression] = sa.literal_column("0")


def aggregate(function: Function, column: Expression, of: ColumnType) -> Expression:
    """
    Return the aggregate of the cells that fit their type; a sum of integers as ``high:low:rest``.

    SQLite's own sum fails on overflow with a bare error, so halves are summed, and apart from them
    what are no integers; `sql/cells` puts them together. A float sum beyond double is the text
    OVERFLOW.
    """
    if function is Function.SUM and of.kind is Kind.INTEGER:
        return _joined(_parts(column, of))
    if function is Function.AVG:
        return _doubles(_of_fitting(sa.func.avg, column, of), column, of)
    if function is Function.SUM:
        return _doubles(_total(column, of), column, of)
    return _of_fitting(getattr(sa.func, function.value.lower()), column, of)


def aggregate_order(function: Function, column: Expression, of: ColumnType) -> Expression:
    """Return the sort key of the aggregate; sums of integers by their carried high half."""
    if function is Function.SUM and of.kind is Kind.INTEGER:
        return sa.func.faucet_sum(*_parts(column, of))
    return aggregate(function, column, of)


def _of_fitting(function: _Function, column: Expression, of: ColumnType) -> Expression:
    made: Any = function(column)
    aggregated: Expression = made.filter(fits_by_class(column, of)) if of.loose else made
    return aggregated


def _parts(column: Expression, of: ColumnType) -> tuple[Expression, Expression, Expression]:
    high: Any = sa.func.sum(column.op(">>")(sa.literal_column("32")))
    low: Any = sa.func.sum(column.op("&")(sa.literal_column(str(_LOW))))
    if not of.loose:
        return high, low, _NONE
    integers, reals = has_class(column, "integer"), has_class(column, "real")
    rest = sa.func.total(column).filter(reals)
    some = sa.func.count(column).filter(fits_by_class(column, of)) > _NONE
    whole = (sa.func.coalesce(half.filter(integers), _NONE) for half in (high, low))
    high, low = (sa.case((some, half)) for half in whole)
    return high, low, rest


def _joined(parts: tuple[Expression, Expression, Expression]) -> Expression:
    colon: Expression = sa.literal_column("':'")
    high, low, rest = parts
    text = sa.cast(high, sa.Text).op("||")(colon).op("||")(sa.cast(low, sa.Text))
    if rest is _NONE:
        return text
    return text.op("||")(colon).op("||")(sa.func.printf(sa.literal_column("'%!.17g'"), rest))


def _total(column: Expression, of: ColumnType) -> Expression:
    # Decimals that are whole are stored as integers, whose sum could overflow.
    summed: Any = sa.func.sum(column * sa.literal_column("1.0"))
    total: Expression = summed.filter(fits_by_class(column, of)) if of.loose else summed
    if of.kind is not Kind.DECIMAL or of.scale is None:
        return total
    scale: Expression = sa.literal_column(str(of.scale))
    finer = sa.func.abs(column - sa.func.round(column, scale)) > sa.func.abs(
        column * sa.literal_column("1e-14")
    )
    return sa.case((sa.func.max(finer), total), else_=sa.func.round(total, scale))


def _doubles(total: Expression, column: Expression, of: ColumnType) -> Expression:
    """Return *total* with NaN and the infinities as in PostgreSQL; SQLite reads 'NaN' as 0."""
    nan: Expression = sa.literal_column("'NaN'")
    infinity: Expression = sa.literal_column("9e999")
    infinite = sa.func.max(sa.func.abs(column) == infinity)
    counted = _of_fitting(sa.func.count, column, of)
    return sa.case(
        (sa.func.max(column == nan), nan),
        # Infinities of both signs.
        (sa.and_(total.is_(None), counted > _NONE), nan),
        (
            sa.and_(sa.func.abs(total) == infinity, sa.not_(infinite)),
            sa.literal_column(f"'{OVERFLOW}'"),
        ),
        else_=total,
    )
