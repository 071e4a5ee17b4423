"""
The endpoint of agents: the Model Context Protocol over HTTP, beside the routes of generations.

Its connections may outlive a generation: each of their requests authenticates by the one in
service, and each call of a tool holds a lease on it.
"""

import asyncio
from typing import TYPE_CHECKING, Any, Final, cast

from faucet import __version__
from faucet.errors import (
    BODY_TOO_LARGE,
    GENERATION_ENDED,
    TOO_MANY_BODIES,
    TOO_MANY_SESSIONS,
    FaucetError,
)
from faucet.events import Publish
from faucet.model.request import BodyState, Caller, HttpRequest, Reply
from faucet.model.routes import RouteName
from faucet.model.settings import CorsSettings
from faucet.model.surface import Surface
from faucet.request.authenticate import authenticate
from faucet.request.context import Trace, reply_context
from faucet.request.cors import Share, sharing
from faucet.request.encode import options_reply
from faucet.request.generation import Generation
from faucet.request.origin import check_host, check_origin
from faucet.request.pipeline import failure
from faucet.serve.agent_calls import CALLER, Agent, AgentCalls
from faucet.serve.bodies import Bodies
from faucet.serve.exchange import EXCHANGE, Exchange
from faucet.serve.respond import answered, http_request, send_reply
from faucet.serve.running import AsgiMessage, AsgiReceive, AsgiScope, AsgiSend
from faucet.serve.switch import Switch
from faucet.workers import Workers

if TYPE_CHECKING:  # a second to import, and an extra: only where agents are served
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    from faucet.mcp.server import McpServer

_SESSIONLESS: Final = "2026"
"""The first revision of the protocol without sessions begins with this year."""
_PATH: Final = b"/mcp"
_METHODS: Final = ("GET", "POST", "DELETE", "OPTIONS")
# The SDK parses a message on the event loop.
_MOST_BODY: Final = 1024 * 1024
_MOST_BODIES: Final = 64
_MOST_SESSIONS: Final = 1000
_MOST_OF_ONE: Final = 50
"""How many sessions one caller may have open."""
_IDLE_SECONDS: Final = 1800.0
_CLOSE_SECONDS: Final = 30.0
_CLIENT_GONE: Final = 499


