"""
The tools as a server of the official SDK, which speaks the protocol in all its revisions.

Only this module imports the SDK; whoever needs it imports this module on first use.
"""

from collections.abc import Mapping
from typing import Any, Final, Protocol, cast

import mcp_types as types
import msgspec
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.lowlevel.server import NotificationOptions
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ToolsListChanged
from mcp.shared.exceptions import MCPError

from faucet.mcp.results import Done, Failed
from faucet.mcp.tools import Tool

_Context = ServerRequestContext[Any, Any]
_MOST_STREAMS: Final = 1024


class Source(Protocol):
    """Where tools come from, and what calls them. *request* is the HTTP request, None on stdio."""

    def tools(self, request: Any) -> tuple[Tool, ...]:
        """Return the tools of the caller of *request*."""

    async def call(self, request: Any, tool: Tool, given: Mapping[str, Any]) -> Done | Failed:
        """Return the result of *tool* for the caller of *request*."""


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
            on_subscriptions_listen=self._listening,
        )
        self.sdk.middleware.append(cast("Any", self._remember))

    async def notify_changed(self) -> None:
        """Tell every client that its tools may have changed."""
        await self._bus.publish(ToolsListChanged())
        for session in tuple(self._sessions):
            await session.send_tool_list_changed()

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
        found = {tool.name: tool for tool in self._tools(context)}
        if parameters.name not in found:
            raise MCPError(types.INVALID_PARAMS, f"Unknown tool: {parameters.name}")
        given = parameters.arguments or {}
        result = await self._source.call(context.request, found[parameters.name], given)
        return _result(result)

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
    """The SDK's server, which says to older clients too that it reports changes of tools."""

    def get_capabilities(
        self, notification_options: NotificationOptions | None = None, *more: Any, **named: Any
    ) -> types.ServerCapabilities:
        changes = notification_options or NotificationOptions(tools_changed=True)
        changes.tools_changed = True
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


def _result(result: Done | Failed) -> types.CallToolResult:
    text = types.TextContent(type="text", text=msgspec.json.encode(result.content).decode())
    if isinstance(result, Failed):
        return types.CallToolResult(content=[text], is_error=True)
    return types.CallToolResult(content=[text], structured_content=dict(result.content))
