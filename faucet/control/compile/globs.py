"""Table patterns of grants against a catalog: what they match, and how closely. Pure."""

from collections.abc import Iterator, Mapping

from faucet.control.compile.findings import IDLE_GLOB, IDLE_REMOVAL, NOTHING_LEFT, UNKNOWN_TABLE
from faucet.diagnostics import Address, Diagnostic, Severity
from faucet.model.catalog import Relation
from faucet.model.manifest.patterns import is_glob, matches, removes
from faucet.names import did_you_mean

Rank = tuple[int, int]
"""How closely a pattern names a table: exact, then literal prefix by length, then ``*``."""

_EXACT: Rank = (2, 0)
_STAR: Rank = (0, 0)


def match_tables(
    patterns: tuple[str, ...], relations: Mapping[str, Relation]
) -> Mapping[str, Rank]:
    """Return the relations that *patterns* cover, each with its closest rank."""
    if patterns == ("*",):
        return {name: _STAR for name, relation in relations.items() if not relation.exact_only}
    found: dict[str, Rank] = {}
    for name, relation in relations.items():
        rank = closest(patterns, name, exact_only=relation.exact_only)
        if rank is not None:
            found[name] = rank
    return found


def closest(patterns: tuple[str, ...], name: str, *, exact_only: bool = False) -> Rank | None:
    """Return the rank of the closest of *patterns* that covers *name*, or None."""
    ranks = [
        rank
        for pattern in patterns
        if not pattern.startswith("!")
        and (rank := _rank(pattern, name, exact_only=exact_only)) is not None
    ]
    return max(ranks) if ranks and not removes(patterns, name) else None


def _rank(pattern: str, name: str, *, exact_only: bool) -> Rank | None:
    if pattern == "*":
        return None if exact_only else _STAR
    if pattern == name:
        return _EXACT
    if exact_only or not matches(pattern, name):
        return None
    return (1, min(pattern.find(mark) for mark in "*?[" if mark in pattern))


def pattern_faults(
    patterns: tuple[str, ...], relations: Mapping[str, Relation], address: Address
) -> Iterator[Diagnostic]:
    """Yield what is wrong with *patterns*: names without a table, globs without a match."""
    if all(pattern.startswith("!") for pattern in patterns):
        yield Diagnostic(
            code=NOTHING_LEFT,
            message="the patterns only take away, so they name no table",
            address=address,
            hint='start with "*" or with names',
        )
    for index, pattern in enumerate(patterns):
        if fault := _fault(pattern, relations, (*address, index)):
            yield fault


def _fault(pattern: str, relations: Mapping[str, Relation], address: Address) -> Diagnostic | None:
    removal = pattern.startswith("!")
    name = pattern.removeprefix("!")
    if name in relations:
        return None
    if not is_glob(name):
        return Diagnostic(
            code=IDLE_REMOVAL if removal else UNKNOWN_TABLE,
            message=f'there is no table "{name}"' + (" to take away" if removal else ""),
            address=address,
            hint=did_you_mean(name, relations),
        )
    reach = [each for each in relations.values() if removal or not each.exact_only]
    if any(matches(name, each.name) for each in reach):
        return None
    return Diagnostic(
        code=IDLE_GLOB,
        message=f'"{pattern}" matches no table',
        severity=Severity.WARNING,
        address=address,
        hint="partitions, inheritance children and extension tables match by exact name only",
    )
