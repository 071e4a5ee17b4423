"""Settings and catalogs to a surface: what each role may do. Pure."""

from collections.abc import Iterator, Mapping

import msgspec

from faucet.control.compile.cascades import crossing_references
from faucet.control.compile.exposure import (
    Exposed,
    expose,
    granted_names,
    resource_faults,
    select_relations,
)
from faucet.control.compile.fingerprint import fingerprint
from faucet.control.compile.grants import TableGrant, table_grants
from faucet.control.compile.key_claims import key_claims
from faucet.control.compile.lint import lint
from faucet.control.compile.openapi import Publication, PublishedService, publish
from faucet.control.compile.privileges import missing_privileges
from faucet.control.compile.role_faults import row_faults, tie_faults
from faucet.control.compile.roles import ServiceScope, service_view
from faucet.control.compile.views import compile_table
from faucet.control.precedence import closest_grants, decide, unstated_rows
from faucet.diagnostics import Diagnostic, Outcome, has_errors
from faucet.model.catalog import Catalog, Unreachable
from faucet.model.facts import Facts
from faucet.model.settings import RoleSettings, ServiceSettings, Settings
from faucet.model.surface import RoleView, ServiceSurface, ServiceView, Surface

_NOT_ASKED = Unreachable(reason="the database was not queried")


class _Published(msgspec.Struct, frozen=True, kw_only=True):
    """
    By service: the catalog of what it publishes, and what is exposed of it, None while unreachable.
    """

    catalogs: Mapping[str, Catalog | Unreachable]
    exposed: Mapping[str, Mapping[str, Exposed] | None]


def compile_surface(
    settings: Settings, catalogs: Mapping[str, Catalog | Unreachable], facts: Facts
) -> Outcome[Surface]:
    """
    Return the surface of *settings* over *catalogs*, with every finding.

    A service without a catalog counts as unreachable: its grants keep their patterns and have no
    tables. The OpenAPI documents are rendered on first use. Findings carry addresses and offsets,
    no spans.
    """
    diagnostics: list[Diagnostic] = []
    published = _select_published(settings, catalogs, diagnostics)
    grants = table_grants(settings, published.exposed, facts, diagnostics)
    roles = _roles(settings, _scopes(settings, published, grants, facts), diagnostics)
    if has_errors(diagnostics):
        return Outcome(value=None, diagnostics=tuple(diagnostics))
    relations = {
        service: {name: each.relation for name, each in (exposed or {}).items()}
        for service, exposed in published.exposed.items()
    }
    crossings = crossing_references(roles.values())
    for view in roles.values():
        diagnostics += lint(view, settings.services, grants, relations, crossings)
    diagnostics += missing_privileges(roles.values(), catalogs)
    diagnostics += key_claims(settings.auth.keys, roles, settings.services)
    surface = _surface(settings, published, roles, facts)
    return Outcome(value=surface, diagnostics=tuple(diagnostics))


def _select_published(
    settings: Settings,
    catalogs: Mapping[str, Catalog | Unreachable],
    diagnostics: list[Diagnostic],
) -> _Published:
    selected: dict[str, Catalog | Unreachable] = {}
    exposed: dict[str, Mapping[str, Exposed] | None] = {}
    for name, service in settings.services.items():
        catalog = catalogs.get(name, _NOT_ASKED)
        if isinstance(catalog, Unreachable):
            selected[name], exposed[name] = catalog, None
            continue
        granted = granted_names(settings.roles, name)
        kept = select_relations(catalog, service.tables, granted)
        diagnostics += resource_faults(service, kept)
        selected[name], exposed[name] = kept, expose(service, kept)
    return _Published(catalogs=selected, exposed=exposed)


def _scopes(
    settings: Settings, published: _Published, grants: tuple[TableGrant, ...], facts: Facts
) -> tuple[ServiceScope, ...]:
    scopes: list[ServiceScope] = []
    for name, service in settings.services.items():
        catalog = published.catalogs[name]
        own = tuple(grant for grant in grants if grant.settings.service == name)
        scopes.append(
            ServiceScope(
                service=service,
                schema=catalog.schema if isinstance(catalog, Catalog) else None,
                exposed=published.exposed[name] or {},
                tables={
                    table: compile_table(
                        exposed,
                        arrays=facts.dialects[service.dialect].array_parameters,
                        read_only=service.read_only,
                    )
                    for table, exposed in (published.exposed[name] or {}).items()
                },
                grants=own,
                closest=closest_grants(own),
            )
        )
    return tuple(scopes)


def _roles(
    settings: Settings, scopes: tuple[ServiceScope, ...], diagnostics: list[Diagnostic]
) -> Mapping[str, RoleView]:
    return {
        name: RoleView(
            name=name,
            services={view.name: view for view in _views(role, scopes, diagnostics)},
            system=frozenset(
                verb
                for ancestor in role.lineage
                for grant in settings.roles[ancestor].grants
                for verb in grant.system
            ),
        )
        for name, role in settings.roles.items()
    }


def _views(
    role: RoleSettings, scopes: tuple[ServiceScope, ...], diagnostics: list[Diagnostic]
) -> Iterator[ServiceView]:
    for scope in scopes:
        decided = decide(role.levels, scope.closest)
        diagnostics += tie_faults(role.name, decided)
        unstated = unstated_rows(role.levels, scope.grants, decided)
        diagnostics += row_faults(role.name, unstated)
        view = service_view(scope, role.levels, decided)
        if view is not None:
            yield view


def _surface(
    settings: Settings, published: _Published, roles: Mapping[str, RoleView], facts: Facts
) -> Surface:
    services = {
        name: _service(service, published.catalogs[name])
        for name, service in settings.services.items()
    }
    documents = publish(
        roles,
        Publication(
            api_key_header=settings.auth.api_key_header,
            anonymous=settings.auth.anonymous,
            root_path=settings.server.root_path,
            services={
                name: PublishedService(
                    label=service.label,
                    values=service.values,
                )
                for name, service in services.items()
            },
            transforms=facts.transforms,
        ),
    )
    return Surface(
        server=settings.server,
        mcp=settings.mcp,
        auth=settings.auth,
        services=services,
        roles=roles,
        openapi=documents.whole,
        service_openapi=documents.by_service,
        fingerprint=fingerprint(settings, published.catalogs),
    )


def _service(service: ServiceSettings, catalog: Catalog | Unreachable) -> ServiceSurface:
    return ServiceSurface(
        name=service.name,
        dialect=service.dialect,
        label=service.label,
        catalog=catalog,
        values=service.values,
        read_only=service.read_only,
        required=service.required,
    )
