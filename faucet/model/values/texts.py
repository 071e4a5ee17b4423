"""Texts, labels of enums, and opaque values, which are their database's own text. Pure."""

import re
from typing import Final

from faucet.errors import INVALID_VALUE, OUT_OF_RANGE
from faucet.model.catalog import ColumnType
from faucet.model.values.fault import Gap, ValueFault

_FRACTION: Final = re.compile(r"[.](\d+)")


def string(text: str, of: ColumnType) -> str:
    """Return *text*, or raise `ValueFault` if it is longer than the column."""
    # A padded column drops trailing blanks, so they do not count.
    counted = text.rstrip(" ") if of.padded else text
    if of.length is not None and len(counted) > of.length:
        message = f"the string is longer than {of.length} characters"
        raise ValueFault(OUT_OF_RANGE, message, Gap(itself=text))
    return _check_octets(text, of)


def label(text: str, of: ColumnType) -> str:
    """Return *text*, or raise `ValueFault` for another value than a label of the enum."""
    if text not in of.labels:
        raise ValueFault(INVALID_VALUE, "the string is not one of the column's enum values")
    return text


def opaque(text: str, of: ColumnType) -> str:
    """Return *text*, or raise `ValueFault` if the database would silently store less than it."""
    digits = _FRACTION.search(text)
    if of.precision is not None and digits and len(digits[1].rstrip("0")) > of.precision:
        message = f"the value has more than {of.precision} digits of a second's fraction"
        raise ValueFault(OUT_OF_RANGE, message)
    return _check_octets(text, of)


def _check_octets(text: str, of: ColumnType) -> str:
    if of.octets is not None and len(text.encode()) > of.octets:
        message = f"the string is longer than {of.octets} bytes"
        raise ValueFault(OUT_OF_RANGE, message, Gap(itself=text))
    return text
