"""FCT1212: rows that a role may change but not see. Pure."""

from collections.abc import Iterator

from msgspec import UNSET

from faucet.control.checks.shared_tables import TableIndex
from faucet.control.checks.subject import ALL_ROWS, Placed, Subject, grants
from faucet.diagnostics import Diagnostic, Severity

CODE = "FCT1212"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a warning where GET has a row filter, and a write on the same table none."""
    reads: dict[str, list[Placed]] = {}
    for placed in grants(subject.manifest):
        if "GET" in placed.verbs and placed.filtered:
            reads.setdefault(placed.role, []).append(placed)
    indexes = {role: TableIndex(found) for role, found in reads.items()}
    for write in grants(subject.manifest):
        verbs = _open(write)
        if verbs and write.role in indexes:
            for _, read, table in indexes[write.role].beside(write):
                yield _finding(write, verbs, read, table)
                break


def _open(write: Placed) -> tuple[str, ...]:
    """The writes that say `rows: all`; what says nothing at all is FCT1213's to report."""
    if write.grant.rows is UNSET or write.grant.rows.strip() != ALL_ROWS:
        return ()
    checked = write.grant.check is not UNSET and write.grant.check.strip() != ALL_ROWS
    return tuple(sorted(write.verbs - {"GET", "POST" if checked else "GET"}))


def _finding(write: Placed, verbs: tuple[str, ...], read: Placed, table: str) -> Diagnostic:
    key = "check" if verbs == ("POST",) else "rows"
    return Diagnostic(
        code=CODE,
        severity=Severity.WARNING,
        message=(
            f'the role "{write.role}" sees some rows of "{table}", '
            f"but no rule binds its {', '.join(verbs)}"
        ),
        hint=f"add {key}: {read.grant.rows}",
        address=write.address,
    )
