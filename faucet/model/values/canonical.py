"""Values from strings, numbers, JSON and claims, in the canonical form of the column's kind. Pure.

The canonical forms: INTEGER int · DECIMAL Decimal · FLOAT float · BOOLEAN bool · TEXT, ENUM and
OPAQUE str · UUID lower-case str · BINARY bytes · DATE ``YYYY-MM-DD`` · TIME ``HH:MM:SS[.ffffff]`` ·
TIMESTAMP ``YYYY-MM-DD HH:MM:SS[.ffffff]``, fractions without trailing zeros · TIMESTAMPTZ the same,
in UTC, without suffix · INTERVAL ISO 8601 · JSON the document's text · ARRAY and
COMPOSITE the text of JSON whose leaves are spelled as PostgreSQL reads them. Dates beyond year
9999, before year 1 and the infinities keep PostgreSQL's spelling, if the column supports them.

Every function raises `ValueFault` for a value that does not fit. Its kind is OUT_OF_RANGE if the
value is valid but the column cannot hold it: then it equals nothing.
"""

import base64
import binascii
import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from faucet.errors import INVALID_VALUE, OUT_OF_RANGE
from faucet.model.catalog import ColumnType, Kind
from faucet.model.filters.condition import Scalar
from faucet.model.json_reader import Json, compact
from faucet.model.request import ClaimValue, JsonDocument, JsonNumber, JsonValue
from faucet.model.settings import ValueOptions
from faucet.model.values import intervals, json_values, numbers, texts, times
from faucet.model.values.fault import Gap, ValueFault

__all__ = [
    "Gap",
    "ValueFault",
    "from_boolean",
    "from_claim",
    "from_json",
    "from_number",
    "from_text",
    "instant",
]

_BOOLEANS: Final = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}
_UUID: Final = re.compile(
    r"([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})"
)
_UNKNOWN: Final = ColumnType(kind=Kind.OPAQUE, db_type="")  # of elements that nothing describes
_LONGEST_CLAIM: Final = 1_328  # bits of a number of 400 digits; longer ones are expensive to print
_NESTED: Final = {Kind.ARRAY: "array", Kind.COMPOSITE: "object"}
_OWN_LISTS: Final = frozenset({Kind.JSON, Kind.ARRAY})  # an element may be a list
_CLAIM_TEXTS: Final = frozenset(
    {
        Kind.TEXT,
        Kind.ENUM,
        Kind.UUID,
        Kind.BINARY,
        Kind.DATE,
        Kind.TIME,
        Kind.TIMESTAMP,
        Kind.TIMESTAMPTZ,
        Kind.INTERVAL,
    }
)


def from_text(text: str, of: ColumnType, options: ValueOptions) -> Scalar:
    """Return the value of a quoted literal, a key of a URL or a JSON string."""
    json_values.check_characters(text)
    if of.kind is Kind.JSON:
        return json_values.document_of_text(text, options)
    if of.kind in _NESTED:
        return _nested(text, of, options)
    return _READERS[of.kind](text, of)


def from_number(text: str, of: ColumnType, options: ValueOptions) -> Scalar:  # noqa: ARG001 - one form for all four
    """Return the value of an unquoted number; only floats are rounded."""
    if of.kind is Kind.INTEGER:
        return numbers.integer_text(text, of)
    number = numbers.exact(text)
    match of.kind:
        case Kind.DECIMAL:
            return numbers.decimal(number, of)
        case Kind.FLOAT:
            return numbers.floating(number, of)
        case Kind.OPAQUE if of.loose:
            whole = number == number.to_integral_value() and abs(number) < 2**63
            return int(number) if whole else numbers.floating(number, of)
        case Kind.BOOLEAN if number in (0, 1):
            return number == 1
        case Kind.BOOLEAN:
            raise ValueFault(INVALID_VALUE, "a boolean must be true, false, 1 or 0")
        case _:
            message = (
                f"this {of.kind.value} column does not accept an unquoted number; "
                "write the value in quotes"
            )
            raise ValueFault(INVALID_VALUE, message)


