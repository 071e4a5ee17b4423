"""How many connections of one pool a principal may use at once: at most half of them."""

import asyncio
from collections import deque

from faucet.errors import POOL_EXHAUSTED, ExecutionError
from faucet.model.settings import PoolSettings


class Share:
    """
    The shares of one pool, so that no principal holds all its connections.

    Whoever waits for its own share longer than the acquire timeout gets POOL_EXHAUSTED. Belongs to
    one event loop.
    """

    def __init__(self, pool: PoolSettings) -> None:
        self._most = max(1, pool.size // 2)
        self._patience = pool.acquire_timeout
        self._held: dict[str, int] = {}
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    async def take(self, principal: str) -> None:
        """Take one connection's share of *principal*, once there is one, to be given back."""
        held = self._held.get(principal, 0)
        if held < self._most:
            self._held[principal] = held + 1
        else:
            await self._wait(principal)

    async def _wait(self, principal: str) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(principal, deque()).append(turn)
        try:
            async with asyncio.timeout(self._patience):
                await turn
        except TimeoutError:
            self._withdraw(principal, turn)
            raise ExecutionError(POOL_EXHAUSTED) from None
        except asyncio.CancelledError:
            self._withdraw(principal, turn)
            raise

    def _withdraw(self, principal: str, turn: asyncio.Future[None]) -> None:
        if not turn.cancelled():
            # It came at the same moment.
            self.give_back(principal)

    def give_back(self, principal: str) -> None:
        """Return what `take` took."""
        waiting = self._waiting.get(principal)
        while waiting:
            turn = waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._waiting.pop(principal, None)
        held = self._held[principal] - 1
        if held:
            self._held[principal] = held
        else:
            del self._held[principal]
