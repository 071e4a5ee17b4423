"""The tools of agents on the generation in service: each call holds a lease on it."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from faucet.errors import GENERATION_ENDED, INTERNAL, FaucetError
from faucet.mcp.calls import ToolContext
from faucet.mcp.results import Done, Failed, failed
from faucet.mcp.tools import Tool, call_tool, tools_of
from faucet.model.request import Caller
from faucet.request.context import Trace
from faucet.request.generation import Generation
from faucet.serve.exchange import Exchange
from faucet.serve.leases import Leases
from faucet.serve.switch import Switch

CALLER: Final = "faucet.agent"
"""The key of an `Agent` in the state of an ASGI scope."""


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """Who made the HTTP request that a message of an agent is in, and its trace."""

    caller: Caller
    trace: Trace


class AgentCalls:
    """What agents may call, and the calls that run. *request* is as the SDK passes it."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self.running = Leases()

    def tools(self, request: Any) -> tuple[Tool, ...]:
        """Return the tools of the caller of *request*."""
        surface = self._switch.current.generation.surface
        return tools_of(surface, _agent(request).caller.principal.role)

    async def call(self, request: Any, tool: Tool, given: Mapping[str, Any]) -> Done | Failed:
        """Return the result of *tool*; errors are results too."""
        agent, exchange = _agent(request), Exchange()
        running = self._switch.current
        self.running.take()
        try:
            with running.lease(exchange):
                return await self._call(running.generation, agent, tool, given)
        except asyncio.CancelledError:
            exchange.accept_end()
            return _failed(agent.trace, FaucetError(GENERATION_ENDED))
        finally:
            self.running.give()

    async def _call(
        self, generation: Generation, agent: Agent, tool: Tool, given: Mapping[str, Any]
    ) -> Done | Failed:
        trace = agent.trace
        context = ToolContext(generation=generation, caller=agent.caller, trace=trace)
        try:
            return await call_tool(tool, context, given)
        except FaucetError as error:
            return _failed(trace, error)
        except Exception as bug:  # noqa: BLE001 - logged, and an internal error for the agent
            generation.process.report(trace.request_id, bug)
            return _failed(trace, FaucetError(INTERNAL))


def _agent(request: Any) -> Agent:
    agent: Agent = request.scope["state"][CALLER]
    return agent


def _failed(trace: Trace, error: FaucetError) -> Failed:
    trace.failed(error)
    return failed(error, trace.request_id)
