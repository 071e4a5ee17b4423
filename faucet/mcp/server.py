"""
Tools, resources and prompts as a server of the official SDK, which speaks all revisions of the
protocol.

Only this module imports the SDK; whoever needs it imports this module on first use.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol, TypeVar, cast

import mcp_types as types
import msgspec
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.lowlevel.server import NotificationOptions
from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    ListenHandler,
    PromptsListChanged,
    ResourcesListChanged,
    ToolsListChanged,
)
from mcp.shared.exceptions import MCPError

from faucet.mcp.calls import ToolContext
from faucet.mcp.prompts import PROMPTS, Prompt
from faucet.mcp.resources import TEMPLATES, Resource, complete, read_resource, resources_of
from faucet.mcp.results import NOT_FOUND, Done, Failed
from faucet.mcp.tools import Tool, call_tool
from faucet.model.surface import Surface

T = TypeVar("T")

_Context = ServerRequestContext[Any, Any]
_MOST_STREAMS: Final = 1024
_MOST_COMPLETIONS: Final = 100
_JSON: Final = "application/json"
# SEP-2164 made an unknown resource an invalid parameter.
_UNKNOWN_RESOURCE: Final = -32002
_FIRST_WITHOUT_IT: Final = "2026-07-28"


class Source(Protocol):
    """What callers have, and where their calls run. *request* is the HTTP request."""

    def tools(self, request: Any) -> tuple[Tool, ...]:
        """Return the tools of the caller of *request*."""

    def sight(self, request: Any) -> tuple[Surface, str]:
        """Return the surface, and the role that the caller of *request* has in it."""

    async def run(self, request: Any, work: Callable[[ToolContext], Awaitable[T]]) -> T | Failed:
        """Return what *work* returns for the caller of *request*, or its error as a result."""


class McpServer:
    """One server for all clients; its `sdk` is what transports serve."""

    def __init__(self, source: Source, version: str, instructions: str | None) -> None:
        self._source = source
        self._bus = InMemorySubscriptionBus()
        self._listening = ListenHandler(self._bus, max_subscriptions=_MOST_STREAMS)
        self._sessions: set[Any] = set()
        self.sdk = _Sdk(
            "faucet",
            version=version,
            title="Faucet",
            instructions=instructions,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=self._list_resources,
            on_list_resource_templates=self._list_templates,
            on_read_resource=self._read_resource,
            on_list_prompts=self._list_prompts,
            on_get_prompt=self._get_prompt,
            on_completion=self._complete,
            on_subscriptions_listen=self._listening,
        )
        self.sdk.middleware.append(cast("Any", self._remember))

    async def notify_changed(self) -> None:
        """Tell every client that its tools, resources and prompts may have changed."""
        for event in (ToolsListChanged(), ResourcesListChanged(), PromptsListChanged()):
            await self._bus.publish(event)
        for session in tuple(self._sessions):
            await session.send_tool_list_changed()
            await session.send_resource_list_changed()
            await session.send_prompt_list_changed()

    def close(self) -> None:
        """End the streams of clients that listen for changes."""
        self._listening.close()

    async def _list_tools(
        self, context: _Context, _parameters: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_described(t) for t in self._tools(context)])

    async def _call_tool(
        self, context: _Context, parameters: types.CallToolRequestParams
    ) -> types.CallToolResult:
        name, given = parameters.name, parameters.arguments or {}
        tool = next((each for each in self._tools(context) if each.name == name), None)
        if tool is None:
            raise MCPError(types.INVALID_PARAMS, f"Unknown tool: {name}")
        return _result(
            await self._source.run(context.request, lambda called: call_tool(tool, called, given))
        )

    async def _list_resources(
        self, context: _Context, _parameters: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        found = resources_of(*self._source.sight(context.request))
        return types.ListResourcesResult(
            resources=[types.Resource(uri=each.uri, **_about(each)) for each in found]
        )

    async def _list_templates(
        self, context: _Context, _parameters: types.PaginatedRequestParams | None
    ) -> types.ListResourceTemplatesResult:
        found = TEMPLATES if resources_of(*self._source.sight(context.request)) else ()
        return types.ListResourceTemplatesResult(
            resource_templates=[
                types.ResourceTemplate(uri_template=each.uri, **_about(each)) for each in found
            ]
        )

    async def _read_resource(
        self, context: _Context, parameters: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        uri = parameters.uri
        found = await self._source.run(context.request, lambda called: read_resource(called, uri))
        if found is None or isinstance(found, Failed):
            raise _unreadable(context, uri, found)
        text = msgspec.json.encode(found).decode()
        contents = types.TextResourceContents(uri=uri, mime_type=_JSON, text=text)
        return types.ReadResourceResult(contents=[contents])

    async def _list_prompts(
        self, context: _Context, _parameters: types.PaginatedRequestParams | None
    ) -> types.ListPromptsResult:
        found = PROMPTS.values() if self._tools(context) else ()
        return types.ListPromptsResult(prompts=[_offered(prompt) for prompt in found])

    async def _get_prompt(
        self, context: _Context, parameters: types.GetPromptRequestParams
    ) -> types.GetPromptResult:
        prompt, given = PROMPTS.get(parameters.name), parameters.arguments or {}
        if prompt is None or not self._tools(context):
            raise MCPError(types.INVALID_PARAMS, f"Unknown prompt: {parameters.name}")
        for argument in prompt.arguments:
            if argument.required and not given.get(argument.name):
                raise MCPError(types.INVALID_PARAMS, f"The argument {argument.name} is missing")
        text = await self._source.run(context.request, lambda called: prompt.write(called, given))
        if isinstance(text, Failed):
            raise MCPError(types.INVALID_PARAMS, str(text.content["error"]["message"]))
        message = types.PromptMessage(role="user", content=types.TextContent(text=text))
        return types.GetPromptResult(description=prompt.description, messages=[message])

    async def _complete(
        self, context: _Context, parameters: types.CompleteRequestParams
    ) -> types.CompleteResult:
        argument, chosen = parameters.argument, parameters.context
        given = (chosen.arguments if chosen else None) or {}
        sight = self._source.sight(context.request)
        names = complete(*sight, argument.name, argument.value, given)
        return types.CompleteResult(
            completion=types.Completion(
                values=list(names[:_MOST_COMPLETIONS]),
                total=len(names),
                has_more=len(names) > _MOST_COMPLETIONS,
            )
        )

    def _tools(self, context: _Context) -> tuple[Tool, ...]:
        return self._source.tools(context.request)

    async def _remember(self, context: _Context, call_next: Any) -> Any:
        """Keep the sessions of clients that are not notified by a subscription."""
        result = await call_next(context)
        if context.method == "notifications/initialized":
            # The SDK has no public way to its sessions; tests notice if this one goes.
            connection = context.session._connection  # noqa: SLF001
            self._sessions.add(connection)
            connection.exit_stack.callback(self._sessions.discard, connection)
        return result


class _Sdk(Server[Any]):
    """The SDK's server, which says to older clients too that it reports changes."""

    def get_capabilities(
        self, notification_options: NotificationOptions | None = None, *more: Any, **named: Any
    ) -> types.ServerCapabilities:
        changes = notification_options or NotificationOptions()
        changes.tools_changed = changes.resources_changed = changes.prompts_changed = True
        return super().get_capabilities(changes, *more, **named)


