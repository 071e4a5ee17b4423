"""Random rows: those that both databases share, and those that only one of them has."""

import random
import string
from collections.abc import Mapping
from typing import Any, Final

from tests.property.attackers import cells
from tests.property.attackers.cells import MOMENTS, UIDS
from tests.property.attackers.roles import Role

SHARED: Final = range(1, 25)
TAKEN: Final = range(41, 50)
"""Ids of rows that differ, in both databases: a conflict with them is the same in both."""
ONE_SIDED: Final = range(51, 60)
"""Ids in only one database. A conflict with a primary key is an unavoidable difference, for the
key is the database's own (see the warnings of `faucet check --online`), so nobody writes these."""
LAST: Final = 900
"""The largest id, in both, so that counters of SQLite go on from the same number."""
_HIDDEN_NUMS: Final = range(1000, 1100)
"""Numbers that nobody writes, for what a unique key without the columns of the rule covers."""
KEPT: Final = "keep"
"""The name of rows that triggers keep from being deleted."""
_LOOSE: Final = ("flag", "at", "uid", "name")

Row = dict[str, Any]


def known_id(chance: random.Random) -> int:
    """Return an id to select or refer to."""
    return chance.choice([*SHARED, *SHARED, *TAKEN, *ONE_SIDED, LAST, 61, 62, 63])


def fresh_id(chance: random.Random) -> int:
    """Return an id to write."""
    return chance.choice([*SHARED[:6], *TAKEN[:4], *range(61, 200)])


def moment(chance: random.Random) -> str:
    """Return a timestamp."""
    return chance.choice(MOMENTS).isoformat()


def shared_row(chance: random.Random, number: int, *, loose: bool) -> Row:
    """Return a row of both databases."""
    return _row(chance, number, loose=loose) | {
        "tenant": chance.choice([1, 1, 1, 7]),
        "num": number,
        "parent": chance.choice([None, None, 1, 2]),
    }


def hidden_row(chance: random.Random, number: int, role: Role, *, loose: bool, reach: bool) -> Row:
    """
    Return a row that *role* must not see; its keys depend on *number* alone.

    With *reach*, a key of the row may be one that the role writes, but for the tenant.
    """
    num: Any = number % 31 if reach else _HIDDEN_NUMS[number]
    if loose and not reach and number % 3 == 0:
        num = f"{num}x"
    row = _row(chance, number, loose=loose) | {
        "tenant": 2,
        "num": num,
        # A row that refers to one that the attacker deletes is a conflict of the database's own.
        "parent": chance.choice([None, LAST]),
        **role.rule.hides(chance, loose),
    }
    assert not role.rule.allows(means(row)), f"{role.rule.text}: {row}"
    return row


def means(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the cells of *row* mean."""
    return {name: cells.meaning(name, cell) for name, cell in row.items()}


def last_row(chance: random.Random) -> Row:
    """Return the row with the largest id: of another tenant, and a parent of hidden ones."""
    return _row(chance, LAST, loose=False) | {
        "tenant": 2,
        "num": 999,
        "name": "x",
        "flag": False,
        "uid": UIDS[1],
        "at": MOMENTS[0],
        "parent": None,
    }


def differing(chance: random.Random, row: Row, role: Role, side: int, *, loose: bool) -> Row:
    """Return *row* of one *side*: what *role* cannot see of a row differs, even if it sees it."""
    unseen = {"secret": f"s{side}{row['id']}"}
    for name, how in role.blind.items():
        # A trigger keeps rows of that name from being deleted, for whoever sees it and not.
        if row[name] != KEPT:
            unseen[name] = _unseen(chance, name, how, row[name], loose=loose)
    return row | unseen


def _unseen(chance: random.Random, name: str, how: str, cell: Any, *, loose: bool) -> Any:
    if how in ("denied", "null"):
        other = _row(chance, 0, loose=loose)[name]
        return None if other == KEPT else other
    if cell is None or isinstance(cell, bytes):
        return cell
    start = "".join(chance.choices(string.ascii_lowercase, k=chance.randint(5, 9)))
    # Stars for all of it, or for all but its end.
    return f"{start}{cell}" if how == "redact" else f"{start}{cell[-4:]:_<4}"


def _row(chance: random.Random, number: int, *, loose: bool) -> Row:
    row = {
        "id": number,
        "name": chance.choice(["ann", "bob", "pub", "public", KEPT, "", None, "\u00c9", "Xan"]),
        "flag": chance.choice([True, True, False, None]),
        "at": chance.choice([chance.choice(MOMENTS), None]),
        "uid": chance.choice([*UIDS, UIDS[0], None]),
        "secret": f"s{chance.random()}",
    }
    for name in _LOOSE if loose else ():
        if row[name] is not None and chance.random() < 0.4:
            row[name] = cells.loose(chance, name)
    return row
