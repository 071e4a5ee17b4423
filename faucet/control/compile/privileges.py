"""Warnings about what the user of a database may not do, although a grant needs it. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from faucet.control.compile.findings import NO_POLICY, NO_PRIVILEGE, name_some
from faucet.diagnostics import Address, Diagnostic, Severity
from faucet.model.catalog import Catalog, Unreachable
from faucet.model.filters.condition import Condition, columns_of
from faucet.model.privileges import DEFAULT, Lack, grant_statements, missing
from faucet.model.surface import Permission, ResourceView, RoleView, Verb

_CHANGED_BY = {Verb.POST: "INSERT", Verb.PUT: "UPDATE", Verb.PATCH: "UPDATE"}
_Needs = dict[str, set[str]]
_ByTable = dict[str, _Needs]


def missing_privileges(
    roles: Iterable[RoleView], catalogs: Mapping[str, Catalog | Unreachable]
) -> Iterator[Diagnostic]:
    """Yield, for each grant, what the database's user lacks for the requests that it allows."""
    for (service, address), tables in _needs(roles, catalogs).items():
        catalog = catalogs[service]
        if isinstance(catalog, Catalog):
            yield from _findings(address, tables, catalog)


def _needs(
    roles: Iterable[RoleView], catalogs: Mapping[str, Catalog | Unreachable]
) -> Mapping[tuple[str, Address], _ByTable]:
    """Return what each grant needs, by privilege and table, over all roles that have it."""
    found: dict[tuple[str, Address], _ByTable] = {}
    for service, name, resource, grant in _granted(roles, catalogs):
        tables = found.setdefault((service, grant.address), {})
        _add(tables.setdefault(name, {}), _needs_of(resource, grant))
        for parent, needs in _needs_of_parents(grant):
            _add(tables.setdefault(parent, {}), needs)
    return found


def _granted(
    roles: Iterable[RoleView], catalogs: Mapping[str, Catalog | Unreachable]
) -> Iterator[tuple[str, str, ResourceView, Permission]]:
    """Yield what can be used of services whose user lacks anything, by service and table."""
    for service in (view for role in roles for view in role.services.values()):
        catalog = catalogs[service.name]
        if isinstance(catalog, Unreachable) or not catalog.gaps:
            continue
        for name, resource in service.resources.items():
            for verb, grant in resource.grants.items():
                if resource.allows(verb):
                    yield service.name, name, resource, grant


def _add(to: _Needs, needs: _Needs) -> None:
    for privilege, columns in needs.items():
        to.setdefault(privilege, set()).update(columns)


def _needs_of(resource: ResourceView, grant: Permission) -> _Needs:
    verb = grant.verb
    if verb is Verb.GET:
        order = {term.column for term in resource.order if term.column is not None}
        return {"SELECT": {*grant.readable, *_columns(grant.row_filter), *order}}
    selected = {*_columns(grant.row_check)}
    if verb is not Verb.POST:
        selected |= {*_columns(grant.row_filter), *resource.key}
    if verb is Verb.DELETE:
        return {"DELETE": set(), "SELECT": selected}
    for rule in grant.parents:
        selected.update(rule.foreign_key.columns)
    if resource.read is not None or resource.public_key or selected:
        selected.update(resource.target.keys)
    written = {*grant.writable, *(preset.column for preset in grant.presets)}
    defaults: _Needs = {} if verb is Verb.PATCH else {DEFAULT: set()}
    reading: _Needs = {"SELECT": selected} if selected else {}
    return {_CHANGED_BY[verb]: written, **reading, **defaults}


def _needs_of_parents(grant: Permission) -> Iterator[tuple[str, _Needs]]:
    for rule in grant.parents:
        referenced = {*rule.foreign_key.referenced_columns, *_columns(rule.row_filter)}
        yield rule.foreign_key.referenced_table, {"SELECT": referenced}


def _columns(condition: Condition | None) -> frozenset[str]:
    return frozenset() if condition is None else columns_of(condition)


def _findings(address: Address, tables: _ByTable, catalog: Catalog) -> Iterator[Diagnostic]:
    lacks: list[Lack] = []
    others: dict[str, None] = {}
    refused: list[str] = []
    closed: dict[str, list[str]] = {}
    for name, needs in tables.items():
        gaps = catalog.gaps.get(name)
        if gaps is None:
            continue
        columns = len(catalog.relations[name].columns)
        own = list(missing(gaps, needs, columns))
        statements = [text for used in needs for text in gaps.others.get(used, ())]
        if own or statements:
            refused.append(name)
        lacks += own
        others.update(dict.fromkeys(statements))
        for privilege in sorted(gaps.closed & needs.keys()):
            closed.setdefault(privilege, []).append(name)
    user = next((gaps.user for gaps in catalog.gaps.values()), "")
    if refused:
        yield _finding(
            NO_PRIVILEGE,
            f"the database's user {user} lacks privileges that this grant needs on "
            + name_some(refused),
            address,
            " ".join((*grant_statements(lacks, user), *others)),
        )
    for privilege, names in closed.items():
        yield _finding(
            NO_POLICY,
            f"row-level security lets no row pass for {privilege} by {user} on {name_some(names)}",
            address,
            f"create a policy FOR {privilege} TO {user}",
        )


def _finding(code: str, message: str, address: Address, hint: str) -> Diagnostic:
    return Diagnostic(
        code=code,
        message=message,
        severity=Severity.WARNING,
        address=(*address, "tables"),
        hint=hint,
    )
