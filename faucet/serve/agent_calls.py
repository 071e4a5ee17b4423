"""What agents call on the generation in service: each call holds a lease on it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import msgspec

from faucet.errors import GENERATION_ENDED, INTERNAL, FaucetError
from faucet.mcp.calls import ToolContext
from faucet.mcp.results import Failed, failed
from faucet.mcp.tools import Tool, tools_of
from faucet.model.request import Caller
from faucet.model.surface import Surface
from faucet.request.context import Trace
from faucet.request.generation import Generation
from faucet.serve.exchange import Exchange
from faucet.serve.leases import Leases
from faucet.serve.switch import Switch

T = TypeVar("T")

CALLER: Final = "faucet.agent"
"""The key of an `Agent` in the state of an ASGI scope."""
_NOBODY: Final = ""


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """
    Who made the HTTP request that a message of an agent is in, and its trace.

    *caller* is by *generation*; *identify* returns it by another one, or raises `FaucetError`.
    """

    caller: Caller
    generation: Generation
    identify: Callable[[Generation], Caller]
    trace: Trace

    def caller_by(self, generation: Generation) -> Caller:
        """
        Return the caller as *generation* knows it; raises `FaucetError` if it is no longer one.

        A reload may come between the request and what it asks for.
        """
        return self.caller if generation is self.generation else self.identify(generation)


class AgentCalls:
    """What agents may call, and the calls that run. *request* is as the SDK passes it."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self.running = Leases()

    def tools(self, request: Any) -> tuple[Tool, ...]:
        """Return the tools of the caller of *request*."""
        return tools_of(*self.sight(request))

    def sight(self, request: Any) -> tuple[Surface, str]:
        """Return the surface, and the role that the caller of *request* has in it, or no role."""
        generation = self._switch.current.generation
        try:
            role = _agent(request).caller_by(generation).principal.role
        except FaucetError:
            role = _NOBODY
        return generation.surface, role

    async def run(self, request: Any, work: Callable[[ToolContext], Awaitable[T]]) -> T | Failed:
        """Return what *work* returns for the caller of *request*, or its error as a result."""
        agent, exchange = _agent(request), Exchange()
        running = self._switch.current
        self.running.take()
        try:
            with running.lease(exchange):
                return await self._run(running.generation, agent, work)
        except asyncio.CancelledError:
            exchange.accept_end()
            return _failed(agent.trace, FaucetError(GENERATION_ENDED))
        finally:
            self.running.give()

    async def _run(
        self, generation: Generation, agent: Agent, work: Callable[[ToolContext], Awaitable[T]]
    ) -> T | Failed:
        trace = agent.trace
        try:
            caller = agent.caller_by(generation)
            return await work(ToolContext(generation=generation, caller=caller, trace=trace))
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
