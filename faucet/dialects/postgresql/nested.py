"""The JSON of arrays and composites whose parts `to_json` does not print in their form. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from faucet.extension.sql_forms import Expression

_DIMENSIONS: Final = 6  # the most that PostgreSQL has
# What is before each element is taken from an array of zeros of the same dimensions. Outside the
# list of the subquery, `u` is not its alias, so that arrays may be nested. In FROM, unnest would
# return a composite as its fields.
_ARRAY_JSON: Final = """\
CASE WHEN pg_catalog.cardinality({array}) > 0 THEN CAST(pg_catalog.concat((\
SELECT pg_catalog.string_agg(u.before || \
coalesce(CAST(pg_catalog.to_json({element}) AS text), 'null'), '' ORDER BY u.place) \
FROM (SELECT pg_catalog.unnest({array}) AS item, \
pg_catalog.generate_series(1, pg_catalog.cardinality({array})) AS place, \
pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.rtrim(CAST(pg_catalog.to_json(\
pg_catalog.array_fill(0, pg_catalog.array_remove(ARRAY[{lengths}], NULL))) AS text), '0]'), '0')) \
AS before) u), \
pg_catalog.repeat(']', pg_catalog.array_ndims({array}))) AS json) \
WHEN {array} IS NOT NULL THEN json '[]' END"""
# A row of nulls is not null.
_ROW_JSON: Final = """\
CASE WHEN {row} IS DISTINCT FROM NULL THEN \
(SELECT pg_catalog.row_to_json(x.*) FROM (SELECT {fields}) x) END"""
ITEM: Final[Expression] = sa.literal_column("u.item")
"""An element of an array, for `array_json`."""


class _ArrayJson(FunctionElement[Any]):
    """A JSON array of an array, and the form of one element."""

    inherit_cache = True
    type = sa.JSON()


@compiles(_ArrayJson)
def _write(node: _ArrayJson, compiler: Any, **_options: object) -> str:
    array, element = map(compiler.process, node.clauses)
    lengths = (f"pg_catalog.array_length({array}, {n})" for n in range(1, _DIMENSIONS + 1))
    return _ARRAY_JSON.format(array=array, element=element, lengths=", ".join(lengths))


class _FieldOf(FunctionElement[Any]):
    """A field of a composite."""

    inherit_cache = False

    def __init__(self, row: Expression, field: str) -> None:
        super().__init__(row)
        self.field = field


@compiles(_FieldOf)
def _write_field(node: _FieldOf, compiler: Any, **_options: object) -> str:
    (row,) = map(compiler.process, node.clauses)
    return f"({row}).{compiler.preparer.quote_identifier(node.field)}"


class _RowJson(FunctionElement[Any]):
    """A JSON object of a composite and the forms of its fields."""

    inherit_cache = False
    type = sa.JSON()

    def __init__(self, row: Expression, fields: Mapping[str, Expression]) -> None:
        super().__init__(row, *fields.values())
        self.names = tuple(fields)


@compiles(_RowJson)
def _write_row(node: _RowJson, compiler: Any, **_options: object) -> str:
    row, *fields = map(compiler.process, node.clauses)
    quote = compiler.preparer.quote_identifier
    named = (f"{field} AS {quote(name)}" for name, field in zip(node.names, fields, strict=True))
    return _ROW_JSON.format(row=row, fields=", ".join(named))


def row_json(
    row: Expression, names: Sequence[str], form: Callable[[Expression, int], Expression]
) -> Expression:
    """
    Return the JSON of the composite *row*; *form* returns that of a field, by its place.

    It is *row* itself where *form* changes no field.
    """
    fields = {name: _field(row, name) for name in names}
    forms = {name: form(field, place) for place, (name, field) in enumerate(fields.items())}
    same = all(forms[name] is field for name, field in fields.items())
    written: Any = row if same else _RowJson(row, forms)
    found: Expression = written
    return found


def _field(row: Expression, name: str) -> Expression:
    written: Any = _FieldOf(row, name)
    field: Expression = written
    return field


def array_json(array: Expression, item: Expression) -> Expression:
    """Return the JSON of *array*, of whatever dimensions, of *item* for each `ITEM`."""
    written: Any = _ArrayJson(array, item)
    found: Expression = written
    return found
