"""FCT1212 and FCT1213: which rows grants cover beside another's row filter. Pure."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from faucet.control.checks.subject import NamedTables, Subject
from faucet.control.precedence import UnstatedRows, unstated_rows
from faucet.diagnostics import Diagnostic, Severity, dotted
from faucet.model.settings import GrantSettings, Verb

OPEN_WRITE: Final = "FCT1212"
UNSTATED_ROWS: Final = "FCT1213"


class _OpenWrite(msgspec.Struct, frozen=True, kw_only=True):
    """A grant to write every row of a table of which *role* sees only those of *read*."""

    role: str
    write: GrantSettings
    read: GrantSettings
    table: str
    verbs: set[Verb]


def check_rows(subject: Subject) -> Iterator[Diagnostic]:
    """
    Yield a warning where GET has a row filter and a write on the same table has none, and an error
    for each grant that must state which rows it covers.
    """
    unstated: dict[tuple[str, int], Diagnostic] = {}
    writes: dict[tuple[str, int], _OpenWrite] = {}
    for role in filter(subject.filters, subject.roles):
        for named in subject.named_tables(role):
            for rows in unstated_rows(subject.roles[role].levels, named.grants, named.decided):
                place = (rows.grant.role, rows.grant.index)
                unstated.setdefault(place, _unstated_fault(rows, named.patterns[rows.tables[0]]))
            for write in _open_writes(role, named):
                place = (write.write.role, write.write.index)
                if place not in writes or role == write.write.role:
                    writes[place] = write
    yield from map(_open_write, writes.values())
    yield from unstated.values()


def _unstated_fault(found: UnstatedRows, table: str) -> Diagnostic:
    return Diagnostic(
        code=UNSTATED_ROWS,
        message=f'it is unclear which rows of "{table}" the grant covers: '
        f"{dotted(found.filtered.address)} has a row filter",
        hint="write rows: all for every row, or a row filter",
        address=found.grant.address,
    )


def _open_writes(role: str, named: NamedTables) -> Iterable[_OpenWrite]:
    found: dict[int, _OpenWrite] = {}
    reads = {
        table: choices[0].grant.settings
        for table, choices in named.decided[Verb.GET].items()
        if choices[0].grant.settings.filtered
    }
    for verb in (verb for verb in Verb if verb is not Verb.GET):
        for table, choices in named.decided[verb].items():
            write = choices[0].grant.settings
            if table in reads and _is_open(write, verb):
                pattern = named.patterns[table]
                one = _OpenWrite(
                    role=role, write=write, read=reads[table], table=pattern, verbs=set()
                )
                found.setdefault(id(write), one).verbs.add(verb)
    return found.values()


def _is_open(write: GrantSettings, verb: Verb) -> bool:
    """Return whether it says `rows: all`, and no check restricts a POST."""
    if write.rows is None or not write.rows.every_row:
        return False
    return verb is not Verb.POST or write.check is None or write.check.every_row


def _open_write(found: _OpenWrite) -> Diagnostic:
    verbs = sorted(found.verbs)
    key = "check" if verbs == [Verb.POST] else "rows"
    return Diagnostic(
        code=OPEN_WRITE,
        severity=Severity.WARNING,
        message=(
            f'the role "{found.role}" sees only some rows of "{found.table}", '
            f"but no rule restricts its {', '.join(verbs)}"
        ),
        hint=f"add {key}: {found.read.rows.text if found.read.rows else ''}",
        address=found.write.address,
    )
