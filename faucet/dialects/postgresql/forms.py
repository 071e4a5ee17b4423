"""PostgreSQL's SQL for the contract. Pure."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.sql.elements import quoted_name
from sqlalchemy.types import NULLTYPE, NullType, TypeEngine

from faucet.dialects.postgresql import literals
from faucet.dialects.postgresql.named_types import NamedType, extreme
from faucet.dialects.postgresql.nested import ITEM, array_json, row_json
from faucet.extension.sql_forms import Binder, CompiledText, DeletedRows, Expression
from faucet.model.bounds import SAFE_INTEGER
from faucet.model.catalog import ColumnType, Kind
from faucet.model.filters.condition import Scalar
from faucet.model.settings import ValueOptions
from faucet.model.statement import Function
from faucet.sql.standard_forms import StandardForms

# Functions are qualified with their schema, so that no user can replace one.
_pg: Final = sa.func.pg_catalog

_INTEGERS: Final = {16: "smallint", 32: "integer", 64: "bigint", None: "numeric"}
_PLAIN: Final = {
    Kind.DECIMAL: "numeric",
    Kind.BOOLEAN: "boolean",
    Kind.TEXT: "text",
    Kind.UUID: "uuid",
    Kind.BINARY: "bytea",
    Kind.DATE: "date",
    Kind.TIME: "time",
    Kind.TIMESTAMP: "timestamp",
    Kind.TIMESTAMPTZ: "timestamptz",
    Kind.INTERVAL: "interval",
}
_AS_TEXT: Final = frozenset({Kind.ENUM, Kind.UUID, Kind.INTERVAL, Kind.OPAQUE})
_REBUILT: Final = frozenset({Kind.BINARY, Kind.TIMESTAMPTZ, Kind.ARRAY, Kind.COMPOSITE})
_HMAC_BLOCK: Final = 64
# Bytes of a database without encoding may be no UTF-8.
_HASHED_ENCODING: Final[Expression] = sa.literal_column(
    "CASE pg_catalog.getdatabaseencoding() WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END"
)


def _cast(expression: Any, spelling: str, operators: str | None = None) -> Expression:
    return sa.cast(expression, NamedType(spelling, operators))


def _is(of: ColumnType, *names: str) -> bool:
    return _below(of).rpartition(".")[2] in names


def _below(of: ColumnType) -> str:
    """Return the type itself, or the base of a domain."""
    return of.base or of.db_type


def _spelling(of: ColumnType) -> str:
    """
    Return the type of a parameter: without length or scale, so that nothing is truncated, and the
    base of a domain, so that a filter does not fail the domain's check.
    """
    if of.kind is Kind.INTEGER:
        return "oid" if of.unsigned else _INTEGERS[of.bits]
    if of.kind is Kind.FLOAT:
        return "real" if of.bits == 32 else "double precision"  # noqa: PLR2004
    if of.kind is Kind.TEXT and of.padded:
        return "bpchar"
    if of.kind is Kind.TEXT and _is(of, "citext"):
        return _below(of)
    return _PLAIN.get(of.kind, _below(of))


class PostgresForms(StandardForms):
    """The forms of PostgreSQL 13 or newer."""

    array_parameters = True
    makes_json = True
    orders_deleted = True

    def __init__(self) -> None:
        self._dialect = PGDialect_psycopg(paramstyle="format")  # type: ignore[no-untyped-call]  # untyped there

    def compile(self, statement: sa.sql.ClauseElement) -> CompiledText:
        """Return the SQL text with ``%s`` placeholders."""
        compiled: Any = statement.compile(dialect=self._dialect)
        return CompiledText(
            sql=str(compiled), names=tuple(compiled.positiontup), constants=compiled.params
        )

    def operand_type(self, of: ColumnType) -> TypeEngine[Any]:
        """Return a type that names the schema of its operators, unless they are built in."""
        return NamedType(_spelling(of), of.operators) if of.operators else NULLTYPE

    def parameter(self, name: str, of: ColumnType) -> Expression:
        """Return the text parameter *name*, cast to the column's type."""
        if _is(of, "money"):
            return _cast(_cast(sa.bindparam(name, type_=NullType()), "numeric"), "money")
        parameter: Expression = sa.bindparam(name, type_=NullType())
        if of.element is not None and of.element.kind is Kind.OPAQUE:
            # The elements of some types are not separated by commas.
            parameter = _cast(parameter, "text[]")
        return _cast(parameter, _spelling(of), of.operators)

    def binder(self, of: ColumnType, options: ValueOptions) -> Binder:  # noqa: ARG002
        """Return the function that converts a canonical value to PostgreSQL's input."""
        if of.kind in (Kind.ARRAY, Kind.COMPOSITE):
            return literals.nested
        if of.kind is Kind.TIMESTAMPTZ:
            return literals.instant
        return literals.text

    def any_of(
        self, column: Expression, name: str, of: ColumnType, *, exact: bool = False
    ) -> Expression:
        """Return ``column = ANY(array)``."""
        array: Expression = sa.bindparam(name, type_=NullType())
        if of.kind is Kind.ARRAY:
            # No array has arrays as elements. These are keys, so their text is that of the column.
            column, of = _cast(column, "text"), ColumnType(kind=Kind.TEXT, db_type="text")
        for spelling in _member_casts(of, exact=exact):
            array = _cast(array, f"{spelling}[]")
        return column == sa.func.any(array)

    def array_binder(
        self, of: ColumnType, options: ValueOptions, *, keys: bool
    ) -> Callable[[tuple[Scalar, ...]], object]:
        """Return the function that converts values to one array literal."""
        spell: Binder = literals.text if keys else self.binder(of, options)
        return lambda values: literals.array_of([spell(value) for value in values])

    def comparable(self, column: Expression, of: ColumnType) -> Expression:  # noqa: ARG002
        """Return the column itself: PostgreSQL compares by value."""
        return column

    def exact(self, column: Expression, of: ColumnType) -> Expression:
        """Return text under the C collation, so that code points decide."""
        if of.kind is Kind.TEXT:
            return _cast(column, "text").collate("C")
        return column

    def exact_parameter(self, name: str, of: ColumnType) -> Expression:
        """Return the parameter for `exact`."""
        if of.kind is Kind.TEXT:
            return _cast(sa.bindparam(name, type_=NullType()), "text")
        return self.parameter(name, of)

    def like(
        self, column: Expression, pattern: Expression, of: ColumnType, *, fold: bool
    ) -> Expression:
        """
        Return LIKE; citext is compared as text, since its own LIKE ignores case.

        A nondeterministic collation has no LIKE, so C is used instead.
        """
        if _is(of, "citext"):
            column, pattern = _cast(column, "text"), _cast(pattern, "text")
        if fold:
            column, pattern = _pg.lower(column), _pg.lower(pattern)
        if not of.deterministic:
            column = column.collate("C")
        return column.like(pattern, escape="\\")

    def wire(self, column: Expression, of: ColumnType, options: ValueOptions) -> Expression:
        """Return the expression that `row_to_json` prints in the contract's form."""
        # As text, the inet of a host would get a /32 or /128 that it does not have in arrays.
        as_text = of.kind in _AS_TEXT and _below(of) != "inet"
        if as_text or _is(of, "citext"):
            return _cast(column, "text")
        match of.kind:
            case Kind.INTEGER:
                # row_to_json would quote an oid.
                return _cast(column, "bigint") if of.unsigned else _integer(column, options)
            case Kind.DECIMAL:
                number = _cast(column, "numeric")
                return number if options.decimals == "number" else _cast(number, "text")
            case Kind.BINARY:
                encoded = _pg.encode(column, _constant("base64"))
                return _pg.replace(encoded, _pg.chr(_number(10)), _constant(""))
            case Kind.TIMESTAMPTZ:
                return _utc(column)
            case _:
                nested = of.element is not None or of.fields
                return self._nested(column, of, options) if nested else column

    def _nested(self, column: Expression, of: ColumnType, options: ValueOptions) -> Expression:
        """Return an array or composite with the forms of its parts; casts keep dimensions."""
        if of.element is None:
            types = [field.type for field in of.fields]
            names = [field.name for field in of.fields]
            return row_json(column, names, lambda each, n: self.wire(each, types[n], options))
        casts = _element_casts(of.element, options)
        if casts is None:
            item = self.wire(ITEM, of.element, options)
            return column if item is ITEM else array_json(column, item)
        for spelling in casts:
            column = _cast(column, f"{spelling}[]")
        return column

    def aggregate(self, function: Function, column: Expression, of: ColumnType) -> Expression:
        """Return the aggregate; a sum of integers outside bigint raises 22003."""
        if _is(of, "oid") and function in (Function.SUM, Function.AVG):
            column = _cast(column, "bigint")
        match function:
            case Function.SUM if of.kind is Kind.INTEGER:
                return _cast(_pg.sum(column), "bigint")
            case Function.SUM if of.kind is Kind.FLOAT:
                return _pg.sum(_cast(column, "double precision"))
            case Function.SUM:
                return _pg.sum(column)
            case Function.AVG:
                number = _cast(column, "numeric") if _is(of, "money") else column
                # Averaged exactly, then rounded once.
                return _cast(_pg.avg(number), "double precision")
            case _:
                return extreme(function.value.lower(), column, of.operators or "pg_catalog")

    def aggregate_order(self, function: Function, column: Expression, of: ColumnType) -> Expression:
        """Return the aggregate itself."""
        return self.aggregate(function, column, of)

    def page(
        self,
        query: sa.Select[Any],
        labels: tuple[str, ...],  # noqa: ARG002
        max_bytes: int,
    ) -> sa.sql.ClauseElement:
        """Return the query of one text of all rows."""
        page = query.subquery("t")
        joined = _pg.string_agg(_row_json("t"), sa.literal_column("','"))
        empty: Expression = sa.literal_column("''")
        # The same aggregate twice is computed once.
        text = sa.func.coalesce(joined, empty)
        length = _pg.octet_length(text)
        return sa.select(sa.func.count(), _within(max_bytes, length, text)).select_from(page)

    def rows(
        self,
        query: sa.Select[Any],
        keys: Sequence[Expression],
        labels: tuple[str, ...],
        max_bytes: int,
    ) -> sa.sql.ClauseElement:
        """Return the query of one text per row; the keys come from the same subquery."""
        names = [_unlike(labels, f"key {place}") for place in range(len(keys))]
        labelled = [key.label(_quote(name)) for key, name in zip(keys, names, strict=True)]
        page = query.with_only_columns(*labelled, *query.selected_columns).subquery("t")
        row = sa.select(*map(_of_page, labels)).lateral("r")
        texts = sa.select(*map(_of_page, names), _row_json("r").label("row"))
        found = texts.select_from(page.join(row, sa.true())).subquery("f")
        length = _pg.sum(_pg.octet_length(found.c.row)).over()
        return sa.select(
            *(found.c[name] for name in names), _within(max_bytes, length, found.c.row)
        )

    def deleted_rows(
        self, delete: sa.Delete, deleted: DeletedRows, labels: tuple[str, ...], max_bytes: int
    ) -> sa.sql.ClauseElement:
        """Return a query of what the DELETE in its WITH returns."""
        gone = delete.returning(*deleted.columns).cte("gone")
        return self.rows(deleted.select(gone), (), labels, max_bytes)

    def keyed_hash(self, text: Expression, key: bytes, digits: int) -> Expression:
        """Return HMAC-SHA-256 by RFC 2104, of the built-in sha256."""
        block = key.ljust(_HMAC_BLOCK, b"\0")
        inner, outer = (bytes(byte ^ pad for byte in block) for pad in (0x36, 0x5C))
        message = _pg.convert_to(_cast(text, "text"), _HASHED_ENCODING)
        digest = _pg.sha256(_bytes(inner).op("||")(message))
        text = _pg.encode(_pg.sha256(_bytes(outer).op("||")(digest)), "hex")
        return _pg.substr(text, _number(1), _number(digits), type_=sa.Text())

    def characters(self, text: Expression) -> Expression:
        """Return the length of the text."""
        # For varchar, PostgreSQL would prefer a user's length(varchar) to its own function.
        return _pg.length(_cast(text, "text"), type_=sa.Integer())

    def tail(self, text: Expression, count: int) -> Expression:
        """Return the right end of the text."""
        return _pg.right(_cast(text, "text"), _number(count), type_=sa.Text())

    def default(self, expression: str | None) -> Expression:  # noqa: ARG002
        """Return the keyword DEFAULT."""
        return sa.literal_column("DEFAULT")

    def locator_type(self) -> ColumnType:
        """Return the type of ctid."""
        return ColumnType(kind=Kind.OPAQUE, db_type="tid")

    def key(self, column: Expression, of: ColumnType) -> Expression:
        """Return the text form."""
        return _cast(_cast(column, "numeric") if _is(of, "money") else column, "text")

    def key_binder(self, of: ColumnType, options: ValueOptions) -> Binder:  # noqa: ARG002
        """Return the text as it came."""
        return literals.text


