"""OpenAPI 3.1 documents, one per role and one per role and service, of its view only. Pure."""

import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Final, Generic, TypeVar

import msgspec

from faucet.caches import SizedCache
from faucet.control.compile.openapi_components import used_components
from faucet.control.compile.openapi_operations import DocumentedRelation, limit_name, relation_paths
from faucet.control.compile.openapi_parts import (
    HEADERS,
    PARAMETER_PARTS,
    SCHEMAS,
    error_answers,
    error_responses,
    headers,
    limit_parameter,
    security_schemes,
)
from faucet.control.compile.openapi_schemas import Forms, reference, relation_schemas
from faucet.control.compile.openapi_view import visible
from faucet.model.facts import TransformFacts
from faucet.model.routes import ROUTES, RouteName
from faucet.model.settings import ValueOptions
from faucet.model.surface import RoleView, ServiceView, Verb

K = TypeVar("K", bound=Hashable)

_LIMIT: Final = 64 * 2**20
_MOST: Final = 4096

_RESPONSES: Final = error_responses()
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]")


class PublishedService(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of documents about a service."""

    label: str | None
    values: ValueOptions


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of documents beyond a role's view; *root_path* as in `ServerSettings`."""

    api_key_header: str
    anonymous: str | None
    services: Mapping[str, PublishedService]
    transforms: Mapping[str, TransformFacts]
    root_path: str = ""


class Documents(msgspec.Struct, frozen=True, kw_only=True):
    """The documents by role, and by role and service."""

    whole: Mapping[str, bytes]
    by_service: Mapping[tuple[str, str], bytes]


class Rendered(Mapping[K, bytes], Generic[K]):
    """
    Documents rendered on first use, and kept while there is room.

    Two threads may render the same one at once: they get equal bytes.
    """

    def __init__(self, writers: Mapping[K, Callable[[], bytes]]) -> None:
        self._writers = writers
        self._kept: SizedCache[K, bytes] = SizedCache(
            "openapi", limit=_LIMIT, largest=_LIMIT, most=_MOST
        )

    def __getitem__(self, key: K, /) -> bytes:
        kept = self._kept.get(key)
        if kept is None:
            kept = self._writers[key]()
            self._kept.put(key, kept, len(kept))
        return kept

    def __contains__(self, key: object, /) -> bool:
        return key in self._writers

    def __iter__(self) -> Iterator[K]:
        return iter(self._writers)

    def __len__(self) -> int:
        return len(self._writers)


def publish(roles: Mapping[str, RoleView], publication: Publication) -> Documents:
    """Return the documents of all *roles*."""
    return Documents(
        whole=Rendered(
            {
                name: _Writer(publication, name, tuple(role.services.values()), "Faucet")
                for name, role in roles.items()
            }
        ),
        by_service=Rendered(
            {
                (name, service): _Writer(
                    publication, name, (view,), publication.services[service].label or service
                )
                for name, role in roles.items()
                for service, view in role.services.items()
            }
        ),
    )


class _Writer:
    """Writes one document."""

    def __init__(
        self, publication: Publication, role: str, views: tuple[ServiceView, ...], title: str
    ) -> None:
        self._publication = publication
        self._role = role
        self._views = views
        self._title = title

    def __call__(self) -> bytes:
        views = sorted(self._views, key=lambda view: view.name)
        places = [place for view in views for place in self._places(view)]
        paths = msgspec.Raw(msgspec.json.encode(_paths(views, places)))
        components = {
            "schemas": _schemas(places),
            "responses": _RESPONSES,
            "parameters": {**PARAMETER_PARTS, **_limits(places)},
            "headers": HEADERS,
        }
        schemes = security_schemes(self._publication.api_key_header)
        return msgspec.json.encode(
            {
                "openapi": "3.1.0",
                "info": {"title": self._title, "version": "1"},
                # Relative to the document's own address: whatever a proxy in front of it is called.
                "servers": [{"url": self._publication.root_path or "/"}],
                "security": self._security(),
                "tags": [tag for view in views for tag in self._tags(view.name, places)],
                "paths": paths,
                "components": {**used_components(paths, components), "securitySchemes": schemes},
            }
        )

    def _places(self, view: ServiceView) -> Iterator[DocumentedRelation]:
        service = self._publication.services[view.name]
        forms = Forms(values=service.values, transforms=self._publication.transforms)
        shown = visible(view)
        for relation in shown:
            yield DocumentedRelation(
                service=view.name,
                relation=relation,
                token=f"{view.name}.{_token(relation.name)}",
                forms=forms,
            )

    def _security(self) -> list[object]:
        anonymous: list[object] = [{}] if self._role == self._publication.anonymous else []
        return [*anonymous, {"apiKey": []}, {"bearer": []}]

    def _tags(self, service: str, places: list[DocumentedRelation]) -> Iterator[dict[str, str]]:
        label = self._publication.services[service].label
        yield {"name": service, "description": label or f"The tables of {service}."}
        for place in places:
            if place.service == service and place.relation.verbs:
                described = place.relation.description or f"Rows of {place.relation.name}."
                yield {"name": place.tag, "description": described}


def _token(name: str) -> str:
    """Return *name* for ids, other characters as ``.hex.``, so that no two meet."""
    return "".join(char if _PLAIN.fullmatch(char) else f".{ord(char):x}." for char in name)


def _paths(views: list[ServiceView], places: list[DocumentedRelation]) -> dict[str, object]:
    paths: dict[str, object] = {}
    for view in views:
        path = ROUTES[RouteName.TABLES].path(service=view.name)
        paths[path] = {"get": _tables(view.name)}
    for place in places:
        if place.relation.verbs:
            paths.update(relation_paths(place))
    return paths


def _tables(service: str) -> dict[str, object]:
    answer = {
        "description": "The tables and views that the caller may see.",
        "headers": headers(),
        "content": {"application/json": {"schema": reference("Tables")}},
    }
    return {
        "operationId": f"{service}.{ROUTES[RouteName.TABLES].operations['GET']}",
        "summary": "List tables and views.",
        "tags": [service],
        "responses": {"200": answer, **error_answers(writes=False)},
    }


def _schemas(places: list[DocumentedRelation]) -> dict[str, object]:
    schemas: dict[str, object] = dict(SCHEMAS)
    for place in places:
        schemas.update(relation_schemas(place.relation, place.token, place.forms))
    return schemas


def _limits(places: list[DocumentedRelation]) -> dict[str, object]:
    grants = [read for place in places if (read := place.relation.verbs.get(Verb.GET))]
    return {
        limit_name(grant): limit_parameter(grant.limits.page_default, grant.limits.page_max)
        for grant in grants
    }
