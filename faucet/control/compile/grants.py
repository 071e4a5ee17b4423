"""Grants as written, with the tables that they cover, whatever role uses them. Pure."""

from collections.abc import Mapping
from typing import Final

import msgspec

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
    Fault,
    merge,
)
from faucet.control.compile.globs import pattern_faults
from faucet.control.compile.policy import type_rule
from faucet.control.compile.presets import presets
from faucet.control.precedence import RankedGrant
from faucet.diagnostics import Address, Diagnostic, Severity
from faucet.model.facts import Facts
from faucet.model.filters.condition import Condition
from faucet.model.manifest.patterns import ranked
from faucet.model.settings import GrantSettings, ServiceSettings, Settings
from faucet.model.surface import Preset, Verb

WRITES: Final = frozenset({Verb.POST, Verb.PUT, Verb.PATCH, Verb.DELETE})


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """
    What one grant defines for one relation, for any verb and any role.

    *open* are the readable columns that are neither masked nor generated; *writable* is None where
    the grant has no `write`.
    """

    readable: tuple[str, ...]
    masks: Mapping[str, str]
    open: frozenset[str]
    writable: frozenset[str] | None
    presets: tuple[Preset, ...]
    rows: Condition | None
    check: Condition | None


class TableGrant(RankedGrant, frozen=True, kw_only=True):
    """One grant on tables, with the relations that it covers and its definition for each."""

    definitions: Mapping[str, Definition]


class GrantContext(msgspec.Struct, frozen=True, kw_only=True):
    """The input for compiling a grant; *exposed* is None while the service is unreachable."""

    service: ServiceSettings
    exposed: Mapping[str, Exposed] | None
    facts: Facts
    keyed: bool


def table_grants(
    settings: Settings,
    exposed: Mapping[str, Mapping[str, Exposed] | None],
    facts: Facts,
    diagnostics: list[Diagnostic],
) -> tuple[TableGrant, ...]:
    """Return every grant on tables of a known service, in the manifest's order."""
    contexts = {
        name: GrantContext(
            service=service,
            exposed=exposed[name],
            facts=facts,
            keyed=settings.purpose_key is not None,
        )
        for name, service in settings.services.items()
    }
    return tuple(
        _table_grant(grant, contexts[grant.service], diagnostics)
        for role in settings.roles.values()
        for grant in role.grants
        if grant.tables and grant.service in contexts
    )


def _table_grant(
    grant: GrantSettings, context: GrantContext, diagnostics: list[Diagnostic]
) -> TableGrant:
    exposed = context.exposed or {}
    relations = {name: each.relation for name, each in exposed.items()}
    ranks = ranked(grant.tables, {name: each.exact_only for name, each in relations.items()})
    if context.exposed is not None:
        diagnostics += pattern_faults(grant.tables, relations, (*grant.address, "tables"))
    if tables := tuple(exposed[name] for name in ranks):
        diagnostics += name_faults(grant, tables, grant.address)
    faults: Faults = {}
    _grant_faults(grant, context, faults)
    definitions = {each.relation.name: _define(grant, each, context, faults) for each in tables}
    diagnostics += merge(faults)
    return TableGrant(settings=grant, ranks=ranks, definitions=definitions)


def _define(
    grant: GrantSettings, exposed: Exposed, context: GrantContext, faults: Faults
) -> Definition:
    address, service = grant.address, context.service
    columns = readable(grant.fields, exposed)
    if not columns and grant.fields is not None:
        faults.setdefault(_nothing_left(address), []).append(exposed.relation.name)
    masked = masks(grant, exposed, (*address, "mask"), context.facts.transforms, faults)
    written = (
        None if grant.write is None else writable(grant.write, exposed, (*address, "write"), faults)
    )
    rows = type_rule(grant.rows, exposed, service, faults)
    return Definition(
        readable=columns,
        masks={name: mask for name, mask in masked.items() if name in columns},
        open=frozenset(
            name for name in columns if name not in masked and not exposed.columns[name].generated
        ),
        writable=written,
        presets=presets(grant, exposed, service.values, (*address, "set"), faults),
        rows=rows,
        check=rows if grant.check is None else type_rule(grant.check, exposed, service, faults),
    )


def _nothing_left(address: Address) -> Fault:
    return Fault(
        code=NOTHING_LEFT,
        message="the grant allows no column of {tables}",
        address=(*address, "fields"),
        hint="remove the table from the grant, or list one of its columns",
    )


def _grant_faults(grant: GrantSettings, context: GrantContext, faults: Faults) -> None:
    """Add the faults of a grant that do not depend on a table."""
    if context.service.read_only and WRITES & grant.verbs:
        fault = Fault(
            code=READ_ONLY_WRITE,
            message=f'service "{context.service.name}" is read-only: all writes are refused',
            address=(*grant.address, "verbs"),
            hint="grant only GET",
            severity=Severity.WARNING,
        )
        faults.setdefault(fault, [])
    transforms = context.facts.transforms
    for name, mask in grant.masks.items():
        if mask in transforms and transforms[mask].keyed and not context.keyed:
            fault = Fault(
                code=UNKEYED_MASK,
                message=f'the mask "{mask}" needs a secret, and none is set: '
                "its values change with every restart",
                address=(*grant.address, "mask", name),
                hint="set FAUCET_AUTH_JWT_SECRET",
                severity=Severity.WARNING,
            )
            faults.setdefault(fault, [])
