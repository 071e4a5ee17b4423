"""Rows as JSON if the database does not produce it, byte for byte as PostgreSQL would. Pure."""

import json
import math
import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from decimal import Context, Decimal
from functools import cache, lru_cache
from typing import Final

import msgspec

from faucet.errors import OUT_OF_RANGE, ExecutionError
from faucet.model.bounds import SAFE_INTEGER
from faucet.model.catalog import ColumnType, Kind
from faucet.model.settings import ValueOptions
from faucet.model.statement import Function, Output
from faucet.model.values.fault import ValueFault
from faucet.model.values.numbers import exact
from faucet.sql.floats import spell_float
from faucet.sql.moments import spell_date, spell_instant, spell_seconds, spell_time

Encoder = Callable[[object], str]

OVERFLOW: Final = "overflow"
"""What a dialect returns for a float sum beyond double, since a sum of infinities is infinite."""
_SUM_END: Final = 2**63
# A double has 309 digits before its point, a text 400 and an exponent of 400.
_CONTEXT: Final = Context(prec=4_000, Emax=999_999, Emin=-999_999)
_TRUTH: Final = frozenset({"true", "false"})
_UUID: Final = re.compile(
    "([0-9a-f]{8})(?:-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})"
    "|([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12}))"
)
_UUID_BYTES: Final = 16
_MEMBERS: Final = 2048
_text: Final = json.JSONEncoder(ensure_ascii=False).encode


def row_encoder(
    outputs: tuple[Output, ...], options: ValueOptions
) -> Callable[[Sequence[object]], bytes]:
    """
    Return the function that converts the cells of a row, in the order of *outputs*, to its JSON
    object.

    A cell that does not fit its column's kind is written by its own type: number, text, base64. The
    encoder raises `ExecutionError` OUT_OF_RANGE for a sum beyond 64 bit or a float beyond double.
    """
    spellings = tuple(_member(output, options) for output in outputs)

    def encode(cells: Sequence[object]) -> bytes:
        parts = [
            f"{key}null" if cell is None else key + spell(cell)
            for (key, spell), cell in zip(spellings, cells, strict=True)
        ]
        return _utf8("{" + ",".join(parts) + "}")

    return encode


class CellForm(msgspec.Struct, frozen=True, kw_only=True):
    """How the cells of a column are spelled; *text* is the same for `read_cell_form`."""

    type: ColumnType
    options: ValueOptions

    @property
    def text(self) -> str:
        return msgspec.json.encode(self).decode()


@cache
def read_cell_form(text: str) -> Encoder:
    """Return the function that spells a cell in the form of that text."""
    form = msgspec.json.decode(text, type=CellForm)
    return _BY_KIND.get(form.type.kind, _texts)(form.type, form.options)


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        # Half a surrogate pair represents bytes in the file that are not UTF-8.
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode("utf-8")


@lru_cache(_MEMBERS)
def _member(output: Output, options: ValueOptions) -> tuple[str, Encoder]:
    """Return the name in JSON and the encoder of *output*: once for all statements with it."""
    return f"{_text(output.label)}:", _encoder(output, options)


def _encoder(output: Output, options: ValueOptions) -> Encoder:
    by_kind = _BY_KIND.get(output.type.kind, _texts)(output.type, options)
    match output.function:
        case Function.COUNT:
            return _plain(options)
        case Function.SUM if output.type.kind is Kind.INTEGER:
            return _sum_of_integers(output, options)
        case Function.SUM | Function.AVG:
            return _within_double(output, by_kind)
        case _:
            return by_kind


def _sum_of_integers(output: Output, options: ValueOptions) -> Encoder:
    spell = _plain(options)

    def combine(cell: object) -> str:
        if not isinstance(cell, str):
            return spell(cell)
        high, low, *rest = cell.split(":")
        total = _added((int(high) << 32) + int(low), *map(float, rest))
        if not -_SUM_END <= total < _SUM_END:
            raise _out_of_range(output)
        whole = total == total.to_integral_value(context=_CONTEXT)
        return spell(int(total) if whole else float(total))

    return combine


def _added(whole: int, rest: float = 0.0) -> Decimal:
    """Return the sum of integers and of what an integer column holds beside them."""
    return _CONTEXT.add(Decimal(whole), Decimal(repr(rest)))


def _within_double(output: Output, spell: Encoder) -> Encoder:
    def check(cell: object) -> str:
        if cell == OVERFLOW:
            raise _out_of_range(output)
        return spell(cell)

    return check


def _out_of_range(output: Output) -> ExecutionError:
    message = f'"{output.label}" is out of range for its type'
    return ExecutionError(OUT_OF_RANGE, message, column=output.label)


def _plain(options: ValueOptions) -> Encoder:
    """Return the function that writes a cell by its storage class."""
    quote_large = options.integers == "string"

    def spell(cell: object) -> str:
        match cell:
            case int():
                return f'"{cell:d}"' if quote_large and abs(cell) > SAFE_INTEGER else f"{cell:d}"
            case float():
                return _float(cell, 64)
            case bytes():
                return f'"{b64encode(cell).decode("ascii")}"'
            case _:
                return _text(str(cell))

    return spell