def from_boolean(value: bool, of: ColumnType) -> Scalar:  # noqa: FBT001 - it is the value
    """Return the value of TRUE or FALSE."""
    if of.kind is not Kind.BOOLEAN:
        raise ValueFault(INVALID_VALUE, f"true and false are not valid for {of.kind.value}")
    return value


def from_json(value: JsonValue, of: ColumnType, options: ValueOptions) -> Scalar:
    """Return the value to write; only a JSON number for a decimal is rounded to the scale."""
    match value:
        case None:
            return None
        case bool():
            return _from_json_boolean(value, of)
        case JsonNumber(text=text):
            return _from_json_number(text, of, options)
        case JsonDocument(text=text):
            return _from_document(text, of, options)
        case str():
            if of.kind in _NESTED:
                raise ValueFault(INVALID_VALUE, f"send the {_NESTED[of.kind]} itself, not a string")
            return from_text(value, of, options)


def from_claim(value: ClaimValue, of: ColumnType, options: ValueOptions) -> Scalar:
    """
    Return the value of a claim for a column; never None.

    It must have exactly the column's JSON type and fit without rounding: a number for numbers
    (without fraction part, even .0, for integers), true or false for booleans, a non-empty string
    for every other kind that can be compared.
    """
    match value:
        case bool():
            return from_boolean(value, of)
        case int() | float() | Decimal():
            return _number_claim(value, of)
        case str() if value and of.kind in _CLAIM_TEXTS:
            return from_text(value, of, options)
        case _:
            raise ValueFault(INVALID_VALUE, f"the claim is not a valid {of.kind.value}")


def instant(epoch_seconds: float, of: ColumnType, options: ValueOptions) -> Scalar:  # noqa: ARG001 - as above
    """Return ``now()`` in the column's type, in UTC; WRONG_TYPE if that has no date."""
    return times.instant(epoch_seconds, of)


def _number_claim(value: float | Decimal, of: ColumnType) -> Scalar:
    if isinstance(value, int) and value.bit_length() > _LONGEST_CLAIM:
        raise ValueFault(OUT_OF_RANGE, numbers.BOUNDS)
    # Not for integers: the largest have no float.
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueFault(INVALID_VALUE, "the claim is not a finite number")
    if of.kind is Kind.INTEGER and isinstance(value, int):
        return numbers.integer(value, of)
    # A float represents the number that it is written as.
    number = numbers.exact(repr(value) if isinstance(value, float) else str(value))
    match of.kind:
        case Kind.DECIMAL:
            return numbers.decimal(number, of)
        case Kind.FLOAT:
            return _float_claim(value, number, of)
        case _:
            raise ValueFault(INVALID_VALUE, f"the claim is not a valid {of.kind.value}")


def _float_claim(value: float | Decimal, number: Decimal, of: ColumnType) -> float:
    # 2^53 + 1 must not become 2^53, its neighbor in the column.
    nearest = numbers.floating(number, of)
    if nearest != value and Decimal(repr(nearest)) != number:
        raise ValueFault(OUT_OF_RANGE, "the column cannot hold the claim exactly")
    return nearest


def _from_json_boolean(value: bool, of: ColumnType) -> Scalar:  # noqa: FBT001 - it is the value
    if of.kind is Kind.JSON:
        return "true" if value else "false"
    return from_boolean(value, of)


def _from_json_number(text: str, of: ColumnType, options: ValueOptions) -> Scalar:
    if of.kind is Kind.JSON:
        numbers.exact(text)
        return text
    if of.kind is Kind.DECIMAL:
        return numbers.decimal(numbers.exact(text), of, rounded=True)
    return from_number(text, of, options)


def _from_document(text: str, of: ColumnType, options: ValueOptions) -> Scalar:
    match of.kind:
        case Kind.JSON:
            return json_values.document(text)
        case kind if kind in _NESTED:
            return _nested(text, of, options)
        case _:
            raise ValueFault(INVALID_VALUE, f"an array or object is not a valid {of.kind.value}")


