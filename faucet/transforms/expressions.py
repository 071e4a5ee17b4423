"""The bundled masks as SQL expressions. Pure. Loads SQLAlchemy."""

from collections.abc import Callable, Mapping
from typing import Final

import sqlalchemy as sa

from faucet.extension.sql_forms import Expression, SqlForms

# Literals, not parameters: a mask is part of the statement's shape and the same for all requests.
_STARS: Final = sa.literal_column("'****'", sa.Text())
_DIGITS: Final = 32
_SHOWN: Final = 4


def _number(value: int) -> sa.ColumnElement[int]:
    return sa.literal_column(str(value), sa.Integer())


def _null(column: Expression, _forms: SqlForms, _key: bytes) -> Expression:
    # A CASE rather than NULL, so that the answer keeps the column's type, which wire forms rely on.
    return sa.case((_number(1) == _number(0), column))


def _redact(column: Expression, _forms: SqlForms, _key: bytes) -> Expression:
    return sa.case((column.is_not(None), _STARS))


def _hash(column: Expression, forms: SqlForms, key: bytes) -> Expression:
    return sa.case((column.is_not(None), forms.keyed_hash(column, key, _DIGITS)))


def _last4(column: Expression, forms: SqlForms, _key: bytes) -> Expression:
    tail = _STARS.concat(forms.tail(column, _SHOWN))
    long = forms.characters(column) > _number(2 * _SHOWN)
    return sa.case((long, tail), (column.is_not(None), _STARS))


EXPRESSIONS: Final[Mapping[str, Callable[[Expression, SqlForms, bytes], Expression]]] = {
    "null": _null,
    "redact": _redact,
    "hash": _hash,
    "last4": _last4,
}
"""The expressions by name of the mask."""
