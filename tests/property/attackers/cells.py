"""What cells of any storage class mean, listed by hand: nothing here asks a database or Faucet."""

import random
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import product
from typing import Any, Final
from uuid import UUID

import msgspec

UIDS: Final = (
    "0a1b2c3d-0000-4000-8000-00000000000a",
    "0a1b2c3d-0000-4000-8000-00000000000b",
    "ffffffff-0000-4000-8000-000000000001",
)
MOMENTS: Final = tuple(
    datetime(2020 + year, 1, day, 0, 0, second)  # noqa: DTZ001 - the columns have no zone
    for year, day, second in product(range(6), (1, 2, 3), (0, 1))
)


class Odd(msgspec.Struct, frozen=True):
    """A cell that is no value of its column; it is returned as *seen*."""

    seen: Any


TRUE: Final = (True, 1, 2, 0.5, -1, "true", "TRUE", "True")
FALSE: Final = (False, 0, 0.0, "false", "FALSE", "fAlSe")
_NO_TRUTHS: Final = ("yes", "no", "true ", "", "t", "0x1", b"1", b"true", b"")


def _uuids() -> Iterator[tuple[Any, Any]]:
    for uid in UIDS:
        digits = uid.replace("-", "")
        spelled = (uid, uid.upper(), digits, digits.upper(), bytes.fromhex(digits), UUID(uid))
        yield from ((cell, uid) for cell in spelled)
        mixed = re.sub("[a-f]", lambda found: found[0].upper(), uid, count=1)
        odd = (f"{uid}0", f"{{{uid}}}", mixed, f" {uid}", uid[:-1])
        yield from ((cell, Odd(cell)) for cell in odd)
        yield uid.encode(), Odd(b64encode(uid.encode()).decode())
    yield from ((cell, Odd(cell)) for cell in ("", "u", 3))
    yield b"u", Odd("dQ==")


def _moments() -> Iterator[tuple[Any, Any]]:
    for moment in MOMENTS:
        text = moment.isoformat(" ")
        spelled = (text, text.replace(" ", "T"), f"{text}.000", f"{text}.0", f"{text}Z")
        yield from ((cell, moment) for cell in (*spelled, moment))
        if not moment.second:
            yield text[:10], moment
            yield text[:16], moment
        yield f"{text}x", Odd(f"{text}x")
    yield from ((cell, Odd(cell)) for cell in ("soon", "", "2020-13-01", 7, 0.5))
    yield b"", Odd("")


def _truths() -> Iterator[tuple[Any, Any]]:
    yield from ((cell, True) for cell in TRUE)
    yield from ((cell, False) for cell in FALSE)
    for cell in _NO_TRUTHS:
        yield cell, Odd(b64encode(cell).decode() if isinstance(cell, bytes) else cell)


_LISTED: Final[Mapping[str, Mapping[tuple[type, Any], Any]]] = {
    name: {(type(cell), cell): meaning for cell, meaning in pairs}
    for name, pairs in (("flag", _truths()), ("at", _moments()), ("uid", _uuids()))
}
"""Each cell that those columns can have, with what it means; 1, 1.0 and True are three of them."""


def meaning(column: str, cell: Any) -> Any:
    """Return the value of *cell* in *column*, `Odd` if it is none; one that is not listed fails."""
    if cell is None:
        return None
    if column in _LISTED:
        return _LISTED[column][type(cell), cell]
    if column == "name":
        return Odd(b64encode(cell).decode()) if isinstance(cell, bytes) else cell
    return Odd(cell) if isinstance(cell, str | bytes) else cell


def loose(chance: random.Random, column: str) -> Any:
    """Return a cell that SQLite can store in *column*, of any class and any meaning."""
    if column == "name":
        return chance.choice([b"pub", b"", "5", "1.5"])
    cells = [cell for _, cell in _LISTED[column] if not isinstance(cell, UUID | datetime)]
    return chance.choice(cells)


def spelled(chance: random.Random, column: str, value: Any) -> Any:
    """Return another cell with the meaning of *value*, or with none."""
    cells = [
        cell
        for (_, cell), means in _LISTED[column].items()
        if means == value and not isinstance(cell, UUID | datetime)
    ]
    return chance.choice(cells)


def odd(chance: random.Random, column: str) -> Any:
    """Return a cell that is no value of *column*."""
    cells = [cell for (_, cell), means in _LISTED[column].items() if isinstance(means, Odd)]
    return chance.choice(cells)