def _float(number: float, bits: int | None) -> str:
    if math.isfinite(number):
        return spell_float(number, bits)
    if math.isnan(number):
        return '"NaN"'
    return '"Infinity"' if number > 0 else '"-Infinity"'


def _plains(of: ColumnType, options: ValueOptions) -> Encoder:  # noqa: ARG001 — one shape for all
    return _plain(options)


def _texts(of: ColumnType, options: ValueOptions) -> Encoder:  # noqa: ARG001
    other = _plain(options)
    return lambda cell: _text(cell) if isinstance(cell, str) else other(cell)


def _uuids(of: ColumnType, options: ValueOptions) -> Encoder:  # noqa: ARG001
    other = _plain(options)

    def spell(cell: object) -> str:
        text = spell_uuid(cell)
        return other(cell) if text is None else f'"{text}"'

    return spell


def spell_uuid(cell: object) -> str | None:
    """
    Return a uuid in lower case, with dashes, None for a cell that is none.

    It is one in lower or upper case, with or without dashes, or 16 bytes.
    """
    if isinstance(cell, bytes):
        digits = cell.hex() if len(cell) == _UUID_BYTES else ""
    else:
        digits = cell if isinstance(cell, str) and cell in (cell.lower(), cell.upper()) else ""
    found = _UUID.fullmatch(digits.lower())
    return None if found is None else "-".join(part for part in found.groups() if part)


def _floats(of: ColumnType, options: ValueOptions) -> Encoder:
    other, bits = _plain(options), of.bits
    return lambda cell: _float(float(cell), bits) if isinstance(cell, int | float) else other(cell)


def _booleans(of: ColumnType, options: ValueOptions) -> Encoder:  # noqa: ARG001
    other = _plain(options)

    def spell(cell: object) -> str:
        if isinstance(cell, int | float):
            return "true" if cell else "false"
        if isinstance(cell, str) and cell.lower() in _TRUTH:
            return cell.lower()
        return other(cell)

    return spell


def _decimals(of: ColumnType, options: ValueOptions) -> Encoder:
    other, quote = _plain(options), "" if options.decimals == "number" else '"'
    unit = None if of.scale is None else Decimal((0, (1,), -of.scale))

    def spell(cell: object) -> str:
        number = _number(cell)
        if number is None:
            return other(cell)
        if unit is not None and number == (padded := number.quantize(unit, context=_CONTEXT)):
            number = padded
        # A decimal has no negative zero.
        return f"{quote}{number or abs(number):f}{quote}"

    return spell


def _number(cell: object) -> Decimal | None:
    match cell:
        case int():
            return Decimal(cell)
        case float() if math.isfinite(cell):
            return decimal_of(cell)
        case str():
            try:
                return exact(cell)
            except ValueFault:
                return None
        case _:
            return None


def decimal_of(number: float) -> Decimal:
    """Return a finite double as a decimal: fifteen digits, which it keeps of every decimal."""
    return Decimal(f"{number:.14e}").normalize(_CONTEXT)


def _instants(of: ColumnType, options: ValueOptions) -> Encoder:
    other, zoned = _plain(options), of.kind is Kind.TIMESTAMPTZ
    unix = options.timestamps == "unix"

    def spell(cell: object) -> str:
        text = None
        if isinstance(cell, str):
            text = spell_instant(cell, zoned=zoned)
        elif unix and isinstance(cell, int | float):
            text = spell_seconds(cell, zoned=zoned)
        return other(cell) if text is None else f'"{text}"'

    return spell


def _read_as(read: Callable[[str], str | None]) -> Callable[[ColumnType, ValueOptions], Encoder]:
    def encoder(of: ColumnType, options: ValueOptions) -> Encoder:  # noqa: ARG001
        other = _plain(options)

        def spell(cell: object) -> str:
            text = read(cell) if isinstance(cell, str) else None
            return other(cell) if text is None else f'"{text}"'

        return spell

    return encoder


def _documents(of: ColumnType, options: ValueOptions) -> Encoder:  # noqa: ARG001
    other = _plain(options)
    return lambda cell: cell if isinstance(cell, str) and _is_json(cell) else other(cell)


def _is_json(text: str) -> bool:
    try:
        # Numbers are not converted: that is expensive, and a long one raises.
        json.loads(text, parse_int=len, parse_float=len, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(constant: str) -> None:
    raise ValueError(constant)


_BY_KIND: Final[dict[Kind, Callable[[ColumnType, ValueOptions], Encoder]]] = {
    Kind.INTEGER: _plains,
    Kind.DECIMAL: _decimals,
    Kind.FLOAT: _floats,
    Kind.BOOLEAN: _booleans,
    Kind.UUID: _uuids,
    Kind.BINARY: _plains,
    Kind.DATE: _read_as(spell_date),
    Kind.TIME: _read_as(spell_time),
    Kind.TIMESTAMP: _instants,
    Kind.TIMESTAMPTZ: _instants,
    Kind.JSON: _documents,
    Kind.ARRAY: _documents,
    Kind.COMPOSITE: _documents,
}
