"""What is wrong with a write, by the rows before and after it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from tests.property.attackers.requests import Attack
from tests.property.attackers.roles import Role
from tests.property.attackers.rules import Rule
from tests.property.attackers.tables import COLUMNS, TABLES, VIEWS
from tests.property.attackers.twins import State, as_row

_UNTRIGGERED: Final = frozenset(TABLES) - {"items", "ruled"}
"""Tables where nothing but the request changes a row."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a write of *role* did to each side: *before* and *after* it, in the same order."""

    role: Role
    sent: Attack
    dialect: str
    before: Sequence[State]
    after: Sequence[State]


def verdict(outcome: Outcome) -> str:
    """Return what is wrong with the rows of both sides, nothing if all is well."""
    role, after = outcome.role, outcome.after
    for was, now in zip(outcome.before, after, strict=True):
        if fault := _fault(role, outcome.sent, outcome.dialect, was, now):
            return fault
    if after and _seen(role, after[0]) != _seen(role, after[1]):
        return "visible rows differ"
    return ""


def _fault(role: Role, sent: Attack, dialect: str, was: State, now: State) -> str:
    # No rule types a view of SQLite: its own one, within it, is all that it has.
    bare = dialect == "sqlite" and sent.relation in VIEWS
    lost = (was.rows - now.rows).keys()
    if beyond := [row for row in lost if not _is_in_reach(role, sent, row, bare=bare)]:
        return f"rows out of reach: lost {beyond}"
    # DELETE writes no row, but a trigger in its place may.
    if sent.method == "DELETE" or bare:
        return ""
    new = now.rows - was.rows
    if role.checked and (beyond := _disallowed(new, role.rule)):
        return f"rows beyond the rule: new {beyond}"
    return _fault_of_written(role, [row for row in new if row[0] == sent.relation], sent)


def _is_in_reach(role: Role, sent: Attack, row: tuple[Any, ...], *, bare: bool) -> bool:
    """Return whether a row might be changed; triggers may change all that the role sees."""
    if row[0] not in _UNTRIGGERED or bare:
        return role.rule.allows(as_row(row))
    return sent.method != "POST" and role.changes.allows(as_row(row))


def _fault_of_written(role: Role, written: list[tuple[Any, ...]], sent: Attack) -> str:
    if sent.relation not in _UNTRIGGERED:
        return ""
    if role.check is not None and (beyond := _disallowed(written, role.check)):
        return f"rows beyond the check: new {beyond}"
    for row in written:
        cells = as_row(row)
        for name, value in role.preset_cells().items():
            if cells[name] != value:
                return f"without the preset {name}: {row}"
    return ""


def _disallowed(rows: Iterable[tuple[Any, ...]], rule: Rule) -> list[tuple[Any, ...]]:
    return [row for row in rows if not rule.allows(as_row(row))]


def _seen(role: Role, state: State) -> Counter[tuple[Any, ...]]:
    """Return the rows that *role* sees, without what it does not see of them."""
    hidden = {"secret", *role.blind}
    places = [0, *(place for place, name in enumerate(COLUMNS, 1) if name not in hidden)]
    seen: Counter[tuple[Any, ...]] = Counter()
    for row, times in state.those(role.rule, allowed=True).items():
        seen[tuple(row[place] for place in places)] += times
    return seen
