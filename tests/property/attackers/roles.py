"""Random roles: a row rule on every table, and what else narrows what a role sees and writes."""

import random
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from tests.property.attackers.cells import UIDS
from tests.property.attackers.rules import RULES, Rule, below
from tests.property.attackers.tables import COLUMNS, TABLES, VIEWS

_VERBS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_WRITES: Final = frozenset({"POST", "PUT", "PATCH"})
CHANGED_BELOW: Final = 20
"""A role with *keeps* changes only rows with a smaller number."""
CHECKED_BELOW: Final = 25
"""A role with *bounded* writes only rows with a smaller number."""
_BLINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "at": ("denied", "null"),
    "uid": ("denied", "null"),
    "flag": ("denied", "null"),
    "name": ("denied", "null", "redact", "last4"),
}
"""How each column may be kept from a role, by a grant without it or by a mask."""
_PRESETS: Final[Mapping[str, tuple[Any, Any]]] = {
    "tenant": ("{claims.tenant}", 1),
    "uid": ("{claims.uid}", UIDS[0]),
    "flag": (True, True),
    "name": ("{principal.role}", "its own name"),
}
"""What may be preset: as in the manifest, and the meaning of the cell that this writes."""


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """
    A role with one *rule* on everything.

    *checked* is whether what it writes must satisfy its rule, *bounded* whether a narrower check
    as well, *keeps* whether it may change only some of the rows that it sees. *blind* is how
    columns are kept from it, besides the secret. *presets* are what it always writes.
    """

    name: str
    rule: Rule
    verbs: tuple[str, ...] = _VERBS
    checked: bool = True
    bounded: bool = False
    keeps: bool = False
    aggregates: bool = True
    writes_unseen: bool = False
    blind: Mapping[str, str] = {}
    presets: frozenset[str] = frozenset()

    @property
    def changes(self) -> Rule:
        """What it may change."""
        return below(self.rule, CHANGED_BELOW) if self.keeps else self.rule

    @property
    def check(self) -> Rule | None:
        """What every row that it writes must satisfy."""
        if self.bounded:
            return below(self.rule, CHECKED_BELOW)
        return self.rule if self.checked else None

    @property
    def refused(self) -> frozenset[str]:
        """The columns that it may not write, besides the secret one."""
        return frozenset() if self.writes_unseen else frozenset(self.blind)

    def preset_cells(self) -> Mapping[str, Any]:
        """Return what its writes always leave in a row, by the meaning of cells."""
        return {name: self.name if name == "name" else _PRESETS[name][1] for name in self.presets}

    def grants(self, dialect: str) -> Iterable[Mapping[str, Any]]:
        """Yield its grants of a manifest."""
        for table in TABLES:
            yield from self._grants(table)
        for view in VIEWS:
            if dialect == "postgres" and "parent" not in self.rule.uses:
                yield from self._grants(view)
            elif dialect == "sqlite" and self.rule in RULES[:4]:
                # No rule types a view of SQLite, so that each has the rule of one tenant inside.
                yield self._grant(view, ("GET", "PATCH", "DELETE"), "all")

    def _grants(self, table: str) -> Iterable[Mapping[str, Any]]:
        changing = [verb for verb in self.verbs if verb in ("PATCH", "PUT", "DELETE")]
        if not self.keeps or not changing:
            yield self._grant(table, self.verbs, self.rule.text)
            return
        yield self._grant(table, changing, self.changes.text)
        if others := [verb for verb in self.verbs if verb not in changing]:
            yield self._grant(table, others, self.rule.text)

    def _grant(self, table: str, verbs: Iterable[str], rows: str) -> Mapping[str, Any]:
        verbs = list(verbs)
        reads, writes = "GET" in verbs, not _WRITES.isdisjoint(verbs)
        own, view = rows != "all", table in VIEWS
        masks = {name: how for name, how in self.blind.items() if how != "denied"}
        return {
            "service": "shop",
            "tables": [table],
            "verbs": verbs,
            "fields": ["*", *self._denied(table)],
            "rows": rows,
            **({"aggregate": True} if reads and self.aggregates else {}),
            **({"mask": masks} if reads and masks else {}),
            **(self._writing(table) if writes else {}),
            **({"check": self.check.text if self.check else "all"} if writes and own else {}),
            # Otherwise writes through views are refused wherever a parent is filtered.
            **({"references": "any"} if writes and view else {}),
        }

    def _denied(self, table: str) -> list[str]:
        denied = [name for name, how in self.blind.items() if how == "denied"]
        secret = [] if table in VIEWS else ["secret"]
        return [f"!{name}" for name in (*secret, *denied)]

    def _writing(self, table: str) -> Mapping[str, Any]:
        """Return which columns it writes, and its presets."""
        shown = [name for name in COLUMNS if table in TABLES or name not in ("parent", "secret")]
        seen = [name for name in shown if self.writes_unseen or name not in self.blind]
        presets = {name: _PRESETS[name][0] for name in sorted(self.presets)}
        return {
            "write": [name for name in seen if name != "secret"],
            **({"set": presets} if presets else {}),
        }


def roles(chance: random.Random) -> tuple[Role, ...]:
    """Return two roles of each rule: a plain one that may do everything, and a random one."""
    plain = (Role(name=f"plain{number}", rule=rule) for number, rule in enumerate(RULES))
    others = (_random(f"role{number}", rule, chance) for number, rule in enumerate(RULES * 2))
    everyone = [*plain, *others]
    chance.shuffle(everyone)
    return tuple(everyone)


def _random(name: str, rule: Rule, chance: random.Random) -> Role:
    verbs = chance.choice([_VERBS, _VERBS, tuple(chance.sample(_VERBS, chance.randint(2, 5)))])
    blinds = {
        column: chance.choice(ways)
        for column, ways in _BLINDS.items()
        if column not in rule.uses and chance.random() < 0.3
    }
    kept = [name for name in _PRESETS if name not in blinds and chance.random() < 0.15]
    return Role(
        name=name,
        rule=rule,
        verbs=verbs,
        checked=chance.random() < 0.6,
        bounded=chance.random() < 0.2,
        keeps=chance.random() < 0.3,
        aggregates=chance.random() < 0.8,
        writes_unseen=chance.random() < 0.4,
        blind=blinds,
        presets=frozenset(kept),
    )
