"""FCT1213: a grant without rows, where the role's other grants on the table have some. Pure."""

from collections.abc import Iterator

from msgspec import UNSET

from faucet.control.checks.shared_tables import TableIndex
from faucet.control.checks.subject import Placed, Subject, grants, lineage
from faucet.diagnostics import Diagnostic, dotted

CODE = "FCT1213"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each grant that must say `rows: all`, if every row is meant."""
    by_role: dict[str, list[Placed]] = {}
    for placed in grants(subject.manifest):
        by_role.setdefault(placed.role, []).append(placed)
    reported: set[int] = set()
    for role in subject.manifest.roles:
        names = lineage(subject.manifest, role)
        ancestry = [one for name in names for one in by_role.get(name, ())]
        silent = [at for at, placed in enumerate(ancestry) if _is_silent(placed)]
        if not silent:
            continue
        index = TableIndex(ancestry)
        for at in silent:
            if id(ancestry[at]) in reported:
                continue
            filtered = _filtered_beside(at, ancestry[at], index)
            if filtered is not None:
                reported.add(id(ancestry[at]))
                yield _finding(ancestry[at], *filtered)


def _is_silent(placed: Placed) -> bool:
    """Whether it is open which rows the grant means; a POST with a check needs none."""
    if placed.grant.rows is not UNSET or not placed.verbs:
        return False
    return placed.verbs != {"POST"} or placed.grant.check is UNSET


def _filtered_beside(at: int, silent: Placed, index: TableIndex) -> tuple[Placed, str] | None:
    for position, other, table in index.beside(silent):
        # A nearer role's grant of the same verbs decides instead: nothing is left of this one.
        decides = other.role != silent.role and position < at and silent.verbs <= other.verbs
        if other.filtered and not decides:
            return other, table
    return None


def _finding(silent: Placed, other: Placed, table: str) -> Diagnostic:
    return Diagnostic(
        code=CODE,
        message=f'which rows of "{table}" are meant? {dotted(other.address)} has a row filter',
        hint="write rows: all if every row is meant, else a row filter",
        address=silent.address,
    )