def _nested(text: str, of: ColumnType, options: ValueOptions) -> str:
    """Return an array as a list, a composite as `_row` does."""
    value = json_values.value_of_text(text)
    if of.kind is Kind.COMPOSITE:
        return compact(_row(value, of, options))
    return compact(_items(value, of, options))


def _items(value: Json, of: ColumnType, options: ValueOptions) -> list[Json]:
    """Return the elements of an array, whose dimensions are lists of lists."""
    if not isinstance(value, list):
        raise ValueFault(INVALID_VALUE, "the value is not an array")
    element = of.element or _UNKNOWN
    if element.kind in _OWN_LISTS:
        return [_part(item, element, options) for item in value]
    json_values.check_shape(value)
    return [_element(item, element, options) for item in value]


def _element(item: Json, of: ColumnType, options: ValueOptions) -> Json:
    if isinstance(item, list):
        return [_element(part, of, options) for part in item]
    return _part(item, of, options)


def _row(value: Json, of: ColumnType, options: ValueOptions) -> Json:
    """Return ``{"row": [fields]}``."""
    names = [field.name for field in of.fields]
    if not isinstance(value, dict) or value.keys() != set(names):
        raise ValueFault(INVALID_VALUE, f"send an object of these fields: {', '.join(names)}")
    return {"row": [_part(value[field.name], field.type, options) for field in of.fields]}


def _part(item: Json, of: ColumnType, options: ValueOptions) -> Json:
    """Return an element or field; an array that is one is ``{"array": [elements]}``."""
    if item is None:
        return None
    match of.kind:
        case Kind.JSON:
            return json_values.stored(item)
        case Kind.ARRAY:
            return {"array": [*_items(item, of, options)]}
        case Kind.COMPOSITE:
            return _row(item, of, options)
        case _:
            return _leaf(from_json(json_values.value_of(item), of, options), of)


def _leaf(value: Scalar, of: ColumnType) -> Json:
    """Return *value* as the JSON that PostgreSQL reads inside an array."""
    match value:
        case None | bool():
            return value
        case int():
            return JsonNumber(text=str(value))
        case Decimal():
            return format(value, "f")
        case bytes():
            return f"\\x{value.hex()}"
        case str() if of.kind is Kind.TIMESTAMPTZ and not value.endswith("infinity"):
            return f"{value[:-3]}+00 BC" if value.endswith(" BC") else f"{value}+00"
        case _:
            return str(value)


def _boolean(text: str, of: ColumnType) -> bool:  # noqa: ARG001 - one form for all readers
    value = _BOOLEANS.get(text.strip().lower())
    if value is None:
        raise ValueFault(INVALID_VALUE, "a boolean must be true, false, 1 or 0")
    return value


def _uuid(text: str, of: ColumnType) -> str:  # noqa: ARG001 - as above
    found = _UUID.fullmatch(text.strip().lower())
    if found is None:
        raise ValueFault(INVALID_VALUE, "the value is not a uuid")
    return "-".join(found.groups())


def _binary(text: str, of: ColumnType) -> bytes:
    try:
        value = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise ValueFault(INVALID_VALUE, "the value is not base64") from None
    if of.length is not None and len(value) > of.length:
        raise ValueFault(OUT_OF_RANGE, f"the value is longer than {of.length} bytes")
    return value


_READERS: Final[Mapping[Kind, Callable[[str, ColumnType], Scalar]]] = {
    Kind.INTEGER: numbers.integer_text,
    Kind.DECIMAL: numbers.decimal_text,
    Kind.FLOAT: numbers.floating_text,
    Kind.BOOLEAN: _boolean,
    Kind.TEXT: texts.string,
    Kind.ENUM: texts.label,
    Kind.OPAQUE: texts.opaque,
    Kind.UUID: _uuid,
    Kind.BINARY: _binary,
    Kind.DATE: times.moment,
    Kind.TIMESTAMP: times.moment,
    Kind.TIMESTAMPTZ: times.moment,
    Kind.TIME: times.time,
    Kind.INTERVAL: intervals.interval,
}
