"""The bundled transforms, all of them masks: null, redact, hash, last4. Pure."""

from typing import Final

import sqlalchemy as sa

from faucet.extension.sql_forms import Expression, SqlForms
from faucet.extension.transform import Transform
from faucet.model.catalog import ColumnType, Kind
from faucet.model.facts import TransformFacts

# Literals, not parameters: a mask is part of the statement's shape and the same for all requests.
_STARS: Final = sa.literal_column("'****'", sa.Text())
_DIGITS: Final = 32
_SHOWN: Final = 4


def _number(value: int) -> sa.ColumnElement[int]:
    return sa.literal_column(str(value), sa.Integer())


def _null(column: Expression, _of: ColumnType, _forms: SqlForms, _key: bytes) -> Expression:
    # A CASE rather than NULL, so that the answer keeps the column's type, which wire forms rely on.
    return sa.case((_number(1) == _number(0), column))


def _redact(column: Expression, _of: ColumnType, _forms: SqlForms, _key: bytes) -> Expression:
    return sa.case((column.is_not(None), _STARS))


def _hash(column: Expression, _of: ColumnType, forms: SqlForms, key: bytes) -> Expression:
    return sa.case((column.is_not(None), forms.keyed_hash(column, key, _DIGITS)))


def _last4(column: Expression, _of: ColumnType, forms: SqlForms, _key: bytes) -> Expression:
    tail = _STARS.concat(forms.tail(column, _SHOWN))
    long = forms.characters(column) > _number(2 * _SHOWN)
    return sa.case((long, tail), (column.is_not(None), _STARS))


_TEXT: Final = frozenset({Kind.TEXT})

MASKS: Final = (
    Transform(
        facts=TransformFacts(name="null", takes=frozenset(Kind), gives=None), expression=_null
    ),
    Transform(
        facts=TransformFacts(name="redact", takes=_TEXT, gives=Kind.TEXT), expression=_redact
    ),
    Transform(
        facts=TransformFacts(name="hash", takes=_TEXT, gives=Kind.TEXT, keyed=True),
        expression=_hash,
    ),
    Transform(facts=TransformFacts(name="last4", takes=_TEXT, gives=Kind.TEXT), expression=_last4),
)
