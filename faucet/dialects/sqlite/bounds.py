"""Between which stored values a value of the contract is found in a SQLite column. Pure."""

import base64
import binascii
import math
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

from faucet.model.catalog import Kind
from faucet.model.filters.condition import Plain, Scalar
from faucet.model.filters.literals import bare
from faucet.sql.cells import decimal_of

_WHOLE: Final = 10**15  # integers from here on have more digits than a decimal's real
_LAST: Final = "~"  # after every character of a date or time
_INFINITE: Final[dict[object, float]] = {"Infinity": math.inf, "-Infinity": -math.inf}
_MINUTE: Final = len("HH:MM")


def lowest_decimal(value: Scalar) -> object:
    """Return the least number that is returned as the decimal *value* or a greater one."""
    return _decimal_bound(value, math.ceil, math.inf)


def highest_decimal(value: Scalar) -> object:
    """Return the greatest number that is returned as the decimal *value* or a smaller one."""
    return _decimal_bound(value, math.floor, -math.inf)


def _decimal_bound(value: Scalar, whole: Callable[[Decimal], int], inwards: float) -> object:
    number = bare(value)
    if not isinstance(number, Decimal):
        return number
    if abs(number) >= _WHOLE and abs(number) < 2**63:
        return whole(number)
    return _edge(number, inwards)


def _edge(number: Decimal, inwards: float) -> float:
    """Return the outermost double that is not beyond *number*, seen from *inwards*."""
    unit = Decimal(1).scaleb(number.adjusted() - 14) if number else Decimal(0)
    outwards = -inwards
    # Two steps beyond half a unit, so that no double on the way is left out.
    edge = float(number + unit.copy_sign(Decimal(outwards)) / 2)
    for _ in range(2):
        edge = math.nextafter(edge, outwards)
    while _beyond(edge, number, inwards):
        edge = math.nextafter(edge, inwards)
    return edge


def _beyond(edge: float, number: Decimal, inwards: float) -> bool:
    shown = decimal_of(edge) if math.isfinite(edge) else Decimal(edge)
    return shown < number if inwards > 0 else shown > number


def first_text(value: Scalar, kind: Kind) -> object:
    """Return a text that no spelling of the date or time *value* is below."""
    found = bare(value)
    if not isinstance(found, str):
        return found
    match kind:
        case Kind.TIME:
            return found[:_MINUTE]
        case Kind.TIMESTAMPTZ:
            return _day(found, -1)
        case _:
            return found[: len("YYYY-MM-DD")]


def last_text(value: Scalar, kind: Kind) -> object:
    """Return a text that no spelling of the date or time *value* is above."""
    found = bare(value)
    if not isinstance(found, str):
        return found
    match kind:
        case Kind.TIME:
            return found + _LAST
        case Kind.TIMESTAMPTZ:
            return str(_day(found, 1)) + _LAST
        case _:
            return found[: len("YYYY-MM-DD")] + _LAST


def _day(text: str, days: int) -> str:
    """Return the day of an instant or the next; a zone moves it by less than a day."""
    try:
        return str(date.fromisoformat(text[:10]) + timedelta(days=days))
    except (ValueError, OverflowError):
        return text[:10]


def seconds(value: Scalar, margin: int) -> object:
    """Return an instant as seconds since 1970 plus *margin*; itself if it is none."""
    found = bare(value)
    try:
        moment = datetime.fromisoformat(str(found)).replace(tzinfo=UTC)
    except ValueError:
        return found
    return moment.timestamp() + margin


def written(value: Scalar) -> object:
    """Return the literal of *value* as it was written."""
    return getattr(value, "written", value)


def as_bytes(value: Scalar) -> object:
    """Return the bytes or the infinity that are returned as the literal of *value*, else itself."""
    found = written(value)
    if not isinstance(found, str):
        return found
    if (infinite := _INFINITE.get(found)) is not None:
        return infinite
    return decoded(found)


def decoded(text: str) -> object:
    """Return the bytes that are returned as *text*; itself if there are none."""
    try:
        made = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return text
    return made if base64.b64encode(made).decode() == text else text


def as_base64(value: Scalar) -> object:
    """Return the text as which bytes are returned."""
    found: Plain = bare(value)
    return base64.b64encode(found).decode() if isinstance(found, bytes) else found
