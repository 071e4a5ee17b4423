"""Which one grant decides for a verb and a table (security rule 13). Pure."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from faucet.control.compile.findings import TIE, grant_path, name_some
from faucet.control.compile.grants import TableGrant
from faucet.control.compile.inheritance import Step
from faucet.diagnostics import Diagnostic
from faucet.model.surface import Verb

Levels = tuple[tuple[Step, ...], ...]
Nominees = Mapping[tuple[str, Verb], Mapping[str, tuple[TableGrant, ...]]]
"""By role and verb: the closest grants on each table; more than one is a tie."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A grant and how the asking role came by it."""

    grant: TableGrant
    step: Step


Decisions = Mapping[str, tuple[Choice, ...]]
"""By table: the deciding grant; more than one is a tie, which is an error."""


def nominate(grants: Iterable[TableGrant]) -> Nominees:
    """Return the closest of each role's own *grants*, all on one service."""
    found: dict[tuple[str, Verb], dict[str, tuple[TableGrant, ...]]] = {}
    for grant in grants:
        for verb in grant.verbs:
            _admit(grant, found.setdefault((grant.role, verb), {}))
    return found


def _admit(grant: TableGrant, held: dict[str, tuple[TableGrant, ...]]) -> None:
    alone = (grant,)
    for table, rank in grant.ranks.items():
        before = held.get(table)
        if before is None or before[0].ranks[table] < rank:
            held[table] = alone
        elif before[0].ranks[table] == rank:
            held[table] = (*before, grant)


def decide(levels: Levels, nominees: Nominees, verb: Verb) -> Decisions:
    """Return what decides for *verb*, table by table: the nearest level that covers it."""
    decided: dict[str, tuple[Choice, ...]] = {}
    for level in levels:
        here: dict[str, tuple[Choice, ...]] = {}
        for step in level:
            for table, choices in _choices(step, nominees, verb):
                if table not in decided:
                    here[table] = here.get(table, ()) + choices
        decided |= here
    return decided


def _choices(
    step: Step, nominees: Nominees, verb: Verb
) -> Iterator[tuple[str, tuple[Choice, ...]]]:
    made: dict[int, Choice] = {}
    for table, grants in nominees.get((step.role, verb), {}).items():
        for grant in grants:
            if grant.index not in made:
                made[grant.index] = Choice(grant=grant, step=step)
        yield table, tuple(made[grant.index] for grant in grants)


def tie_faults(role: str, decisions: Mapping[Verb, Decisions]) -> Iterator[Diagnostic]:
    """Yield the ties that *role* has of its own, once for each pair of grants."""
    ties: dict[tuple[tuple[str, int], ...], tuple[list[Verb], list[str]]] = {}
    for verb, decided in decisions.items():
        for table, choices in decided.items():
            if len(choices) > 1 and not _belongs_above(role, choices):
                places = tuple((choice.grant.role, choice.grant.index) for choice in choices)
                verbs, tables = ties.setdefault(places, ([], []))
                verbs.append(verb)
                tables.append(table)
    for places, (verbs, tables) in ties.items():
        yield _tie(role, places, sorted(set(verbs)), tables)


def _belongs_above(role: str, choices: tuple[Choice, ...]) -> bool:
    """Whether the tie lies within one ancestor, which reports it itself."""
    roles = {choice.grant.role for choice in choices}
    return len(roles) == 1 and role not in roles


def _tie(
    role: str, places: tuple[tuple[str, int], ...], verbs: list[Verb], tables: list[str]
) -> Diagnostic:
    first, *others = (grant_path(*place) for place in places)
    own = places[0][0] == role
    address = (
        ("roles", role, "grants", places[-1][1], "tables") if own else ("roles", role, "extends")
    )
    return Diagnostic(
        code=TIE,
        message=f"{first} and {' and '.join(others)} are equally close to {name_some(tables)} "
        f"for {', '.join(verbs)}",
        address=address,
        hint="name the table exactly in one of them, or take it away with ! in the other"
        if own
        else f'let "{role}" itself say what holds for it',
    )
