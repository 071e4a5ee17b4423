"""Whether a date or time of SQLite is in a long list: each cell is converted once. Pure."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

import sqlalchemy as sa

from faucet.dialects.sqlite import bounds
from faucet.dialects.sqlite.cell_keys import is_unix, single_spelling
from faucet.dialects.sqlite.spellings import ranked
from faucet.extension.sql_forms import Binder, Expression, LooseColumn, LooseValue

_ARGUMENTS: Final = 100  # a function of SQLite takes 127 arguments, unless built otherwise


def long_list(column: LooseColumn, values: Sequence[LooseValue]) -> Expression:
    """
    Return whether *column* is a spelling of one of *values*, within the range of an index that has
    them all; twice, if numbers are instants.
    """
    cell = column.cell
    key = single_spelling(cell, column.type, column.options)
    same = key.in_([value.bound("", ranked(column.type)) for value in values])
    firsts, lasts, leasts, mosts = zip(*(edges(column, value) for value in values), strict=True)
    ranges = [(firsts, lasts)]
    if is_unix(column.type, column.options):
        ranges.append((leasts, mosts))
    near = [
        sa.and_(cell >= _outermost("min", lows), cell <= _outermost("max", highs), same)
        for lows, highs in ranges
    ]
    return sa.or_(*near)


def edges(column: LooseColumn, value: LooseValue) -> tuple[Callable[[], Expression], ...]:
    """Return the first and last text that may spell *value*, and the least and greatest number."""
    kind = column.type.kind
    binds: Mapping[str, Binder] = {
        "first": lambda each: bounds.first_text(each, kind),
        "last": lambda each: bounds.last_text(each, kind),
        "least": lambda each: bounds.seconds(each, -1),
        "most": lambda each: bounds.seconds(each, 1),
    }
    return tuple(partial(value.bound, name, bind) for name, bind in binds.items())


def _outermost(function: str, made: Sequence[Callable[[], Expression]]) -> Expression:
    """Return the least or greatest of the values, as a query, which SQLite runs once."""
    call: Callable[..., Expression] = getattr(sa.func, function)
    parts = [each() for each in made]
    while len(parts) > 1:
        groups = [parts[start : start + _ARGUMENTS] for start in range(0, len(parts), _ARGUMENTS)]
        parts = [call(*group) if len(group) > 1 else group[0] for group in groups]
    return sa.select(parts[0]).scalar_subquery()
