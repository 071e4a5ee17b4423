"""FCT1212 and FCT1213: which rows the grants of a role mean, beside a row filter. Pure."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from faucet.control.checks.subject import Subject
from faucet.control.precedence import Decisions, RankedGrant, unstated_rows
from faucet.diagnostics import Diagnostic, Severity, dotted
from faucet.model.settings import GrantSettings, Verb

OPEN_WRITE: Final = "FCT1212"
UNSTATED_ROWS: Final = "FCT1213"


class _OpenWrite(msgspec.Struct, frozen=True, kw_only=True):
    """A grant of writes on every row of a table of which *role* sees only those of *read*."""

    role: str
    write: GrantSettings
    read: GrantSettings
    table: str
    verbs: set[Verb]


def check_open_writes(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a warning where GET has a row filter, and a write on the same table none."""
    found: dict[tuple[str, int], _OpenWrite] = {}
    for role in filter(subject.filters, subject.roles):
        for named, decided in subject.decisions(role):
            for one in _open_writes(role, decided, named.patterns).values():
                place = (one.write.role, one.write.index)
                if place not in found or role == one.write.role:
                    found[place] = one
    return map(_open_write, found.values())


def _open_writes(
    role: str, decided: Mapping[Verb, Decisions[RankedGrant]], patterns: Mapping[str, str]
) -> Mapping[int, _OpenWrite]:
    found: dict[int, _OpenWrite] = {}
    for verb in (verb for verb in Verb if verb is not Verb.GET):
        for table, choices in decided[verb].items():
            write = choices[0].grant.settings
            reads = decided[Verb.GET].get(table)
            if reads and reads[0].grant.settings.filtered and _is_open(write, verb):
                one = _OpenWrite(
                    role=role,
                    write=write,
                    read=reads[0].grant.settings,
                    table=patterns[table],
                    verbs=set(),
                )
                found.setdefault(id(write), one).verbs.add(verb)
    return found


def _is_open(write: GrantSettings, verb: Verb) -> bool:
    """Whether it says `rows: all`, and no check binds a POST."""
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
            f'the role "{found.role}" sees some rows of "{found.table}", '
            f"but no rule binds its {', '.join(verbs)}"
        ),
        hint=f"add {key}: {found.read.rows.text if found.read.rows else ''}",
        address=found.write.address,
    )


def check_unstated_rows(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each grant that must say `rows: all`, if every row is meant."""
    reported: set[tuple[str, int]] = set()
    for role in filter(subject.filters, subject.roles):
        for named, decided in subject.decisions(role):
            levels = subject.roles[role].levels
            for one in unstated_rows(levels, named.grants, decided):
                place = (one.grant.role, one.grant.index)
                if place not in reported:
                    reported.add(place)
                    table = named.patterns[one.tables[0]]
                    yield Diagnostic(
                        code=UNSTATED_ROWS,
                        message=f'which rows of "{table}" are meant? '
                        f"{dotted(one.filtered.address)} has a row filter",
                        hint="write rows: all if every row is meant, else a row filter",
                        address=one.grant.address,
                    )
