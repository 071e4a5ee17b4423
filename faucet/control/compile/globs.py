"""Faults in the table patterns of a grant, given a catalog. Pure."""

from collections.abc import Iterator, Mapping

from faucet.control.compile.findings import IDLE_GLOB, IDLE_REMOVAL, NOTHING_LEFT, UNKNOWN_TABLE
from faucet.diagnostics import Address, Diagnostic, Severity
from faucet.model.catalog import Relation
from faucet.model.manifest.patterns import is_glob, matches
from faucet.names import did_you_mean


def pattern_faults(
    patterns: tuple[str, ...], relations: Mapping[str, Relation], address: Address
) -> Iterator[Diagnostic]:
    """Yield the faults of *patterns*: names without a table, globs without a match."""
    if all(pattern.startswith("!") for pattern in patterns):
        yield Diagnostic(
            code=NOTHING_LEFT,
            message="the patterns only exclude, so they select no table",
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
            message=f'there is no table "{name}"' + (" to exclude" if removal else ""),
            address=address,
            hint=did_you_mean(name, relations),
        )
    if removal:
        return (
            None
            if any(matches(name, each) for each in relations)
            else _idle_removal(pattern, address)
        )
    if any(matches(name, each.name) for each in relations.values() if not each.exact_only):
        return None
    return Diagnostic(
        code=IDLE_GLOB,
        message=f'"{pattern}" matches no table',
        severity=Severity.WARNING,
        address=address,
        hint="partitions, inheritance children and extension tables match by exact name only",
    )


def _idle_removal(pattern: str, address: Address) -> Diagnostic:
    return Diagnostic(
        code=IDLE_REMOVAL,
        message=f'"{pattern}" matches no table, so it excludes nothing',
        address=address,
        hint="correct the pattern or remove it",
    )
