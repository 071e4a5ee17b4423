"""The tools: what each is called, takes, returns and may change, and who has it. Pure."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec

from faucet.mcp import arguments, calls
from faucet.mcp.calls import Content, ToolContext
from faucet.mcp.results import Done, Failed, bad_arguments
from faucet.model.catalog import Unreachable
from faucet.model.surface import Surface, Verb

Schema = dict[str, Any]
_Handler = Callable[[ToolContext, Any], Awaitable[Content]]

_OBJECTS: Final[Schema] = {"type": "array", "items": {"type": "object"}}
_NUMBER: Final[Schema] = {"type": "integer"}


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """
    One tool. A caller has it whose role has *verb* on some service that accepts it; without a verb,
    everyone has it. *schema* is of its arguments, *output* of its result. It changes nothing if it
    is *read_only*; repeated, it changes nothing more if it is *idempotent*; what it overwrites or
    removes is lost if it is *destructive*.
    """

    name: str
    title: str
    description: str
    arguments: type[msgspec.Struct]
    call: _Handler
    output: Schema
    verb: Verb | None = None
    read_only: bool = False
    destructive: bool = False
    idempotent: bool = False

    @property
    def schema(self) -> Schema:
        """The JSON schema of the arguments."""
        return _SCHEMAS[self.name]


def _result(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


_ALL: Final = (
    Tool(
        name="faucet_list_services",
        title="List services",
        description=(
            "Lists the databases (services) that you may use. Start here: the other tools take "
            "the name of a service."
        ),
        arguments=arguments.ListServices,
        call=calls.list_services,
        output=_result(services=_OBJECTS),
        read_only=True,
        idempotent=True,
    ),
    Tool(
        name="faucet_list_tables",
        title="List tables",
        description=(
            "Lists the tables and views of a service that you may use, with their columns and the "
            "verbs that you have on them (GET: faucet_query, POST: faucet_insert, PATCH: "
            "faucet_update, DELETE: faucet_delete)."
        ),
        arguments=arguments.ListTables,
        call=calls.list_tables,
        output=_result(tables=_OBJECTS),
        read_only=True,
        idempotent=True,
    ),
    Tool(
        name="faucet_describe_table",
        title="Describe a table",
        description=(
            "Describes one table: types, which columns you may read and write, allowed values, "
            "keys, and references to other tables. Call it before you write a filter."
        ),
        arguments=arguments.DescribeTable,
        call=calls.describe_table,
        output=_result(name={"type": "string"}, columns=_OBJECTS),
        read_only=True,
        idempotent=True,
    ),
    Tool(
        name="faucet_query",
        title="Query rows",
        description=(
            "Returns rows of one table: filtered, ordered, in pages, or as functions (COUNT, SUM, "
            "AVG, MIN, MAX) of groups. There are no joins; query the other table with IN."
        ),
        arguments=arguments.Query,
        call=calls.query,
        output=_result(records=_OBJECTS, count=_NUMBER, limit=_NUMBER, offset=_NUMBER),
        verb=Verb.GET,
        read_only=True,
        idempotent=True,
    ),
    Tool(
        name="faucet_insert",
        title="Insert rows",
        description=(
            "Inserts one or more rows, all or none, and returns them with the values that the "
            "database added, such as their keys."
        ),
        arguments=arguments.Insert,
        call=calls.insert,
        output=_result(inserted=_OBJECTS, count=_NUMBER),
        verb=Verb.POST,
    ),
    Tool(
        name="faucet_update",
        title="Update rows",
        description=(
            "Changes the rows that match a filter, all or none, and returns them. Query with the "
            "same filter first, to see which they are."
        ),
        arguments=arguments.Update,
        call=calls.update,
        output=_result(updated=_OBJECTS, count=_NUMBER),
        verb=Verb.PATCH,
        destructive=True,
        idempotent=True,
    ),
    Tool(
        name="faucet_delete",
        title="Delete rows",
        description=(
            "Deletes the rows that match a filter, all or none, and returns how many. Query with "
            "the same filter first, to see which they are."
        ),
        arguments=arguments.Delete,
        call=calls.delete,
        output=_result(deleted=_NUMBER),
        verb=Verb.DELETE,
        destructive=True,
        idempotent=True,
    ),
)
TOOLS: Final[Mapping[str, Tool]] = {tool.name: tool for tool in _ALL}
"""Every tool, by name."""


def _schema(of: type[msgspec.Struct]) -> Schema:
    """Return the JSON schema of *of*, whole in itself."""
    (_reference,), components = msgspec.json.schema_components((of,), ref_template="#/{name}")
    schema = dict(components[of.__name__])
    schema.pop("title", None)
    schema.pop("description", None)
    return schema


_SCHEMAS: Final[Mapping[str, Schema]] = {tool.name: _schema(tool.arguments) for tool in _ALL}


def tools_of(surface: Surface, role: str) -> tuple[Tool, ...]:
    """Return the tools that a *role* has: only those of verbs that some table takes from it."""
    verbs = _verbs(surface, role)
    if not verbs:
        return ()
    return tuple(tool for tool in _ALL if tool.verb is None or tool.verb in verbs)


def _verbs(surface: Surface, role: str) -> frozenset[Verb]:
    found: set[Verb] = set()
    view = surface.roles.get(role)
    for service in () if view is None else view.services.values():
        granted = {verb for verb, patterns in service.patterns.items() if patterns}
        about = surface.services[service.name]
        if isinstance(about.catalog, Unreachable):
            # Which tables there are will be known when the database answers.
            found |= granted & {Verb.GET} if about.read_only else granted
        else:
            views = service.resources.values()
            found |= {verb for verb in granted if any(view.allows(verb) for view in views)}
    return frozenset(found)


async def call_tool(tool: Tool, context: ToolContext, given: Mapping[str, Any]) -> Done | Failed:
    """
    Return the result of *tool* with the arguments *given*, or that they do not fit.

    Raises `FaucetError` for what the request plane refuses.
    """
    try:
        asked = msgspec.convert(given, tool.arguments)
    except msgspec.ValidationError as error:
        return bad_arguments(str(error))
    return Done(content=await tool.call(context, asked))
