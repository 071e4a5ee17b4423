"""What agents ask for is decided by the generation that is in service when it runs."""

from types import SimpleNamespace
from typing import Any

import pytest

from faucet.errors import UNAUTHORIZED, FaucetError
from faucet.mcp.results import Failed
from faucet.model.request import Caller, Principal
from faucet.request.context import Trace
from faucet.request.generation import Generation
from faucet.serve.agent_calls import CALLER, Agent, AgentCalls
from tests.unit.serve.serving import plain, running, serving

pytestmark = [pytest.mark.anyio, pytest.mark.promise("sec-29")]


def _caller(role: str) -> Caller:
    return Caller(principal=Principal(name="key:x", role=role, claims={}), now=0.0)


async def _role(context: Any) -> str:
    return str(context.caller.principal.role)


async def test_a_caller_is_identified_again_by_a_generation_that_came_after_its_request():
    async def answer(_generation, _request):
        return plain(b"")

    def identify(generation: Generation) -> Caller:
        if generation.number == 3:
            raise FaucetError(UNAUTHORIZED)
        return _caller(f"of {generation.number}")

    async with serving(answer) as server:
        agent = Agent(
            caller=_caller("of 1"),
            generation=server.switch.current.generation,
            identify=identify,
            trace=Trace(request_id="r", began=0.0),
        )
        request = SimpleNamespace(scope={"state": {CALLER: agent}})
        calls, found = AgentCalls(server.switch), []
        for number in (1, 2, 3):
            if number > 1:
                following = running(answer, server.published, number=number)
                await following.start()
                server.switch.turn(following)
            found.append((calls.sight(request)[1], await calls.run(request, _role)))

    (third, refused) = found.pop()
    assert found == [("of 1", "of 1"), ("of 2", "of 2")]
    assert third == ""
    assert isinstance(refused, Failed)
    assert refused.content["error"]["type"] == "unauthorized"
