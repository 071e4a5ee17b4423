"""Whether SQLite's cells fit their type, and what they equal, as expressions. Pure."""

from collections.abc import Callable, Mapping
from typing import Final

import sqlalchemy as sa

from faucet.dialects.sqlite.functions import UNIX, ZONED
from faucet.extension.sql_forms import Expression
from faucet.model.catalog import ColumnType, Kind
from faucet.model.settings import TimestampForm, ValueOptions

INSTANTS: Final = frozenset({Kind.TIMESTAMP, Kind.TIMESTAMPTZ})
MOMENTS: Final = INSTANTS | {Kind.DATE, Kind.TIME}
NUMBERS: Final = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT})
_GLOBS: Final = {
    Kind.DATE: "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]",
    Kind.TIME: "[0-9][0-9]:[0-9][0-9]:[0-9][0-9]",
}
_FUNCTIONS: Final = {Kind.DATE: "faucet_date", Kind.TIME: "faucet_time"}


def quoted(text: str) -> Expression:
    """Return *text* as a literal: part of the statement's shape, the same for all requests."""
    escaped = text.replace("'", "''")
    return sa.literal_column(f"'{escaped}'")


def has_class(cell: Expression, *classes: str) -> Expression:
    """Return whether *cell* has one of these storage classes."""
    of: Expression = sa.func.typeof(cell)
    names = [quoted(name) for name in classes]
    return of == names[0] if len(names) == 1 else of.in_(names)


def fits_by_class(cell: Expression, of: ColumnType) -> Expression:
    """Return whether the storage class of *cell* is that of its kind."""
    if of.kind in NUMBERS:
        number = has_class(cell, "integer", "real")
        return sa.or_(number, cell == quoted("NaN")) if of.kind is Kind.FLOAT else number
    return has_class(cell, "text") if of.kind is Kind.TEXT else cell.is_not(None)


def is_promised(options: ValueOptions) -> bool:
    """Return whether dates and times have one spelling, by the author's word."""
    return options.timestamps is TimestampForm.ISO


def is_unix(of: ColumnType, options: ValueOptions) -> bool:
    """Return whether numbers are instants in a column of type *of*."""
    return of.kind in INSTANTS and options.timestamps is TimestampForm.UNIX


def rank(cell: Expression, of: ColumnType, options: ValueOptions) -> Expression:
    """Return a date or time in the spelling that orders them, NULL for what is none."""
    if of.kind not in INSTANTS:
        matches = cell.op("GLOB")(quoted(_GLOBS[of.kind]))
        function: Expression = getattr(sa.func, _FUNCTIONS[of.kind])(cell)
        return sa.case((has_class(cell, "text"), sa.case((matches, cell), else_=function)))
    mode = ZONED * (of.kind is Kind.TIMESTAMPTZ) + UNIX * is_unix(of, options)
    # SQLite's own function recognizes the common spelling, and costs much less.
    common = sa.and_(sa.func.datetime(cell) == cell, cell >= quoted("0001-"))
    other = sa.func.faucet_instant(cell, sa.literal_column(str(mode)))
    return sa.case((common, cell), else_=other)


def single_spelling(cell: Expression, of: ColumnType, options: ValueOptions) -> Expression:
    """Return the same for cells that are returned alike; what does not fit, as it is."""
    if of.kind in MOMENTS:
        return sa.func.coalesce(rank(cell, of, options), cell)
    form = _FORMS.get(of.kind)
    return cell if form is None else form(cell)


def _truth(cell: Expression) -> Expression:
    word = sa.func.lower(cell)
    is_word = sa.and_(has_class(cell, "text"), word.in_([quoted("true"), quoted("false")]))
    return sa.case(
        (has_class(cell, "integer", "real"), cell != sa.literal_column("0")),
        (is_word, word == quoted("true")),
        else_=cell,
    )


def _uuid(cell: Expression) -> Expression:
    length: Expression = sa.func.length(cell)
    common = sa.and_(
        has_class(cell, "text"), length == sa.literal_column("36"), cell == sa.func.lower(cell)
    )
    return sa.case((common, cell), else_=sa.func.faucet_uuid(cell))


def _fifteen_digits(cell: Expression) -> Expression:
    rounded = sa.cast(sa.func.printf(quoted("%.15g"), cell), sa.Float())
    return sa.case((has_class(cell, "real"), rounded), else_=cell)


_FORMS: Final[Mapping[Kind, Callable[[Expression], Expression]]] = {
    Kind.BOOLEAN: _truth,
    Kind.UUID: _uuid,
    Kind.DECIMAL: _fifteen_digits,
}
