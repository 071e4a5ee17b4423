"""The generation in service, and whether the process is stopping."""

import asyncio
from contextlib import suppress

from faucet.serve.leases import Leases
from faucet.serve.running import Running


class Drain:
    """
    Whether the process is stopping.

    *early* counts the requests that began before `begin` was called, all of them until then.
    """

    def __init__(self) -> None:
        self.early = Leases()
        self.requests = self.early
        self.begun = False

    def begin(self) -> None:
        """Announce the end of the process; from now, readiness fails."""
        if not self.begun:
            self.begun = True
            self.requests = Leases()


class Switch:
    """*current* is read once by each request; one assignment changes it."""

    def __init__(self, first: Running, drain: Drain) -> None:
        self.current = first
        self.drain = drain
        self._turned = asyncio.Event()

    def turn(self, to: Running) -> Running:
        """Put *to* in service; return the previous generation."""
        before, self.current = self.current, to
        self._turned.set()
        self._turned = asyncio.Event()
        return before

    async def wait_for_turn(self, seconds: float | None) -> None:
        """Wait until another generation is in service, at most *seconds* if that is a number."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._turned.wait()
