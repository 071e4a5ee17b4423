"""Values from strings, numbers, JSON and claims, in the canonical form of the column's kind. Pure.

The canonical forms: INTEGER int · DECIMAL Decimal · FLOAT float · BOOLEAN bool · TEXT, ENUM and
OPAQUE str · UUID lower-case str · BINARY bytes · DATE ``YYYY-MM-DD`` · TIME ``HH:MM:SS[.ffffff]`` ·
TIMESTAMP ``YYYY-MM-DD HH:MM:SS[.ffffff]``, fractions without trailing zeros · TIMESTAMPTZ the same,
in UTC, without suffix · INTERVAL ISO 8601 · JSON the document's text · ARRAY the text of a JSON
array whose leaves are spelled as PostgreSQL reads them. Dates beyond year 9999, before year 1 and
the infinities keep PostgreSQL's spelling, if the column supports them.

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
from faucet.model.values import intervals, json_values, numbers, times
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
_LONGEST_CLAIM: Final = 1_328  # bits of a number of 400 digits; longer ones are expensive to print
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
    if of.kind is Kind.ARRAY:
        return _array(text, of, options)
    return _READERS[of.kind](text, of)


def from_number(text: str, of: ColumnType, options: ValueOptions) -> Scalar:  # noqa: ARG001 - one form for all four
    """Return the value of an unquoted number; only floats are rounded."""
    number = numbers.exact(text)
    match of.kind:
        case Kind.INTEGER:
            return numbers.integer(number, of)
        case Kind.DECIMAL:
            return numbers.decimal(number, of)
        case Kind.FLOAT:
            return numbers.floating(number, of)
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
            if of.kind is Kind.ARRAY:
                raise ValueFault(INVALID_VALUE, "send the array itself, not a string")
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
    if not math.isfinite(value):
        raise ValueFault(INVALID_VALUE, "the claim is not a finite number")
    # A float represents the number that it is written as.
    number = numbers.exact(repr(value) if isinstance(value, float) else str(value))
    match of.kind:
        case Kind.INTEGER if isinstance(value, int):
            return numbers.integer(number, of)
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
        case Kind.ARRAY:
            return _array(text, of, options)
        case _:
            raise ValueFault(INVALID_VALUE, f"an array or object is not a valid {of.kind.value}")


def _array(text: str, of: ColumnType, options: ValueOptions) -> str:
    items = json_values.array_items(text)
    element = ColumnType(kind=of.element or Kind.OPAQUE, db_type="", days=of.days)
    if element.kind is Kind.JSON:
        texts: list[Json] = [None if item is None else json_values.stored(item) for item in items]
        return compact(texts)
    json_values.check_shape(items)
    return compact([_element(item, element, options) for item in items])


def _element(item: Json, of: ColumnType, options: ValueOptions) -> Json:
    if isinstance(item, list):
        return [_element(part, of, options) for part in item]
    if of.kind is Kind.ENUM and isinstance(item, str):
        return item  # only the database knows the labels of an array's elements
    value = from_json(json_values.value_of(item), of, options)
    return _leaf(value, of)


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


def _text(text: str, of: ColumnType) -> str:
    # A padded column drops trailing blanks, so they do not count.
    counted = text.rstrip(" ") if of.padded else text
    if of.length is not None and len(counted) > of.length:
        message = f"the string is longer than {of.length} characters"
        raise ValueFault(OUT_OF_RANGE, message, Gap(itself=text))
    return text


def _label(text: str, of: ColumnType) -> str:
    if text not in of.labels:
        raise ValueFault(INVALID_VALUE, "the string is not one of the column's enum values")
    return text


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
    Kind.INTEGER: lambda text, of: numbers.integer(numbers.exact(text), of),
    Kind.DECIMAL: lambda text, of: numbers.decimal(numbers.exact(text), of),
    Kind.FLOAT: numbers.floating_text,
    Kind.BOOLEAN: _boolean,
    Kind.TEXT: _text,
    Kind.ENUM: _label,
    Kind.OPAQUE: lambda text, of: text,  # noqa: ARG005 - one form for all readers
    Kind.UUID: _uuid,
    Kind.BINARY: _binary,
    Kind.DATE: times.moment,
    Kind.TIMESTAMP: times.moment,
    Kind.TIMESTAMPTZ: times.moment,
    Kind.TIME: times.time,
    Kind.INTERVAL: intervals.interval,
}
