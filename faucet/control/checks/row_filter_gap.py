"""FCT1212: rows that a role may change but not see. Pure."""

from collections.abc import Iterator

from msgspec import UNSET

from faucet.control.checks.shared_tables import shared_table
from faucet.control.checks.subject import ALL_ROWS, Placed, Subject, grants
from faucet.diagnostics import Diagnostic, Severity

CODE = "FCT1212"


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a warning where GET has a row filter, and a write on the same table none."""
    placed = tuple(grants(subject.manifest))
    reads = tuple(read for read in placed if "GET" in read.verbs and read.filtered)
    for write in placed:
        verbs = _open(write)
        for read in reads if verbs else ():
            table = shared_table(read, write) if read.role == write.role else None
            if table is not None:
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
