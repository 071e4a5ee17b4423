"""The SQL of the columns that a service returns, written once for each."""

from collections.abc import Callable
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from faucet.caches import SizedCache
from faucet.extension.sql_forms import Expression, SqlForms
from faucet.model.catalog import ColumnType
from faucet.model.statement import RelationName

_MOST: Final = 8192
_LIMIT: Final = 4 * 2**20
_BYTES_OF_ENTRY: Final = 512

OutputColumn = tuple[RelationName, str, ColumnType]
"""A column of a relation by name, and the type that it is returned as."""


class OutputTexts:
    """The SQL of the returned columns of one service's relations."""

    def __init__(self) -> None:
        # False where there are parameters, which belong to one statement.
        self._written: SizedCache[OutputColumn, str | Literal[False]] = SizedCache(
            "outputs", limit=_LIMIT, largest=_LIMIT, most=_MOST
        )

    def output(
        self, column: OutputColumn, write: Callable[[], Expression], forms: SqlForms
    ) -> Expression:
        """Return what *write* returns for *column*, as text unless it has parameters."""
        written = self._written.get(column)
        if written is None:
            written = _write(write(), forms)
            self._written.put(column, written, _BYTES_OF_ENTRY + len(written or ""))
        return _WrittenSql(written) if written else write()


def _write(expression: Expression, forms: SqlForms) -> str | Literal[False]:
    text = forms.compile(expression)
    return False if text.names else text.sql


class _WrittenSql(sa.ColumnElement[Any]):
    """An expression whose SQL is written already."""

    inherit_cache = False

    def __init__(self, text: str) -> None:
        self.text = text


@compiles(_WrittenSql)
def _text(element: _WrittenSql, _compiler: object, **_options: object) -> str:
    return element.text
