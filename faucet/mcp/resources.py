"""What agents can read by URI: the services and schemas of their role."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, unquote

import msgspec

from faucet.mcp import arguments, calls
from faucet.mcp.calls import Content, ToolContext
from faucet.model.surface import ServiceView, Surface

SERVICES: Final = "faucet://services"
_SCHEMA: Final = "faucet://schema"
_SCHEME: Final = "faucet://"


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """A resource, or with names in braces in its *uri* a template of resources, all JSON."""

    uri: str
    name: str
    title: str
    description: str


TEMPLATES: Final = (
    Resource(
        uri=f"{_SCHEMA}/{{service}}",
        name="schema",
        title="Tables of a service",
        description="What faucet_list_tables returns: the tables that you may use, with columns.",
    ),
    Resource(
        uri=f"{_SCHEMA}/{{service}}/{{table}}",
        name="table",
        title="One table",
        description="What faucet_describe_table returns: types, keys, references, allowed values.",
    ),
)
"""The same for every role; what they can be filled with is its own."""


def resources_of(surface: Surface, role: str) -> tuple[Resource, ...]:
    """Return the resources of a *role*, all but single tables; none if it has no service."""
    services = _services(surface, role)
    if not services:
        return ()
    listed = Resource(
        uri=SERVICES,
        name="services",
        title="Services",
        description="What faucet_list_services returns: the databases that you may use.",
    )
    schemas = [
        Resource(
            uri=f"{_SCHEMA}/{quote(name, safe='')}",
            name=name,
            title=f"Tables of {name}",
            description=TEMPLATES[0].description,
        )
        for name in sorted(services)
    ]
    return (listed, *schemas)


async def read_resource(context: ToolContext, uri: str) -> Content | None:
    """
    Return what *uri* names, or None if it is not a URI of ours.

    Raises `FaucetError` for a service or table that the role does not have.
    """
    parts = uri.removeprefix(_SCHEME).split("/") if uri.startswith(_SCHEME) else []
    match [unquote(part) for part in parts]:
        case ["services"]:
            return await calls.list_services(context, arguments.ListServices())
        case ["schema", service]:
            return await calls.list_tables(context, arguments.ListTables(service=service))
        case ["schema", service, table]:
            asked = arguments.DescribeTable(service=service, table=table)
            return await calls.describe_table(context, asked)
        case _:
            return None


def complete(
    surface: Surface, role: str, argument: str, begun: str, given: Mapping[str, str]
) -> tuple[str, ...]:
    """
    Return the names of the role's own services or tables, whichever *argument* is, that start with
    *begun*; tables are of the service that is *given*.
    """
    services = _services(surface, role)
    names: list[str] = []
    if argument == "service":
        names = sorted(services)
    elif argument == "table" and (view := services.get(given.get("service", ""))):
        names = sorted(name for name, table in view.resources.items() if table.grants)
    return tuple(name for name in names if name.casefold().startswith(begun.casefold()))


def _services(surface: Surface, role: str) -> Mapping[str, ServiceView]:
    view = surface.roles.get(role)
    return {} if view is None else view.services
