"""Plain scalars by the YAML 1.2 core schema. Pure."""

import math
import re
from typing import Final

from faucet.model.bounds import SAFE_INTEGER

# Beyond these limits a conversion is too slow: int() of a string is quadratic.
MAX_DIGITS: Final = 400
MAX_EXPONENT: Final = 400

_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS: Final = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER: Final = re.compile(r"[-+]?[0-9]+").fullmatch
_OCTAL: Final = re.compile(r"0o[0-7]+").fullmatch
_HEXADECIMAL: Final = re.compile(r"0x[0-9a-fA-F]+").fullmatch
_FLOAT: Final = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE](?P<exponent>[-+]?[0-9]+))?"
).fullmatch
_NOT_FINITE: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)").fullmatch


class ScalarError(ValueError):
    """A plain scalar is a number that is not allowed in a manifest."""


def read_plain(text: str) -> bool | int | float | str | None:
    """
    Return the value of the plain scalar *text*: `no` is a string, `0777` is 777.

    A float that is whole is an int, so that `1.0` is 1 where an integer is expected. Raises
    `ScalarError` for numbers that are too long or not finite.
    """
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if text[0] in "+-.0123456789":
        return _number(text)
    return text


def _number(text: str) -> int | float | str:
    if _NOT_FINITE(text):
        raise ScalarError(f"{text} is not a number that a manifest may contain")
    for matches, base in ((_INTEGER, 10), (_OCTAL, 8), (_HEXADECIMAL, 16)):
        if matches(text):
            return int(_check_digits(text), base)
    if found := _FLOAT(text):
        return _float(_check_digits(text), found["exponent"] or "0")
    return text


def _float(text: str, exponent: str) -> int | float:
    if abs(int(exponent)) > MAX_EXPONENT:
        raise ScalarError(f"the exponent is beyond {MAX_EXPONENT}")
    value = float(text)
    if not math.isfinite(value):
        raise ScalarError("the number is too large")
    return int(value) if value.is_integer() and abs(value) < SAFE_INTEGER else value


def _check_digits(text: str) -> str:
    if len(text) > MAX_DIGITS:
        raise ScalarError(f"the number has more than {MAX_DIGITS} digits")
    return text
