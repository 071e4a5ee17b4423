"""The bundled transforms, all of them masks: null, redact, hash, last4. Pure."""

from typing import Final

import sqlalchemy as sa

from faucet.extension.dialect import Expression, SqlForms
from faucet.extension.transform import Transform
from faucet.model.catalog import ColumnType, Kind
from faucet.model.facts import TransformFacts

# Literals, not parameters: a mask is part of the statement's shape and the same for all requests.
_STARS: Final = sa.literal_column("'****'", sa.Text())


def _number(value: int) -> sa.ColumnElement[int]:
    return sa.literal_column(str(value), sa.Integer())


def _null(column: Expression, _of: ColumnType, _forms: SqlForms, _key: bytes) -> Expression:
    # A CASE rather than NULL, so that the answer keeps the column's type, which wire forms rely on.
    return sa.case((_number(1) == _number(0), column))


def _redact(column: Expression, _of: ColumnType, _forms: SqlForms, _key: bytes) -> Expression:
    return sa.case((column.is_not(None), _STARS))


def _hash(column: Expression, _of: ColumnType, forms: SqlForms, key: bytes) -> Expression:
    digest = sa.func.substr(forms.keyed_hash(column, key), _number(1), _number(32), type_=sa.Text())
    return sa.case((column.is_not(None), digest))


def _last4(column: Expression, _of: ColumnType, _forms: SqlForms, _key: bytes) -> Expression:
    # With varchar as it is, PostgreSQL would prefer anybody's length(varchar) to its own.
    text = sa.cast(column, sa.Text())
    length = sa.func.length(text, type_=sa.Integer())
    # SQLite's length stops at a NUL that its substr does not stop at: without the third argument,
    # everything behind the NUL would show.
    tail = sa.func.substr(text, length - _number(3), _number(4), type_=sa.Text())
    return sa.case((length > _number(8), _STARS.concat(tail)), (column.is_not(None), _STARS))


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
