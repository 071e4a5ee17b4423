"""Warnings about foreign keys that change rows that the role may not change itself. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from faucet.control.compile.findings import CASCADE, Fault, warning
from faucet.control.compile.unsent import changes_key, sets_reference
from faucet.model.catalog import ForeignKey, Relation
from faucet.model.filters.condition import Condition, columns_of
from faucet.model.settings import CHANGES
from faucet.model.surface import Permission, ResourceView, RoleView, ServiceView, Verb

_TOUCHED_BY: Final = {"CASCADE": Verb.DELETE, "SET NULL": Verb.PATCH, "SET DEFAULT": Verb.PATCH}
"""The verb that equals what a foreign key does to the rows that reference a changed one."""

Crossings = frozenset[tuple[str, str, str]]
"""Foreign keys by which a row may refer to one that other roles see: service, table and name."""


def crossing_references(roles: Iterable[RoleView]) -> Crossings:
    """
    Return the foreign keys that some role with a row check may point at rows beyond that check.

    Rows of one role may then refer to those of another, whatever rule both tables have.
    """
    return frozenset(
        (service.name, name, foreign_key.name)
        for role in roles
        for service in role.services.values()
        for name, resource in service.resources.items()
        for grant in resource.grants.values()
        for foreign_key in resource.relation.foreign_keys
        if grant.verb in CHANGES and grant.row_check is not None
        if sets_reference(resource.relation, foreign_key.columns, grant)
        if not _stays_within(grant, foreign_key, grant.row_check)
    )


def _stays_within(grant: Permission, foreign_key: ForeignKey, check: Condition) -> bool:
    """Return whether a row that passes *check* refers only to rows that pass it as well."""
    pairs = set(zip(foreign_key.columns, foreign_key.referenced_columns, strict=True))
    if all((column, column) in pairs for column in columns_of(check)):
        return True
    return any(
        rule.foreign_key == foreign_key and rule.row_filter == check for rule in grant.parents
    )


def cascading(relations: Mapping[str, Relation]) -> Mapping[str, list[tuple[str, ForeignKey]]]:
    """Return the foreign keys that may change rows with others, by the table they reference."""
    found: dict[str, list[tuple[str, ForeignKey]]] = {}
    for name, child in relations.items():
        for foreign_key in child.foreign_keys:
            if {foreign_key.on_delete.upper(), foreign_key.on_update.upper()} & _TOUCHED_BY.keys():
                found.setdefault(foreign_key.referenced_table, []).append((name, foreign_key))
    return found


def cascades(
    service: ServiceView,
    children: Iterable[tuple[str, ForeignKey]],
    grant: Permission,
    crossings: Crossings,
) -> Iterator[Fault]:
    """Yield foreign keys that change rows of another table that the role may not change itself."""
    for name, foreign_key in children:
        what, action = _triggered(foreign_key, grant, service)
        if action not in _TOUCHED_BY:
            continue
        hidden = _hidden_rows(service.resources.get(name), _TOUCHED_BY[action], grant)
        if hidden is None and (service.name, name, foreign_key.name) in crossings:
            hidden = _foreign_rows(service.resources.get(name), _TOUCHED_BY[action])
        if hidden is not None:
            yield warning(
                CASCADE,
                f'{what} {{tables}} also affects ({action}) rows of "{name}" {hidden}',
                (*grant.address, "verbs"),
                f"give both tables the same rule in all roles that refer to it, or remove "
                f"{grant.verb}",
            )


def _triggered(foreign_key: ForeignKey, grant: Permission, service: ServiceView) -> tuple[str, str]:
    """Return what the verb of *grant* does to a referenced row, and the action that follows."""
    if grant.verb is Verb.DELETE:
        return "deleting from", foreign_key.on_delete.upper()
    relation = service.resources[foreign_key.referenced_table].relation
    columns = foreign_key.referenced_columns
    changes = changes_key(relation, columns, grant)
    return "changing a key of", foreign_key.on_update.upper() if changes else ""


def _hidden_rows(child: ResourceView | None, verb: Verb, grant: Permission) -> str | None:
    """Return how the rows of *child* are kept from the role, None if they are not."""
    own = _deciding(child, verb)
    if own is None:
        return "on which the role has no grant"
    if own.row_filter is not None and own.row_filter != grant.row_filter:
        return "that the role's row filter hides"
    return None


def _foreign_rows(child: ResourceView | None, verb: Verb) -> str | None:
    """Return that rows of *child* which the role does not see may refer to those that it does."""
    own = _deciding(child, verb)
    if own is None or own.row_filter is None:
        return None
    return "that the role's row filter hides, since some role may let its own refer to any row"


def _deciding(child: ResourceView | None, verb: Verb) -> Permission | None:
    return None if child is None else child.grants.get(verb) or child.read
