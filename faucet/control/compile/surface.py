"""Settings and catalogs to a surface: what each role may do. Pure."""

from collections.abc import Iterator, Mapping

import msgspec

from faucet.control.compile.exposure import (
    Exposed,
    expose,
    granted_names,
    resource_faults,
    select_relations,
)
from faucet.control.compile.fingerprint import fingerprint
from faucet.control.compile.grants import TableGrant, table_grants
from faucet.control.compile.inheritance import levels
from faucet.control.compile.key_claims import key_claims
from faucet.control.compile.lint import lint
from faucet.control.compile.openapi import Publication, PublishedService, publish
from faucet.control.compile.precedence import Levels, nominate, tie_faults
from faucet.control.compile.roles import Terrain, decisions, service_view, unsaid_rows
from faucet.diagnostics import Diagnostic, Outcome, has_errors
from faucet.model.catalog import Catalog, Unreachable
from faucet.model.facts import Facts
from faucet.model.settings import ServiceSettings, Settings
from faucet.model.surface import RoleView, ServiceSurface, ServiceView, Surface

_NOT_ASKED = Unreachable(reason="the database was not asked")


class _Field(msgspec.Struct, frozen=True, kw_only=True):
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
    tables. The OpenAPI documents are rendered when they are first asked for. Findings carry
    addresses and offsets, no spans.
    """
    diagnostics: list[Diagnostic] = []
    field = _survey(settings, catalogs, diagnostics)
    grants = table_grants(settings, field.exposed, facts, diagnostics)
    roles = _roles(settings, _terrains(settings, field, grants), diagnostics)
    if has_errors(diagnostics):
        return Outcome(value=None, diagnostics=tuple(diagnostics))
    for view in roles.values():
        diagnostics += lint(view, settings.services, grants)
    diagnostics += key_claims(settings.auth.keys, roles, settings.services)
    surface = _surface(settings, field, roles, facts)
    return Outcome(value=surface, diagnostics=tuple(diagnostics))


def _survey(
    settings: Settings,
    catalogs: Mapping[str, Catalog | Unreachable],
    diagnostics: list[Diagnostic],
) -> _Field:
    selected: dict[str, Catalog | Unreachable] = {}
    exposed: dict[str, Mapping[str, Exposed] | None] = {}
    for name, service in settings.services.items():
        catalog = catalogs.get(name, _NOT_ASKED)
        if isinstance(catalog, Unreachable):
            selected[name], exposed[name] = catalog, None
            continue
        granted = granted_names(settings.roles, name)
        published = select_relations(catalog, service.tables, granted)
        diagnostics += resource_faults(service, published)
        selected[name], exposed[name] = published, expose(service, published)
    return _Field(catalogs=selected, exposed=exposed)


def _terrains(
    settings: Settings, field: _Field, grants: tuple[TableGrant, ...]
) -> tuple[Terrain, ...]:
    terrains: list[Terrain] = []
    for name, service in settings.services.items():
        catalog = field.catalogs[name]
        own = tuple(grant for grant in grants if grant.service == name)
        terrains.append(
            Terrain(
                service=service,
                schema=catalog.schema if isinstance(catalog, Catalog) else None,
                exposed=field.exposed[name] or {},
                grants=own,
                nominees=nominate(own),
            )
        )
    return tuple(terrains)


def _roles(
    settings: Settings, terrains: tuple[Terrain, ...], diagnostics: list[Diagnostic]
) -> Mapping[str, RoleView]:
    views: dict[str, RoleView] = {}
    for name in settings.roles:
        line = levels(settings.roles, name)
        views[name] = RoleView(
            name=name,
            services={view.name: view for view in _views(settings, terrains, line, diagnostics)},
            system=_system(settings, line),
        )
    return views


def _views(
    settings: Settings,
    terrains: tuple[Terrain, ...],
    line: Levels,
    diagnostics: list[Diagnostic],
) -> Iterator[ServiceView]:
    role = line[0][0].role
    for terrain in terrains:
        decided = decisions(terrain, line)
        diagnostics += tie_faults(role, decided)
        diagnostics += unsaid_rows(role, decided)
        view = service_view(terrain, line, decided, settings.roles)
        if view is not None:
            yield view


def _system(settings: Settings, line: Levels) -> frozenset[str]:
    return frozenset(
        verb
        for level in line
        for step in level
        for grant in settings.roles[step.role].grants
        for verb in grant.system or ()
    )


def _surface(
    settings: Settings, field: _Field, roles: Mapping[str, RoleView], facts: Facts
) -> Surface:
    services = {
        name: _service(service, field.catalogs[name]) for name, service in settings.services.items()
    }
    documents = publish(
        roles,
        Publication(
            api_key_header=settings.auth.api_key_header,
            anonymous=settings.auth.anonymous,
            services={
                name: PublishedService(
                    label=service.label,
                    values=service.values,
                    read_only=service.read_only,
                    relations=frozenset(field.exposed[name] or ()),
                )
                for name, service in services.items()
            },
            transforms=facts.transforms,
        ),
    )
    return Surface(
        server=settings.server,
        auth=settings.auth,
        services=services,
        roles=roles,
        openapi=documents.whole,
        service_openapi=documents.by_service,
        fingerprint=fingerprint(settings, field.catalogs),
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