class Agents:
    """Serves `/mcp` for the life of a process. Belongs to one event loop."""

    def __init__(self, switch: Switch, publish: Publish) -> None:
        self._switch = switch
        self._publish = publish
        self._calls = AgentCalls(switch)
        self._bodies = Bodies(lambda: _MOST_BODIES * _MOST_BODY)
        self._wanted, self._closing = asyncio.Event(), asyncio.Event()
        self._manager: asyncio.Future[StreamableHTTPSessionManager] = asyncio.Future()

    def serves(self, scope: AsgiScope) -> bool:
        """Return whether an HTTP request is for this endpoint, and agents may connect."""
        return scope["raw_path"] == _PATH and self._surface.mcp.enabled

    @property
    def _surface(self) -> Surface:
        return self._switch.current.generation.surface

    async def run(self) -> None:
        """Serve from the first request of an agent until `close`, and report changes of tools."""
        await self._wanted.wait()
        server, manager = await Workers("agents", 1).run(self._build)
        async with manager.run():
            self._manager.set_result(manager)
            await self._follow(server)
            await self._calls.running.wait_until_empty(_CLOSE_SECONDS)

    def close(self) -> None:
        """End all streams, once the calls that run are done; what comes later is refused."""
        self._closing.set()

    def _build(self) -> "tuple[McpServer, StreamableHTTPSessionManager]":
        from mcp.server.streamable_http_manager import (  # noqa: PLC0415
            StreamableHTTPSessionManager,
        )

        from faucet.mcp.server import McpServer  # noqa: PLC0415

        server = McpServer(self._calls, __version__, self._surface.mcp.instructions)
        manager = StreamableHTTPSessionManager(
            server.sdk,
            session_idle_timeout=_IDLE_SECONDS,
            max_request_body_size=_MOST_BODY,
            max_sessions=_MOST_SESSIONS,
        )
        return server, manager

    async def _follow(self, server: "McpServer") -> None:
        closing = asyncio.create_task(self._closing.wait())
        try:
            while not closing.done():
                turned = asyncio.create_task(self._switch.wait_for_turn(None))
                await asyncio.wait((closing, turned), return_when=asyncio.FIRST_COMPLETED)
                if turned.done():
                    server.sdk.instructions = self._surface.mcp.instructions
                    await server.notify_changed()
                turned.cancel()
        finally:
            closing.cancel()
            server.close()

    async def __call__(self, scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> None:
        """Answer one HTTP request, of which *scope* has the exchange."""
        exchange: Exchange = scope[EXCHANGE]
        request = http_request(scope, BodyState.NOT_RECEIVED)
        trace = exchange.open(request)
        trace.route = RouteName.MCP
        sent = _Sent(send)
        generation = self._switch.current.generation
        share = sharing(_cors(generation), generation.surface.auth.api_key_header)
        try:
            generation = await self._serve(scope, receive, sent, (exchange, request, trace, share))
        except asyncio.CancelledError:
            trace.reason = exchange.accept_end().value
            sent.status = sent.status or _CLIENT_GONE
        except Exception as error:  # noqa: BLE001 - logged, and an error for the client
            reply = failure(generation, trace, error)
            if sent.status is None:
                await send_reply(share(request, reply), sent)
        self._publish(answered(generation, request, sent.status or _CLIENT_GONE, trace))

    async def _serve(
        self,
        scope: AsgiScope,
        receive: AsgiReceive,
        send: "_Sent",
        asked: tuple[Exchange, HttpRequest, Trace, Share],
    ) -> Generation:
        exchange, request, trace, share = asked
        generation = self._switch.current.generation
        check_host(request.headers, generation.surface.server.allowed_hosts)
        check_origin(request.headers, _cors(generation))
        if request.method == "OPTIONS":
            reply = options_reply(reply_context(generation, trace), _METHODS)
            await send_reply(share(request, reply), send)
            return generation
        self._identify(generation, request, trace)
        body = await self._bodies.receive(exchange, receive, _MOST_BODY)
        if not isinstance(body, bytes):
            raise FaucetError(TOO_MANY_BODIES if body is BodyState.GIVEN_UP else BODY_TOO_LARGE)
        # The caller may have been slow, and may no longer be allowed what it was.
        generation = self._switch.current.generation
        agent = Agent(
            caller=self._identify(generation, request, trace),
            generation=generation,
            identify=lambda newer: self._identify(newer, request, trace),
            trace=trace,
        )
        manager = await self._started()
        _check_sessions(manager, _owner(agent), request)
        scope = _with_agent(scope, agent)
        shared = share(request, Reply(status=200, headers=(), body=b"")).headers
        send.added = [(name.lower().encode(), value.encode()) for name, value in shared]
        await manager.handle_request(scope, _replay(body, receive), cast("Any", send))
        return generation

    def _identify(self, generation: Generation, request: HttpRequest, trace: Trace) -> Caller:
        now = generation.process.clock()
        principal = authenticate(request, generation.authentication, now)
        trace.authenticated(principal)
        return Caller(principal=principal, now=now)

    async def _started(self) -> "StreamableHTTPSessionManager":
        if self._closing.is_set():
            raise FaucetError(GENERATION_ENDED)
        self._wanted.set()
        return await asyncio.shield(self._manager)


class _Sent:
    """What is sent of a response: its status, with the headers that are *added*."""

    def __init__(self, send: AsgiSend) -> None:
        self._send = send
        self.status: int | None = None
        self.added: list[tuple[bytes, bytes]] = []

    async def __call__(self, message: AsgiMessage) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message.get("headers", ()), *self.added]
            message = {**message, "headers": headers}
        await self._send(message)


def _cors(generation: Generation) -> CorsSettings:
    origins = generation.surface.mcp.allowed_origins
    return CorsSettings(origins=origins, credentials=False)


def _with_agent(scope: AsgiScope, agent: Agent) -> AsgiScope:
    """Return *scope* with who asks: for the tools, and for what sessions are bound to."""
    from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser  # noqa: PLC0415
    from mcp.server.auth.provider import AccessToken  # noqa: PLC0415

    user = AuthenticatedUser(AccessToken(token="", client_id=_owner(agent), scopes=[]))
    return {**scope, "state": {CALLER: agent}, "user": user}


def _owner(agent: Agent) -> str:
    """Return what sessions are bound to: a caller, with the role that it has now."""
    principal = agent.caller.principal
    return f"{principal.role} {principal.name or ''}"


def _check_sessions(
    manager: "StreamableHTTPSessionManager", owner: str, request: HttpRequest
) -> None:
    """Raise `FaucetError` for a request that would open a session too many for *owner*."""
    version = request.headers.get("mcp-protocol-version") or ""
    if request.headers.get("mcp-session-id") is not None or version >= _SESSIONLESS:
        return
    # The SDK has no public way to its sessions; tests notice if this one goes.
    owners = manager._session_owners.values()  # noqa: SLF001
    if sum(each["client_id"] == owner for each in owners) >= _MOST_OF_ONE:
        raise FaucetError(TOO_MANY_SESSIONS)


def _replay(body: bytes, receive: AsgiReceive) -> AsgiReceive:
    """Return a channel with the whole *body*, then what comes after it."""
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> AsgiMessage:
        return pending.pop() if pending else await receive()

    return received