def _described(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.schema,
        output_schema=tool.output,
        annotations=types.ToolAnnotations(
            title=tool.title,
            read_only_hint=tool.read_only,
            destructive_hint=tool.destructive,
            idempotent_hint=tool.idempotent,
            open_world_hint=False,
        ),
    )


def _about(resource: Resource) -> dict[str, Any]:
    return {
        "name": resource.name,
        "title": resource.title,
        "description": resource.description,
        "mime_type": _JSON,
    }


def _offered(prompt: Prompt) -> types.Prompt:
    return types.Prompt(
        name=prompt.name,
        title=prompt.title,
        description=prompt.description,
        arguments=[
            types.PromptArgument(
                name=each.name, description=each.description, required=each.required
            )
            for each in prompt.arguments
        ],
    )


def _unreadable(context: _Context, uri: str, failed: Failed | None) -> MCPError:
    """Return that *uri* cannot be read: it names nothing, or what *failed* says."""
    older = context.protocol_version < _FIRST_WITHOUT_IT
    unknown = _UNKNOWN_RESOURCE if older else types.INVALID_PARAMS
    if failed is None:
        return MCPError(unknown, "Resource not found", {"uri": uri})
    error = failed.content["error"]
    code = unknown if error["type"] in NOT_FOUND else types.INTERNAL_ERROR
    return MCPError(code, error["message"], {"uri": uri, "error": error})


def _result(result: Done | Failed) -> types.CallToolResult:
    text = types.TextContent(type="text", text=msgspec.json.encode(result.content).decode())
    if isinstance(result, Failed):
        return types.CallToolResult(content=[text], is_error=True)
    return types.CallToolResult(content=[text], structured_content=dict(result.content))
