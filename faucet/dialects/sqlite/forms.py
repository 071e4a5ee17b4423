"""SQLite's SQL for the contract, and the functions it lacks."""

import hashlib
import hmac
import math
import re
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.types import NullType

from faucet.extension.sql_forms import Binder, CompiledText, DeletedRows, Expression
from faucet.model.catalog import ColumnType, Kind
from faucet.model.filters.condition import Scalar
from faucet.model.settings import ValueOptions
from faucet.model.statement import Function
from faucet.sql.cells import OVERFLOW
from faucet.sql.defaults import default_expression
from faucet.sql.standard_forms import StandardForms

_INSTANTS: Final = frozenset({Kind.TIMESTAMP, Kind.TIMESTAMPTZ})
_INSTANT: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d\d:?\d\d)?"
)
_LOW: Final = 0xFFFFFFFF
_LAST_SECOND: Final = math.nextafter(253_402_300_800.0, 0)


class SqliteForms(StandardForms):
    """The forms of SQLite 3.37 or newer."""

    array_parameters = False
    makes_json = False
    orders_deleted = False

    def __init__(self) -> None:
        self._dialect = SQLiteDialect_pysqlite(paramstyle="qmark")

    def compile(self, statement: sa.sql.ClauseElement) -> CompiledText:
        """Return the SQL text with ``?`` placeholders."""
        compiled: Any = statement.compile(dialect=self._dialect)
        return CompiledText(
            sql=str(compiled), names=tuple(compiled.positiontup), constants=compiled.params
        )

    def parameter(self, name: str, of: ColumnType) -> Expression:  # noqa: ARG002
        """Return the bare parameter: SQLite types values, not places."""
        return sa.bindparam(name, type_=NullType())

    def binder(self, of: ColumnType, options: ValueOptions) -> Binder:
        """
        Return the function that converts a canonical value to what SQLite stores for the kind.
        """
        if of.kind in _INSTANTS and options.timestamps == "unix":
            return _unix
        if of.kind is Kind.DECIMAL:
            return _decimal
        return _plain

    def any_of(
        self, column: Expression, name: str, of: ColumnType, *, exact: bool = False
    ) -> Expression:
        """Refuse: there are no array parameters."""
        raise NotImplementedError

    def array_binder(
        self, of: ColumnType, options: ValueOptions, *, keys: bool
    ) -> Callable[[tuple[Scalar, ...]], object]:
        """Refuse: there are no array parameters."""
        raise NotImplementedError

    def comparable(self, column: Expression, of: ColumnType) -> Expression:
        """Return booleans as 0 or 1, since any number but 0 is true."""
        return column != sa.literal_column("0") if of.kind is Kind.BOOLEAN else column

    def exact(self, column: Expression, of: ColumnType) -> Expression:
        """Return text under BINARY, and instants in one spelling."""
        if of.kind in _INSTANTS:
            return sa.func.faucet_instant(column)
        if of.kind is Kind.UUID:
            return sa.func.lower(column).collate("BINARY")
        if of.kind is Kind.BOOLEAN:
            return self.comparable(column, of)
        if of.kind in (Kind.TEXT, Kind.DATE, Kind.TIME):
            return column.collate("BINARY")
        return column

    def exact_parameter(self, name: str, of: ColumnType) -> Expression:
        """Return the parameter for `exact`."""
        if of.kind in _INSTANTS:
            return sa.func.faucet_instant(sa.bindparam(name, type_=NullType()))
        return self.parameter(name, of)

    def like(
        self,
        column: Expression,
        pattern: Expression,
        of: ColumnType,  # noqa: ARG002
        *,
        fold: bool,
    ) -> Expression:
        """Return LIKE, which connections make case-sensitive by pragma."""
        if fold:
            column, pattern = sa.func.lower(column), sa.func.lower(pattern)
        return column.like(pattern, escape="\\")

    def wire(self, column: Expression, of: ColumnType, options: ValueOptions) -> Expression:  # noqa: ARG002
        """Return the column itself: `sql/cells` spells its values."""
        return column

    def aggregate(self, function: Function, column: Expression, of: ColumnType) -> Expression:
        """
        Return the aggregate; a sum of integers as the text ``high:low``.

        SQLite's own sum fails on overflow with a bare error, so halves are summed; `sql/cells`
        puts them together. A float sum beyond double is the text OVERFLOW.
        """
        if function is Function.SUM and of.kind is Kind.INTEGER:
            high, low = _halves(column)
            text = [sa.cast(part, sa.Text) for part in (high, low)]
            return text[0].op("||")(sa.literal_column("':'")).op("||")(text[1])
        if function is Function.AVG:
            return _doubles(sa.func.avg(column), column)
        if function is Function.SUM:
            # Decimals that are whole are stored as integers, whose sum could overflow.
            return _doubles(sa.func.sum(column * sa.literal_column("1.0")), column)
        extreme: Expression = getattr(sa.func, function.value.lower())(column)
        return extreme

    def aggregate_order(self, function: Function, column: Expression, of: ColumnType) -> Expression:
        """Return the sort key of the aggregate; sums of integers by their carried high half."""
        if function is Function.SUM and of.kind is Kind.INTEGER:
            high, low = _halves(column)
            return sa.func.faucet_sum(high, low)
        return self.aggregate(function, column, of)

    def page(self, query: sa.Select[Any], labels: tuple[str, ...]) -> sa.sql.ClauseElement:  # noqa: ARG002
        """Return the query itself."""
        return query

    def rows(
        self,
        query: sa.Select[Any],
        keys: Sequence[Expression],
        labels: tuple[str, ...],  # noqa: ARG002
    ) -> sa.sql.ClauseElement:
        """Return the query with the keys in front."""
        return query.with_only_columns(*keys, *query.selected_columns)

    def deleted_rows(
        self,
        delete: sa.Delete,
        deleted: DeletedRows,
        labels: tuple[str, ...],  # noqa: ARG002
    ) -> sa.sql.ClauseElement:
        """Return the DELETE with RETURNING, whose order SQLite leaves open."""
        outputs = deleted.select(delete.table).selected_columns
        return delete.returning(*deleted.keys, *outputs)

    def keyed_hash(self, text: Expression, key: bytes, digits: int) -> Expression:
        """Return HMAC-SHA-256 by a function of the connection."""
        digest = sa.func.faucet_hmac(text, sa.literal(key.hex(), NullType()))
        return sa.func.substr(digest, _number(1), _number(digits), type_=sa.Text())

    def characters(self, text: Expression) -> Expression:
        """Return the length of the text; SQLite counts up to the first NUL."""
        return sa.func.length(sa.cast(text, sa.Text()), type_=sa.Integer())

    def tail(self, text: Expression, count: int) -> Expression:
        """Return the last characters before the first NUL."""
        # substr does not stop at a NUL as length does: without its third argument, everything after
        # the NUL would be returned.
        start = self.characters(text) - _number(count - 1)
        whole = sa.cast(text, sa.Text())
        return sa.func.substr(whole, start, _number(count), type_=sa.Text())

    def default(self, expression: str | None) -> Expression:
        """Return the catalog's own default expression, NULL where there is none."""
        return default_expression(expression)

    def locator_type(self) -> ColumnType:
        """Return the type of a rowid."""
        return ColumnType(kind=Kind.INTEGER, db_type="INTEGER", bits=64)

    def key(self, column: Expression, of: ColumnType) -> Expression:  # noqa: ARG002
        """Return the column itself."""
        return column

    def key_binder(self, of: ColumnType, options: ValueOptions) -> Binder:  # noqa: ARG002
        """Return the cell as it came."""
        return lambda value: value


