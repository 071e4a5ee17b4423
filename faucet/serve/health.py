"""Checks in the background whether each service's database answers, for readiness."""

import asyncio
from collections.abc import Mapping
from typing import Final

from faucet.errors import ExecutionError
from faucet.events import Publish, ServiceChecked
from faucet.extension.executor import Executor
from faucet.model.catalog import Unreachable
from faucet.model.surface import Surface
from faucet.serve.switch import Switch

_EVERY_SECONDS: Final = 2.0
_LONGEST_SECONDS: Final = 10.0
_BRIEFLY: Final = 2.0
"""For one that did not answer the last time: it may be back, and not know of this question."""

OK: Final = "ok"
UNREACHABLE: Final = "unreachable"


class HealthChecks:
    """
    The last state of each service, by name; a service not checked yet has the state of its catalog.
    """

    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        self._states: dict[str, str] = {}

    def of(self, surface: Surface) -> Mapping[str, str]:
        """Return the state of each service of *surface*."""
        return {
            name: UNREACHABLE
            if isinstance(service.catalog, Unreachable)
            else self._states.get(name, OK)
            for name, service in surface.services.items()
        }

    async def run(self, switch: Switch) -> None:
        """Check the services of the current generation repeatedly, until cancelled."""
        while True:
            await self.check(switch.current.generation.executors)
            await asyncio.sleep(_EVERY_SECONDS)

    async def check(self, executors: Mapping[str, Executor]) -> None:
        """Check each of *executors* once, in parallel."""
        states = await asyncio.gather(
            *(
                _state(
                    each, _BRIEFLY if self._states.get(name) == UNREACHABLE else _LONGEST_SECONDS
                )
                for name, each in executors.items()
            )
        )
        for name, state in zip(executors, states, strict=True):
            if state != self._states.get(name, OK):
                self._publish(ServiceChecked(service=name, state=state))
            self._states[name] = state


async def _state(executor: Executor, limit: float) -> str:
    try:
        async with asyncio.timeout(limit):
            return OK if await executor.ping() else UNREACHABLE
    except (ExecutionError, TimeoutError):
        return UNREACHABLE
