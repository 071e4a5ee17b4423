"""A generation in service: its application's lifespan, leases and retirement."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, Final

from faucet.request.generation import Generation
from faucet.serve.exchange import Ending, Exchange
from faucet.serve.leases import Leases

AsgiMessage = dict[str, Any]
AsgiScope = dict[str, Any]
AsgiReceive = Callable[[], Awaitable[AsgiMessage]]
AsgiSend = Callable[[AsgiMessage], Awaitable[None]]
Asgi = Callable[[Any, Any, Any], Awaitable[None]]

# A database that does not respond is not waited for: its statement has a time limit of its own.
_SECONDS_TO_CANCEL: Final = 5.0


class Running:
    """
    One generation with everything that ends with it.

    *lifespan* is entered and left in one task of its own, which keeps it open until `retire`.
    """

    def __init__(
        self,
        *,
        generation: Generation,
        app: Asgi,
        lifespan: AbstractAsyncContextManager[None],
        release: Callable[[], Awaitable[None]],
    ) -> None:
        self.generation = generation
        self.app = app
        self.leases = Leases()
        self._exchanges: set[Exchange] = set()
        self._lifespan = lifespan
        self._release = release
        self._retired = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Enter the lifespan. If that fails, raise its error; what it opened is closed."""
        started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._hold(started))
        await asyncio.wait((self._task, started), return_when=asyncio.FIRST_COMPLETED)
        if not started.done():
            await self._task

    async def _hold(self, started: asyncio.Future[None]) -> None:
        try:
            async with self._lifespan:
                started.set_result(None)
                await self._retired.wait()
        finally:
            await self._release()

    @contextmanager
    def lease(self, exchange: Exchange) -> Iterator[None]:
        """Hold a lease for a phase of *exchange*."""
        self.leases.take()
        self._exchanges.add(exchange)
        try:
            yield
        finally:
            self._exchanges.discard(exchange)
            self.leases.give()

    async def _cancel_requests(self) -> None:
        for exchange in tuple(self._exchanges):
            exchange.end(Ending.RETIRED)
        await self.leases.wait_until_empty(_SECONDS_TO_CANCEL)

    async def retire(self, limit: float) -> bool:
        """
        Wait for the leases, at most *limit* seconds, then leave the lifespan and release engines.

        Requests that are still running then are cancelled. Returns whether all ended in time.
        """
        drained = await self.leases.wait_until_empty(limit)
        if not drained:
            await self._cancel_requests()
        self._retired.set()
        if self._task is not None:
            await self._task
        return drained