def _row_json(of: str) -> Expression:
    # A bare name would refer to a column first, if there is one.
    return _cast(_pg.row_to_json(sa.literal_column(f"{of}.*")), "text")


def _within(max_bytes: int, length: Expression, text: Expression) -> Expression:
    """Return *text*, or NULL where *length* exceeds *max_bytes*."""
    return sa.case((length <= _number(max_bytes), text), else_=sa.null())


def _of_page(label: str) -> Expression:
    # Written out: a column of the subquery would include the subquery a second time.
    spelled = 't."' + label.replace('"', '""') + '"'
    named: Expression = sa.literal_column(spelled)
    return named.label(_quote(label))


def _unlike(labels: tuple[str, ...], name: str) -> str:
    """Return *name*, made longer until it is not among *labels*."""
    while name in labels:
        name += " "
    return name


def _quote(name: str) -> quoted_name:
    return quoted_name(name, quote=True)


def _utc(column: Expression) -> Expression:
    """Return an instant as ISO 8601 with ``Z``, which is before BC; infinity has no zone."""
    local = _pg.to_json(_pg.timezone(_constant("UTC"), column))
    text = local.op("#>>")(_cast(sa.literal_column("'{}'"), "text[]"))
    zoned = text.op("||")(sa.literal_column("'Z'"))
    first: Expression = sa.literal_column("timestamptz '0001-01-01 00:00:00+00'")
    return sa.case(
        (sa.and_(_pg.isfinite(column), column >= first), zoned),
        (_pg.isfinite(column), _pg.replace(zoned, _constant(" BCZ"), _constant("Z BC"))),
        else_=_cast(column, "text"),
    )


