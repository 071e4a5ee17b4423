"""Counts running requests, and waits until there are none."""

import asyncio


class Leases:
    """A count of running requests. Belongs to one event loop."""

    __slots__ = ("_count", "_ended")

    def __init__(self) -> None:
        self._count = 0
        self._ended = asyncio.Event()
        self._ended.set()

    def take(self) -> None:
        """Count one more."""
        self._count += 1
        self._ended.clear()

    def give(self) -> None:
        """Count one less."""
        self._count -= 1
        if not self._count:
            self._ended.set()

    async def wait_until_empty(self, limit: float) -> bool:
        """Wait until none is left, at most *limit* seconds; return whether none is left."""
        try:
            async with asyncio.timeout(limit):
                await self._ended.wait()
        except TimeoutError:
            return False
        return True

    def __len__(self) -> int:
        return self._count
