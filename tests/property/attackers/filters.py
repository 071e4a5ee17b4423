"""Random filters, by everything that their grammar has, and some by what it has not."""

import random
from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.property.attackers.cells import UIDS
from tests.property.attackers.rows import fresh_id, known_id, moment
from tests.property.attackers.tables import COLUMNS

_NAMES: Final = ("ann", "pub", "public", "skip", "raise", "move", "rename", "spill", "swap")
_LATER: Final = ("after", "late", "keep", "copper", "x", "", "pu%", "é", "p_b", "****", "a''b")
_UNKNOWN: Final = ("twice", "nope", "rowid", "ctid", "NAME", '"name"', "items.num", "base.secret")
_KNOWN: Final = tuple(name for name in COLUMNS if name != "secret")
_COMPARED: Final = ("=", "!=", "<>", "EQ", "NE")
_SORTED: Final = (*_COMPARED, "<", ">", "<=", ">=", "GT", "LTE")
_MATCHED: Final = ("LIKE", "ILIKE", "CONTAINS", "STARTS WITH", "ENDS WITH")
_PATTERNS: Final = ("pu%", "%b", "_ub", "%", "p\\\\%", "p\\", "PUB%", "")
_ODD_LITERALS: Final = (
    *("NULL", "TRUE", "false", "'abc'", "99999999999999999999", "1e400", "-1", "0.5", "1.5"),
    *("''", "'true'", "'2020-01-01'", "'2020-01-01T00:00:00Z'", "'tomorrow'", "7", "'7'"),
)


def column(chance: random.Random) -> str:
    """Return a column, now and then a secret one, or one that is not there or spelled otherwise."""
    return chance.choice((*_UNKNOWN, "secret") if chance.random() < 0.04 else _KNOWN)


def filter_text(chance: random.Random) -> str:
    """Return a filter; now and then one with a fault somewhere."""
    text = _tree(chance, 2)
    return _broken(chance, text) if chance.random() < 0.03 else text


def _tree(chance: random.Random, depth: int) -> str:
    if depth and chance.random() < 0.5:
        word = chance.choice(["AND", "OR"])
        text = f"({_tree(chance, depth - 1)} {word} {_tree(chance, depth - 1)})"
        return f"NOT {text}" if chance.random() < 0.3 else text
    return _test(chance)


def _broken(chance: random.Random, text: str) -> str:
    place = chance.randrange(len(text))
    return (
        text[:place]
        + chance.choice(["", "'", "(", ")", " AND ", "\\", "\u0000", ";--"])
        + (text[place + chance.randint(0, 2) :])
    )


def _test(chance: random.Random) -> str:
    name = column(chance)
    no = chance.choice(["", "", "NOT "])
    kind = chance.choice(["is", "match", "in", "between", "compare", "compare", "compare"])
    match kind:
        case "is":
            return f"{name} IS {no}NULL"
        case "match" if name in ("name", "secret") or chance.random() < 0.03:
            text = chance.choice(_NAMES + _LATER + _PATTERNS)
            return f"{name} {no}{chance.choice(_MATCHED)} '{text}'"
        case "in":
            values = ", ".join(_literal(chance, name) for _ in range(chance.randint(1, 3)))
            return f"{name} {no}IN ({values})"
        case "between":
            return f"{name} {no}BETWEEN {_literal(chance, name)} AND {_literal(chance, name)}"
        case _:
            operators = _COMPARED if name in ("flag", "uid") else _SORTED
            return f"{name} {chance.choice(operators)} {_literal(chance, name)}"


def _literal(chance: random.Random, name: str) -> str:
    if chance.random() < 0.04:
        return chance.choice(_ODD_LITERALS)
    found = known_id(chance) if name in ("id", "parent") else value(chance, name)
    match found:
        case None:
            return "0"
        case bool():
            return str(found).upper()
        case int():
            return str(found)
        case _:
            return f"'{found}'"


def value(chance: random.Random, name: str) -> Any:
    """Return a value to write; now and then none."""
    if chance.random() < 0.1:
        return None
    draw = _DRAWS.get(name)
    return chance.choice(_NAMES + _LATER) if draw is None else draw(chance)


_DRAWS: Final[Mapping[str, Callable[[random.Random], Any]]] = {
    "id": fresh_id,
    "parent": known_id,
    "tenant": lambda chance: chance.choice([1, 1, 1, 2, 7]),
    "num": lambda chance: chance.randint(0, 30),
    "twice": lambda chance: chance.randint(0, 60),
    "flag": lambda chance: chance.random() < 0.7,
    "at": moment,
    "uid": lambda chance: chance.choice(UIDS),
}
