"""One role's view of the services: the grants that decide, assembled. Pure."""

from collections.abc import Mapping
from functools import cached_property

import msgspec

from faucet.control.compile.exposure import Exposed
from faucet.control.compile.grants import TableGrant
from faucet.control.compile.unsent import unsent_verbs
from faucet.control.compile.views import Table, resource_view
from faucet.control.precedence import Choice, Closest, Decisions
from faucet.model.catalog import ForeignKey, Relation, RelationKind
from faucet.model.filters.condition import Condition, all_of
from faucet.model.limits import LimitSettings, tighten
from faucet.model.settings import CHANGES, Levels, ServiceSettings
from faucet.model.surface import ParentRule, Permission, ResourceView, ServiceView, Verb, accepts

Chosen = Mapping[Verb, Choice[TableGrant]]


class ServiceScope(msgspec.Struct, frozen=True, kw_only=True):
    """
    One service as input for compiling roles: what it exposes, nothing while it is unreachable, and
    the grants on it.
    """

    service: ServiceSettings
    schema: str | None
    exposed: Mapping[str, Exposed]
    tables: Mapping[str, Table]
    grants: tuple[TableGrant, ...]
    closest: Closest[TableGrant]


def service_view(
    scope: ServiceScope, levels: Levels, decided: Mapping[Verb, Decisions[TableGrant]]
) -> ServiceView | None:
    """Return the service as the role of *levels* sees it, or None without any grant on tables."""
    patterns = {verb: found for verb in Verb if (found := _patterns(scope, levels, verb))}
    if not patterns:
        return None
    compiler = _Compiler(scope, decided)
    return ServiceView(
        name=scope.service.name,
        patterns=patterns,
        resources={name: compiler.resource(name) for name in compiler.chosen},
    )


def _patterns(scope: ServiceScope, levels: Levels, verb: Verb) -> tuple[tuple[str, ...], ...]:
    return tuple(
        grant.settings.tables
        for level in levels
        for step in level
        for grant in scope.grants
        if grant.settings.role == step.role and verb in grant.settings.verbs
    )


class _Compiler:
    """Compiles the resources of one role in one service; what grants share is compiled once."""

    def __init__(self, scope: ServiceScope, decided: Mapping[Verb, Decisions[TableGrant]]) -> None:
        self._scope = scope
        self._limits: dict[tuple[str, int], LimitSettings] = {}
        self.chosen: dict[str, dict[Verb, Choice[TableGrant]]] = {}
        self._unknown = frozenset(scope.exposed).difference(*decided.values())
        for verb, tables in decided.items():
            for name, choices in tables.items():
                self.chosen.setdefault(name, {})[verb] = choices[0]

    def resource(self, name: str) -> ResourceView:
        exposed = self._scope.exposed[name]
        chosen = self.chosen[name]
        parents = self._parents(exposed.relation)
        grants = {verb: self._grant(name, verb, chosen, parents) for verb in chosen}
        return resource_view(self._scope.tables[name], grants, self._unknown)

    def _grant(
        self, name: str, verb: Verb, chosen: Chosen, parents: tuple[ParentRule, ...]
    ) -> Permission:
        grant = chosen[verb].grant
        says = grant.definitions[name]
        changes = verb in CHANGES
        checked = changes and not grant.settings.any_reference
        return Permission(
            verb=verb,
            address=grant.settings.address,
            readable=says.readable,
            masks=says.masks,
            writable=self._writable(name, verb, chosen) if changes else frozenset(),
            presets=says.presets if changes else (),
            row_filter=says.rows,
            row_check=says.check if changes else None,
            parents=parents if checked else (),
            refused=checked and self._hides_references(name),
            aggregate=grant.settings.aggregate,
            limits=self._limits_of(chosen[verb]),
        )

    def _writable(self, name: str, verb: Verb, chosen: Chosen) -> frozenset[str]:
        says = chosen[verb].grant.definitions[name]
        named = says.writable
        if named is None:
            read = chosen.get(Verb.GET)
            named = says.open if read is None else read.grant.definitions[name].open
        columns = self._scope.tables[name].columns
        return frozenset([each for each in named if accepts(verb, columns[each])])

    def _limits_of(self, choice: Choice[TableGrant]) -> LimitSettings:
        grant = choice.grant.settings
        key = (grant.role, grant.index)
        if key not in self._limits:
            limits = tighten(self._scope.service.limits, choice.step.limits)
            self._limits[key] = tighten(limits, grant.limits)
        return self._limits[key]

    def _parents(self, relation: Relation) -> tuple[ParentRule, ...]:
        return tuple(
            rule
            for foreign_key in relation.foreign_keys
            if (rule := self._parent(relation, foreign_key)) is not None
        )

    def _parent(self, relation: Relation, foreign_key: ForeignKey) -> ParentRule | None:
        """Return the rule of a reference into a table of which the role sees only some rows."""
        if foreign_key.referenced_schema not in {None, self._scope.schema}:
            return None
        target = foreign_key.referenced_table
        rows = self._visible_rows(target)
        if rows is None:
            return None
        parent = self._scope.tables[target]
        return ParentRule(
            foreign_key=foreign_key,
            unsent=unsent_verbs(relation, foreign_key.columns),
            columns=parent.columns,
            target=parent.target,
            row_filter=rows,
        )

    def _visible_rows(self, name: str) -> Condition | None:
        """
        Return the rows of a table that the role sees, None for all of them.

        Without GET, the rows that every other verb reaches. A table without a grant has no rule:
        the database alone decides, and `lint` reports it.
        """
        chosen = self.chosen.get(name, {})
        deciding = (chosen[Verb.GET],) if Verb.GET in chosen else chosen.values()
        found = dict.fromkeys(choice.grant.definitions[name].rows for choice in deciding)
        rules = tuple(rows for rows in found if rows is not None)
        return all_of(*rules) if rules else None

    def _hides_references(self, name: str) -> bool:
        """
        Return whether *name* is a view through which the role may write a reference that has a
        rule: which columns of which tables it writes is not known.
        """
        relation = self._scope.exposed[name].relation
        return relation.kind is RelationKind.VIEW and self._filters_parents

    @cached_property
    def _filters_parents(self) -> bool:
        referenced = {
            foreign_key.referenced_table
            for exposed in self._scope.exposed.values()
            for foreign_key in exposed.relation.foreign_keys
        }
        return any(self._visible_rows(name) is not None for name in referenced)