def _number(value: int) -> Expression:
    # A literal, not a parameter: part of the statement's shape, the same for all requests.
    return sa.literal_column(str(value), sa.Integer())


def _halves(column: Expression) -> tuple[Expression, Expression]:
    high = sa.func.sum(column.op(">>")(sa.literal_column("32")))
    low = sa.func.sum(column.op("&")(sa.literal_column(str(_LOW))))
    return high, low


def _doubles(total: Expression, column: Expression) -> Expression:
    """Return *total* with NaN and the infinities as in PostgreSQL; SQLite reads 'NaN' as 0."""
    nan: Expression = sa.literal_column("'NaN'")
    infinity: Expression = sa.literal_column("9e999")
    infinite = sa.func.max(sa.func.abs(column) == infinity)
    return sa.case(
        (sa.func.max(column == nan), nan),
        # Infinities of both signs.
        (sa.and_(total.is_(None), sa.func.count(column) > sa.literal_column("0")), nan),
        (
            sa.and_(sa.func.abs(total) == infinity, sa.not_(infinite)),
            sa.literal_column(f"'{OVERFLOW}'"),
        ),
        else_=total,
    )


def _plain(value: Scalar) -> object:
    if isinstance(value, bool):
        return int(value)
    # SQLite turns a bound NaN into NULL; as text it stays what it is.
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    return value


def _decimal(value: Scalar) -> object:
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() and abs(value) < 2**63 else float(value)


def _unix(value: Scalar) -> object:
    if value is None:
        return None
    moment = datetime.fromisoformat(str(value)).replace(tzinfo=UTC).timestamp()
    # The last microsecond of year 9999 would round to year 10000.
    moment = min(moment, _LAST_SECOND)
    return int(moment) if moment == int(moment) else moment


def prepare(connection: sqlite3.Connection) -> None:
    """Give *connection* the functions that these forms call."""
    connection.create_function("faucet_hmac", 2, _hmac, deterministic=True)
    connection.create_function("faucet_instant", 1, canonical_instant, deterministic=True)
    connection.create_function("faucet_sum", 2, _sum_order, deterministic=True)


def _hmac(text: object, key: str) -> str | None:
    if text is None:
        return None
    message = text if isinstance(text, bytes) else str(text).encode()
    return hmac.new(bytes.fromhex(key), message, hashlib.sha256).hexdigest()


def _sum_order(high: int | None, low: int | None) -> str | None:
    """Return a text that sorts as the sum: exact, and beyond 64 bit."""
    if high is None or low is None:
        return None
    return f"{(high << 32) + low + (1 << 127):039d}"


def canonical_instant(cell: object) -> str | None:
    """
    Return a stored instant as ``YYYY-MM-DD HH:MM:SS[.ffffff]`` in UTC, None if it is none.

    Numbers are seconds since 1970.
    """
    try:
        if isinstance(cell, int | float):
            moment = datetime.fromtimestamp(cell, UTC)
        else:
            found = _INSTANT.fullmatch(str(cell).strip())
            if found is None:
                return None
            day, minutes, seconds, fraction, zone = found.groups()
            text = f"{day}T{minutes or '00:00'}:{seconds or '00'}"
            text += f".{(fraction or '0')[:6]:0<6}{'+00:00' if zone in (None, 'Z') else zone}"
            moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    text = moment.strftime("%Y-%m-%d %H:%M:%S")
    return f"{text}.{moment.microsecond:06d}".rstrip("0") if moment.microsecond else text
