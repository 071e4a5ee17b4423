"""FCT1213: a grant without rows, where the role's other grants on the table have some. Pure."""

from collections.abc import Iterator

from msgspec import UNSET

from faucet.control.checks.shared_tables import shared_table
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
        for index, silent in enumerate(ancestry):
            if not _is_silent(silent) or id(silent) in reported:
                continue
            filtered = _filtered_beside(silent, index, ancestry)
            if filtered is not None:
                reported.add(id(silent))
                yield _finding(silent, *filtered)


def _is_silent(placed: Placed) -> bool:
    """Whether it is open which rows the grant means; a POST with a check needs none."""
    if placed.grant.rows is not UNSET or not placed.verbs:
        return False
    return placed.verbs != {"POST"} or placed.grant.check is UNSET


def _filtered_beside(
    silent: Placed, index: int, ancestry: list[Placed]
) -> tuple[Placed, str] | None:
    for position, other in enumerate(ancestry):
        if not other.filtered:
            continue
        # A nearer role's grant of the same verbs decides instead: nothing is left of this one.
        if other.role != silent.role and position < index and silent.verbs <= other.verbs:
            continue
        table = shared_table(silent, other)
        if table is not None:
            return other, table
    return None


def _finding(silent: Placed, other: Placed, table: str) -> Diagnostic:
    return Diagnostic(
        code=CODE,
        message=f'which rows of "{table}" are meant? {dotted(other.address)} has a row filter',
        hint="write rows: all if every row is meant, else a row filter",
        address=silent.address,
    )
