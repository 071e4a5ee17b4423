"""One role's view of the services: the grants that decide, assembled. Pure."""

from collections.abc import Iterator, Mapping

import msgspec
from msgspec import UNSET

from faucet.control.compile.exposure import Exposed
from faucet.control.compile.findings import ROWS_UNSAID, name_some
from faucet.control.compile.grants import TableGrant
from faucet.control.compile.precedence import Choice, Decisions, Levels, Nominees, decide
from faucet.control.compile.views import Table, resource_view
from faucet.diagnostics import Diagnostic
from faucet.model.catalog import ForeignKey, Relation
from faucet.model.limits import tighten
from faucet.model.manifest.sections import Role
from faucet.model.settings import LimitSettings, ServiceSettings
from faucet.model.surface import ParentRule, Permission, ResourceView, ServiceView, Verb

_CHECKED = frozenset({Verb.POST, Verb.PUT, Verb.PATCH})

Chosen = Mapping[Verb, Choice]


class Terrain(msgspec.Struct, frozen=True, kw_only=True):
    """One service as roles are compiled on it; *exposed* is empty while it is unreachable."""

    service: ServiceSettings
    schema: str | None
    exposed: Mapping[str, Exposed]
    tables: Mapping[str, Table]
    grants: tuple[TableGrant, ...]
    nominees: Nominees


def decisions(terrain: Terrain, levels: Levels) -> Mapping[Verb, Decisions]:
    """Return what decides for a role, by verb and table."""
    return {verb: decide(levels, terrain.nominees, verb) for verb in Verb}


def service_view(
    terrain: Terrain,
    levels: Levels,
    decided: Mapping[Verb, Decisions],
    roles: Mapping[str, Role],
) -> ServiceView | None:
    """Return the service as the role of *levels* meets it, or None without any grant on tables."""
    patterns = {verb: found for verb in Verb if (found := _patterns(terrain, levels, verb))}
    if not patterns:
        return None
    compiler = _Compiler(terrain, decided, roles)
    return ServiceView(
        name=terrain.service.name,
        patterns=patterns,
        resources={name: compiler.resource(name) for name in compiler.chosen},
    )


def _patterns(terrain: Terrain, levels: Levels, verb: Verb) -> tuple[tuple[str, ...], ...]:
    return tuple(
        grant.tables
        for level in levels
        for step in level
        for grant in terrain.grants
        if grant.role == step.role and verb in grant.verbs
    )


class _Compiler:
    """Makes the resources of one role in one service; what grants share is made once."""

    def __init__(
        self, terrain: Terrain, decided: Mapping[Verb, Decisions], roles: Mapping[str, Role]
    ) -> None:
        self._terrain = terrain
        self._roles = roles
        self._limits: dict[tuple[str, int], LimitSettings] = {}
        self.chosen: dict[str, dict[Verb, Choice]] = {}
        for verb, tables in decided.items():
            for name, choices in tables.items():
                self.chosen.setdefault(name, {})[verb] = choices[0]

    def resource(self, name: str) -> ResourceView:
        exposed = self._terrain.exposed[name]
        chosen = self.chosen[name]
        parents = self._parents(exposed.relation)
        grants = {verb: self._grant(name, verb, chosen, parents) for verb in chosen}
        return resource_view(self._terrain.tables[name], grants)

    def _grant(
        self, name: str, verb: Verb, chosen: Chosen, parents: tuple[ParentRule, ...]
    ) -> Permission:
        grant = chosen[verb].grant
        says = grant.definitions[name]
        changes = verb in _CHECKED
        return Permission(
            verb=verb,
            address=grant.address,
            readable=says.readable,
            masks=says.masks,
            writable=self._writable(name, verb, chosen) if changes else frozenset(),
            presets=says.presets if changes else (),
            row_filter=says.rows,
            row_check=says.check if changes else None,
            parents=parents if changes and grant.spec.references != "any" else (),
            aggregate=grant.spec.aggregate,
            limits=self._limits_of(chosen[verb]),
        )

    def _writable(self, name: str, verb: Verb, chosen: Chosen) -> frozenset[str]:
        says = chosen[verb].grant.definitions[name]
        if says.writable is not None:
            return says.writable
        read = chosen.get(Verb.GET)
        return says.open if read is None else read.grant.definitions[name].open

    def _limits_of(self, choice: Choice) -> LimitSettings:
        key = (choice.grant.role, choice.grant.index)
        if key not in self._limits:
            limits = self._terrain.service.limits
            for role in choice.step.path:
                limits = tighten(limits, self._roles[role].limits)
            self._limits[key] = tighten(limits, choice.grant.spec.limits)
        return self._limits[key]

    def _parents(self, relation: Relation) -> tuple[ParentRule, ...]:
        return tuple(
            rule
            for foreign_key in relation.foreign_keys
            if (rule := self._parent(foreign_key)) is not None
        )

    def _parent(self, foreign_key: ForeignKey) -> ParentRule | None:
        """The rule of a reference into rows that the role sees only some of."""
        if foreign_key.referenced_schema not in {None, self._terrain.schema}:
            return None
        target = foreign_key.referenced_table
        read = self.chosen.get(target, {}).get(Verb.GET)
        if read is None or (rows := read.grant.definitions[target].rows) is None:
            return None
        parent = self._terrain.tables[target]
        return ParentRule(
            foreign_key=foreign_key,
            columns=parent.columns,
            target=parent.target,
            row_filter=rows,
        )


def unsaid_rows(role: str, decided: Mapping[Verb, Decisions]) -> Iterator[Diagnostic]:
    """Yield each grant without `rows` where another verb of *role* on a table has a filter."""
    chosen: dict[str, list[TableGrant]] = {}
    filtered: set[str] = set()
    for tables in decided.values():
        for name, choices in tables.items():
            grant = choices[0].grant
            chosen.setdefault(name, []).append(grant)
            if grant.definitions[name].rows is not None:
                filtered.add(name)
    unsaid: dict[tuple[str, int], tuple[TableGrant, list[str]]] = {}
    for name in filtered:
        for grant in chosen[name]:
            if grant.spec.rows is UNSET:
                unsaid.setdefault((grant.role, grant.index), (grant, []))[1].append(name)
    for grant, names in unsaid.values():
        yield Diagnostic(
            code=ROWS_UNSAID,
            message=f'role "{role}" has a row filter on {name_some(names)} for another verb, '
            "so this grant must say which rows it means",
            address=grant.address,
            hint="say `rows: all` for every row, or repeat the filter",
        )
