"""Which one grant decides for a verb and a table (security rule 13). Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, TypeVar

import msgspec

from faucet.model.manifest.patterns import Rank
from faucet.model.settings import GrantSettings, Levels, Step, Verb


class RankedGrant(msgspec.Struct, frozen=True, kw_only=True):
    """A grant on one service with the tables that it covers, each with its closest rank."""

    settings: GrantSettings
    ranks: Mapping[str, Rank]


G = TypeVar("G", bound=RankedGrant)


class Choice(msgspec.Struct, Generic[G], frozen=True, kw_only=True):
    """A grant and how the role got it."""

    grant: G
    step: Step


Closest = Mapping[tuple[str, Verb], Mapping[str, tuple[G, ...]]]
"""By role and verb: the closest grants on each table; more than one is a tie."""

Decisions = Mapping[str, tuple[Choice[G], ...]]
"""By table: the deciding grant; more than one is a tie, which is an error."""


def closest_grants(grants: Iterable[G]) -> Closest[G]:
    """Return the closest of each role's own *grants*, all on one service."""
    found: dict[tuple[str, Verb], dict[str, tuple[G, ...]]] = {}
    for grant in grants:
        for verb in grant.settings.verbs:
            _add(grant, found.setdefault((grant.settings.role, verb), {}))
    return found


def _add(grant: G, held: dict[str, tuple[G, ...]]) -> None:
    alone = (grant,)
    for table, rank in grant.ranks.items():
        before = held.get(table)
        if before is None or before[0].ranks[table] < rank:
            held[table] = alone
        elif before[0].ranks[table] == rank:
            held[table] = (*before, grant)


def decide(levels: Levels, closest: Closest[G]) -> Mapping[Verb, Decisions[G]]:
    """Return what decides for the role of *levels*: the nearest level that covers a table."""
    return {verb: _decide(levels, closest, verb) for verb in Verb}


def _decide(levels: Levels, closest: Closest[G], verb: Verb) -> Decisions[G]:
    decided: dict[str, tuple[Choice[G], ...]] = {}
    for level in levels:
        here: dict[str, tuple[Choice[G], ...]] = {}
        for step in level:
            for table, choices in _choices(step, closest, verb):
                if table not in decided:
                    here[table] = here.get(table, ()) + choices
        decided |= here
    return decided


def _choices(
    step: Step, closest: Closest[G], verb: Verb
) -> Iterator[tuple[str, tuple[Choice[G], ...]]]:
    made: dict[int, Choice[G]] = {}
    for table, grants in closest.get((step.role, verb), {}).items():
        for grant in grants:
            if grant.settings.index not in made:
                made[grant.settings.index] = Choice(grant=grant, step=step)
        yield table, tuple(made[grant.settings.index] for grant in grants)


class UnstatedRows(msgspec.Struct, frozen=True, kw_only=True):
    """A grant without `rows` on *tables* where another grant, *filtered*, has a row filter."""

    grant: GrantSettings
    filtered: GrantSettings
    tables: list[str]


def unstated_rows(
    levels: Levels, grants: Iterable[G], decided: Mapping[Verb, Decisions[G]]
) -> Iterable[UnstatedRows]:
    """
    Return the grants that must state which rows they mean (security rule 4).

    Those are a role's own grants, whether they decide or not, and the inherited ones that decide,
    on a table whose rows another grant that the role has or inherits, one of *grants*, filters.
    """
    grants = tuple(grants)
    filtered = _filtering_grants(levels, grants)
    found: dict[tuple[str, int], UnstatedRows] = {}
    for grant, name in _mentions(levels, grants, decided):
        if grant.rows is None and name in filtered:
            entry = UnstatedRows(grant=grant, filtered=filtered[name], tables=[])
            found.setdefault((grant.role, grant.index), entry).tables.append(name)
    return found.values()


def _mentions(
    levels: Levels, grants: Iterable[G], decided: Mapping[Verb, Decisions[G]]
) -> Iterator[tuple[GrantSettings, str]]:
    """Yield, once each, the grants that apply to a role, with their tables."""
    own = {step.role for step in levels[0]}
    seen: set[tuple[str, int, str]] = set()
    chosen = (
        (choice.grant, name)
        for tables in decided.values()
        for name, choices in tables.items()
        for choice in choices
    )
    held = ((one, name) for one in grants if one.settings.role in own for name in one.ranks)
    for one, name in (*chosen, *held):
        key = (one.settings.role, one.settings.index, name)
        if key not in seen:
            seen.add(key)
            yield one.settings, name


def _filtering_grants(levels: Levels, grants: Iterable[G]) -> Mapping[str, GrantSettings]:
    """Return the first of the *grants* of a role and its ancestors that filters, by table."""
    found: dict[str, GrantSettings] = {}
    distance = {step.role: at for at, level in enumerate(levels) for step in level}
    own = (one for one in grants if one.settings.filtered and one.settings.role in distance)
    for grant in sorted(own, key=lambda one: distance[one.settings.role]):
        for table in grant.ranks:
            found.setdefault(table, grant.settings)
    return found
