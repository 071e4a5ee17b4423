"""Faults of the grants that decide for a role: ties, and rows that are not stated. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from faucet.control.compile.findings import ROWS_UNSTATED, TIE, grant_path, name_some
from faucet.control.compile.grants import TableGrant
from faucet.control.precedence import Choice, Decisions, UnstatedRows
from faucet.diagnostics import Diagnostic
from faucet.model.settings import Verb


def row_faults(role: str, found: Iterable[UnstatedRows]) -> Iterator[Diagnostic]:
    """Yield each grant without `rows` on tables where another grant of *role* has a filter."""
    for one in found:
        yield Diagnostic(
            code=ROWS_UNSTATED,
            message=f'role "{role}" has a row filter on {name_some(one.tables)} in another grant, '
            "so this grant must state which rows it covers",
            address=one.grant.address,
            hint="write `rows: all` for every row, or repeat the filter",
        )


def tie_faults(role: str, decisions: Mapping[Verb, Decisions[TableGrant]]) -> Iterator[Diagnostic]:
    """Yield the ties of *role* itself, once for each pair of grants."""
    ties: dict[tuple[tuple[str, int], ...], tuple[list[Verb], list[str]]] = {}
    for verb, decided in decisions.items():
        for table, choices in decided.items():
            if len(choices) > 1 and not _belongs_above(role, choices):
                places = tuple(
                    (choice.grant.settings.role, choice.grant.settings.index) for choice in choices
                )
                verbs, tables = ties.setdefault(places, ([], []))
                verbs.append(verb)
                tables.append(table)
    for places, (verbs, tables) in ties.items():
        yield _tie(role, places, sorted(set(verbs)), tables)


def _belongs_above(role: str, choices: tuple[Choice[TableGrant], ...]) -> bool:
    """Return whether the tie is within one ancestor, which reports it itself."""
    roles = {choice.grant.settings.role for choice in choices}
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
        hint="name the table exactly in one of them, or exclude it with ! in the other"
        if own
        else f'give "{role}" itself a grant on it',
    )
