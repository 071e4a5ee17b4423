"""Row rules, each with the same in Python, written by hand from the documentation of filters."""

import random
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from tests.property.attackers.cells import UIDS, odd, spelled

CLAIMS: Final[Mapping[str, Any]] = {
    "tenant": 1,
    "tenants": [1, 7],
    "uid": UIDS[0],
    "other": UIDS[1],
}
_START: Final = datetime(2022, 1, 1)  # noqa: DTZ001 - the column has no zone

Row = Mapping[str, Any]
"""What the cells of a row mean, by column."""
Cells = dict[str, Any]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """
    One row rule, and what it *allows*, by the meaning of a row's cells.

    *hides* returns cells of a row that it hides, besides those of another tenant; it is given
    whether cells may be of any storage class. *uses* names its columns.
    """

    text: str
    allows: Callable[[Row], bool]
    uses: frozenset[str]
    hides: Callable[[random.Random, bool], Cells] = lambda _chance, _loose: {}

    @property
    def confines(self) -> bool:
        """Whether a row of tenant 2 never passes, and nothing but the tenant decides."""
        return self.uses == {"tenant"}


def _rule(
    text: str,
    allows: Callable[[Row], bool],
    uses: str = "",
    hides: Callable[[random.Random, bool], Cells] = lambda _chance, _loose: {},
) -> Rule:
    columns = frozenset(uses.split()) | {"tenant"}
    return Rule(text=text, allows=allows, uses=columns, hides=hides)


def _own(row: Row) -> bool:
    return bool(row["tenant"] == 1)


def _word(row: Row) -> str:
    """Return the name; a cell that is no text matches no pattern, as no text here does."""
    return row["name"] if isinstance(row["name"], str) else "\0"


def _is_late(row: Row) -> bool:
    return isinstance(row["at"], datetime) and row["at"] >= _START


def _hides_truth(chance: random.Random, loose: bool) -> Cells:
    junk = [spelled(chance, "flag", False), odd(chance, "flag")] if loose else []
    return {"tenant": 1, "flag": chance.choice([False, None, *junk])}


def _hides_falsehood(chance: random.Random, loose: bool) -> Cells:
    return {"tenant": 1, "flag": spelled(chance, "flag", False) if loose else False}


def _hides_uid(chance: random.Random, loose: bool) -> Cells:
    junk = [spelled(chance, "uid", UIDS[1]), odd(chance, "uid")] if loose else []
    return {"tenant": 1, "uid": chance.choice([UIDS[1], None, *junk])}


def _hides_other(chance: random.Random, loose: bool) -> Cells:
    return {"tenant": 1, "uid": spelled(chance, "uid", UIDS[1]) if loose else UIDS[1]}


def _hides_time(chance: random.Random, loose: bool) -> Cells:
    early = [datetime(2020 + chance.randint(0, 1), 1, chance.randint(1, 3)), None]  # noqa: DTZ001
    if loose:
        early = [odd(chance, "at"), None if early[0] is None else spelled(chance, "at", early[0])]
    return {"tenant": 1, "at": chance.choice(early)}


def _hides_names(*names: str | None) -> Callable[[random.Random, bool], Cells]:
    return lambda chance, _loose: {"name": chance.choice(names)}


def _hides_own_names(*names: str | None) -> Callable[[random.Random, bool], Cells]:
    return lambda chance, _loose: {"tenant": 1, "name": chance.choice(names)}


RULES: Final = (
    _rule("tenant = {claims.tenant}", _own),
    _rule("NOT (tenant != {claims.tenant})", _own),
    _rule("tenant IN {claims.tenants}", lambda row: row["tenant"] in (1, 7)),
    _rule(
        "tenant = {claims.tenant} OR name STARTS WITH 'pub'",
        lambda row: _own(row) or _word(row).startswith("pub"),
        "name",
        _hides_names("ann", "PUB", "", None, "\u00ff"),
    ),
    _rule(
        "tenant = {claims.tenant} AND flag = true",
        lambda row: _own(row) and row["flag"] is True,
        "flag",
        _hides_truth,
    ),
    _rule(
        "flag != false AND tenant = {claims.tenant}",
        lambda row: _own(row) and row["flag"] is not None and row["flag"] is not False,
        "flag",
        _hides_falsehood,
    ),
    _rule("uid = {claims.uid}", lambda row: row["uid"] == UIDS[0], "uid", _hides_uid),
    _rule(
        "NOT uid = {claims.other} AND tenant IN {claims.tenants}",
        lambda row: row["tenant"] in (1, 7) and row["uid"] not in (None, UIDS[1]),
        "uid",
        _hides_other,
    ),
    _rule(
        "at >= '2022-01-01T00:00:00' AND tenant = {claims.tenant}",
        lambda row: _own(row) and _is_late(row),
        "at",
        _hides_time,
    ),
    _rule(
        "tenant = {claims.tenant} AND NOT at < '2022-01-01'",
        lambda row: _own(row) and _is_late(row),
        "at",
        _hides_time,
    ),
    _rule(
        "tenant = {claims.tenant} AND name NOT IN ('ann', 'pub')",
        lambda row: _own(row) and row["name"] not in (None, "ann", "pub"),
        "name",
        _hides_own_names("ann", "pub", None),
    ),
    _rule(
        "tenant = {claims.tenant}"
        " AND (name CONTAINS 'ub' OR name ENDS WITH 'n' OR name ILIKE 'x%')",
        lambda row: (
            _own(row)
            and ("ub" in _word(row) or _word(row).endswith("n") or _word(row)[:1] in ("x", "X"))
        ),
        "name",
        _hides_own_names("bob", "aNN", "", None, "UB"),
    ),
    _rule(
        "num BETWEEN 0 AND 500 AND tenant IN {claims.tenants}",
        lambda row: (
            row["tenant"] in (1, 7)
            and isinstance(row["num"], int | float)
            and 0 <= row["num"] <= 500
        ),
        "num",
        lambda _chance, _loose: {"tenant": 1},
    ),
    _rule(
        "parent IS NULL AND tenant = 1", lambda row: _own(row) and row["parent"] is None, "parent"
    ),
)
"""The number of a hidden row is beyond 500, as `rows.hidden_row` sees to."""


def both(rule: Rule, text: str, allows: Callable[[Row], bool], uses: str) -> Rule:
    """Return *rule* narrowed by another one."""
    return Rule(
        text=f"({rule.text}) AND {text}",
        allows=lambda row: rule.allows(row) and allows(row),
        uses=rule.uses | {uses},
    )


def below(rule: Rule, number: int) -> Rule:
    """Return *rule* for rows whose number is below another."""
    return both(
        rule,
        f"num < {number}",
        lambda row: isinstance(row["num"], int | float) and row["num"] < number,
        "num",
    )
