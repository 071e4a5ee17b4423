"""The routes: pattern, methods, operations, and whether a credential is needed. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

import msgspec

from faucet.names import ClosedSet


class RouteName(ClosedSet):
    """The names of the routes, as in logs; that of agents is not one of a generation."""

    HEALTH = "health"
    READY = "ready"
    HOME = "home"
    DOCS = "docs"
    DOCS_ASSET = "docs_asset"
    OPENAPI = "openapi"
    TABLES = "tables"
    RECORDS = "records"
    RECORD = "record"
    SERVICE_OPENAPI = "service_openapi"
    GENERATION = "generation"
    MCP = "mcp"


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """
    One route.

    A segment of *pattern* in braces is a parameter; one that ends in ``:path`` takes all remaining
    segments. *operations* maps each method to the last word of its operation id, in the order in
    which `Allow` names them, GET first. An *open* route needs no credential.
    """

    name: RouteName
    pattern: str
    operations: Mapping[str, str]
    open: bool = False

    @property
    def methods(self) -> tuple[str, ...]:
        """The allowed methods; they do not depend on grants or catalogs. HEAD is like GET."""
        first, *others = self.operations
        return (first, "HEAD", *others, "OPTIONS")

    def path(self, **parameters: str) -> str:
        """Return the encoded path with *parameters*; one that is not given keeps its braces."""
        filled = self.pattern
        for name, value in parameters.items():
            filled = filled.replace(f"{{{name}}}", quote(value, safe=""))
        return filled


def _get(operation: str) -> Mapping[str, str]:
    return MappingProxyType({"GET": operation})


_SERVICE: Final = "/api/v1/{service}"
_TABLES: Final = f"{_SERVICE}/_table"

ROUTES: Final[Mapping[RouteName, Route]] = MappingProxyType(
    {
        route.name: route
        for route in (
            Route(name=RouteName.HEALTH, pattern="/healthz", operations=_get("health"), open=True),
            Route(name=RouteName.READY, pattern="/readyz", operations=_get("ready"), open=True),
            Route(name=RouteName.HOME, pattern="/", operations=_get("home"), open=True),
            Route(name=RouteName.DOCS, pattern="/docs", operations=_get("docs"), open=True),
            Route(
                name=RouteName.DOCS_ASSET,
                pattern="/docs/{asset:path}",
                operations=_get("docs_asset"),
                open=True,
            ),
            Route(name=RouteName.OPENAPI, pattern="/openapi.json", operations=_get("openapi")),
            Route(name=RouteName.TABLES, pattern=_TABLES, operations=_get("tables")),
            Route(
                name=RouteName.RECORDS,
                pattern=f"{_TABLES}/{{table}}",
                operations=MappingProxyType(
                    {
                        "GET": "list",
                        "POST": "create",
                        "PUT": "replace",
                        "PATCH": "update",
                        "DELETE": "delete",
                    }
                ),
            ),
            Route(
                name=RouteName.RECORD,
                pattern=f"{_TABLES}/{{table}}/{{id}}",
                operations=MappingProxyType(
                    {
                        "GET": "list_one",
                        "PUT": "replace_one",
                        "PATCH": "update_one",
                        "DELETE": "delete_one",
                    }
                ),
            ),
            Route(
                name=RouteName.SERVICE_OPENAPI,
                pattern=f"{_SERVICE}/_doc",
                operations=_get("openapi"),
            ),
            Route(
                name=RouteName.GENERATION,
                pattern="/api/v1/system/generation",
                operations=_get("generation"),
            ),
        )
    }
)
"""Every route; Litestar's table, `Allow`, OpenAPI paths and the matching are derived from it."""
