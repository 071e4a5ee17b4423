"""Grants as written, against the tables that they cover; who uses them is not asked yet. Pure."""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import UNSET

from faucet.control.compile.exposure import Exposed
from faucet.control.compile.fields import (
    Faults,
    masks,
    name_faults,
    readable,
    writable,
)
from faucet.control.compile.findings import (
    NOTHING_LEFT,
    READ_ONLY_WRITE,
    UNKEYED_MASK,
    Found,
    merge,
)
from faucet.control.compile.globs import Rank, match_tables, pattern_faults
from faucet.control.compile.policy import Rule, read_rule, type_rule
from faucet.control.compile.presets import presets
from faucet.diagnostics import Address, Diagnostic, Severity
from faucet.model.facts import Facts
from faucet.model.filters.condition import Condition
from faucet.model.manifest.sections import Grant
from faucet.model.settings import ServiceSettings, Settings
from faucet.model.surface import Preset, Verb

WRITES: Final = frozenset({Verb.POST, Verb.PUT, Verb.PATCH, Verb.DELETE})


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """
    What one grant says of one relation, for whatever verb and whoever uses it.

    *open* are the readable columns that are neither masked nor generated; *writable* is None where
    the grant does not say `write`.
    """

    readable: tuple[str, ...]
    masks: Mapping[str, str]
    open: frozenset[str]
    writable: frozenset[str] | None
    presets: tuple[Preset, ...]
    rows: Condition | None
    check: Condition | None


class TableGrant(msgspec.Struct, frozen=True, kw_only=True):
    """One grant on tables, the *index*-th of *role*, with what it matches and says there."""

    role: str
    index: int
    service: str
    spec: Grant
    tables: tuple[str, ...]
    verbs: frozenset[Verb]
    ranks: Mapping[str, Rank]
    definitions: Mapping[str, Definition]

    @property
    def address(self) -> Address:
        """Where it stands in the manifest."""
        return ("roles", self.role, "grants", self.index)


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """What a grant is judged on; *exposed* is None while the service is unreachable."""

    service: ServiceSettings
    exposed: Mapping[str, Exposed] | None
    facts: Facts
    keyed: bool


class _Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A grant being defined: what it says and what that is judged on."""

    grant: Grant
    address: Address
    ground: Ground
    rows: Rule | None
    check: Rule | None


def table_grants(
    settings: Settings,
    exposed: Mapping[str, Mapping[str, Exposed] | None],
    facts: Facts,
    diagnostics: list[Diagnostic],
) -> tuple[TableGrant, ...]:
    """Return every grant on tables of a known service, in the manifest's order."""
    made: list[TableGrant] = []
    for role, spec in settings.roles.items():
        for index, grant in enumerate(spec.grants):
            service = settings.services.get(grant.service or "")
            if service is None or grant.tables is UNSET:
                continue
            ground = Ground(
                service=service,
                exposed=exposed[service.name],
                facts=facts,
                keyed=settings.purpose_key is not None,
            )
            made.append(_table_grant(role, index, grant, ground, diagnostics))
    return tuple(made)


def _table_grant(
    role: str, index: int, grant: Grant, ground: Ground, diagnostics: list[Diagnostic]
) -> TableGrant:
    address: Address = ("roles", role, "grants", index)
    patterns = grant.tables or ()
    relations = {name: each.relation for name, each in (ground.exposed or {}).items()}
    ranks = match_tables(patterns, relations)
    if ground.exposed is not None:
        diagnostics += pattern_faults(patterns, relations, (*address, "tables"))
    if tables := tuple(ground.exposed[name] for name in ranks) if ground.exposed else ():
        diagnostics += name_faults(grant, tables, address)
    faults: Faults = {}
    reading = _read(grant, address, ground, faults)
    definitions = {each.relation.name: _define(reading, each, faults) for each in tables}
    diagnostics += merge(faults)
    return TableGrant(
        role=role,
        index=index,
        service=ground.service.name,
        spec=grant,
        tables=patterns,
        verbs=verbs_of(grant),
        ranks=ranks,
        definitions=definitions,
    )


def verbs_of(grant: Grant) -> frozenset[Verb]:
    """Return the verbs that *grant* names; ``*`` is all of them."""
    named = grant.verbs or ()
    return frozenset(Verb) if "*" in named else frozenset(Verb(verb) for verb in named)


def _read(grant: Grant, address: Address, ground: Ground, faults: Faults) -> _Reading:
    exact = grant.collate != "column"
    _grant_faults(grant, address, ground, faults)
    return _Reading(
        grant=grant,
        address=address,
        ground=ground,
        rows=read_rule(grant.rows, (*address, "rows"), faults, exact=exact),
        check=read_rule(grant.check, (*address, "check"), faults, exact=exact),
    )


def _define(reading: _Reading, exposed: Exposed, faults: Faults) -> Definition:
    grant, address, ground = reading.grant, reading.address, reading.ground
    columns = readable(grant.fields, exposed)
    if not columns and grant.fields is not UNSET:
        faults.setdefault(_nothing_left(address), []).append(exposed.relation.name)
    masked = masks(grant, exposed, (*address, "mask"), ground.facts.transforms, faults)
    written = (
        None
        if grant.write is UNSET
        else writable(grant.write, exposed, (*address, "write"), faults)
    )
    rows = type_rule(reading.rows, exposed, ground.service, faults)
    return Definition(
        readable=columns,
        masks={name: mask for name, mask in masked.items() if name in columns},
        open=frozenset(
            name for name in columns if name not in masked and not exposed.columns[name].generated
        ),
        writable=written,
        presets=presets(grant, exposed, ground.service.values, (*address, "set"), faults),
        rows=rows,
        check=rows
        if reading.check is None
        else type_rule(reading.check, exposed, ground.service, faults),
    )


def _nothing_left(address: Address) -> Found:
    return Found(
        code=NOTHING_LEFT,
        message="no column of {tables} is left",
        address=(*address, "fields"),
        hint="leave the table out of the grant, or name a column of it",
    )


def _grant_faults(grant: Grant, address: Address, ground: Ground, faults: Faults) -> None:
    """Note what is doubtful about a grant whatever the table."""
    if ground.service.read_only and WRITES & verbs_of(grant):
        fault = Found(
            code=READ_ONLY_WRITE,
            message=f'service "{ground.service.name}" is read-only: its writes are all refused',
            address=(*address, "verbs"),
            hint="grant GET alone",
            severity=Severity.WARNING,
        )
        faults.setdefault(fault, [])
    transforms = ground.facts.transforms
    for name, mask in (grant.mask or {}).items():
        if mask in transforms and transforms[mask].keyed and not ground.keyed:
            fault = Found(
                code=UNKEYED_MASK,
                message=f'the mask "{mask}" is keyed, and no secret is set: '
                "its values change with every start",
                address=(*address, "mask", name),
                hint="set FAUCET_AUTH_JWT_SECRET",
                severity=Severity.WARNING,
            )
            faults.setdefault(fault, [])