def _integer(column: Expression, options: ValueOptions) -> Expression:
    if options.integers != "string":
        return column
    bound = str(SAFE_INTEGER)
    large = sa.or_(column > sa.literal_column(bound), column < sa.literal_column(f"-{bound}"))
    return sa.case((large, _pg.to_json(_cast(column, "text"))), else_=_pg.to_json(column))


def _member_casts(of: ColumnType, *, exact: bool) -> tuple[str, ...]:
    """Return the types to which an array of values is cast, one after the other."""
    if exact and of.kind is Kind.TEXT:
        # As an array of the column's own type, char(n) would lose the blanks of its elements.
        return ("text",)
    if _is(of, "money"):
        return ("numeric", "money")
    return (_spelling(of),)


def _element_casts(of: ColumnType, options: ValueOptions) -> tuple[str, ...] | None:
    """
    Return the types to which an array's elements are cast, one after the other.

    None means that casts do not give the elements their form.
    """
    match of.kind:
        case kind if kind in _REBUILT:
            return None
        case Kind.INTEGER if of.unsigned:
            return ("bigint",)
        case Kind.INTEGER if of.bits == 64 and options.integers == "string":  # noqa: PLR2004
            return None
        case Kind.DECIMAL:
            return ("numeric",) if options.decimals == "number" else ("numeric", "text")
        case Kind.OPAQUE if _below(of) != "inet":
            return ("text",)
        case _:
            return ()


def _number(value: int) -> Expression:
    # A literal, not a parameter: part of the statement's shape, the same for all requests.
    return sa.literal_column(str(value), sa.Integer())


def _constant(text: str) -> Expression:
    return sa.literal_column(f"'{text}'", sa.Text())


def _bytes(value: bytes) -> Expression:
    return _cast(sa.literal("\\x" + value.hex(), NullType()), "bytea")
