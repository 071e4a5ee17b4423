"""Retries databases that could not be reached, at increasing intervals, outside of any load."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from faucet.serve.catalogs import CatalogReadings, Known, Services
from faucet.serve.supervisor import Supervisor

_FIRST_SECONDS: Final = 1.0
# A database that is back is in service within both of these together.
_LONGEST_SECONDS: Final = 2.0
_STALE_SECONDS: Final = 2.0
"""After which a query is not waited for: what it asked may be gone, although another is there.
Twice as long with each query that waits, so that few threads wait for a database that hangs."""


async def recover(supervisor: Supervisor) -> None:
    """Query databases while something is missing, until cancelled."""
    retries, pause, number = Retries(supervisor), _FIRST_SECONDS, supervisor.number
    while True:
        await asyncio.sleep(pause)
        if supervisor.number != number or not supervisor.incomplete:
            pause, number = _FIRST_SECONDS, supervisor.number
        if supervisor.incomplete:
            retries.start()
            pause = min(pause * 2, _LONGEST_SECONDS)


class Retries:
    """
    Queries the databases that *supervisor* misses; each answer is applied as it comes.

    *clock* returns seconds.
    """

    def __init__(self, supervisor: Supervisor, clock: Callable[[], float] | None = None) -> None:
        self._supervisor = supervisor
        self._clock = clock or asyncio.get_running_loop().time
        self._begun: dict[str, list[float]] = {}

    def start(self) -> CatalogReadings:
        """Query those that no recent query waits for; return the readings."""
        now = self._clock()
        missing: Services = {
            name: service
            for name, service in self._supervisor.missing().items()
            if _is_stale(self._begun.get(name, ()), now)
        }
        for name in missing:
            self._begun.setdefault(name, []).append(now)
        readings = CatalogReadings(missing, self._supervisor.registry.dialects)
        readings.report_late(self._end)
        return readings

    def _end(self, found: Known) -> None:
        for name in found:
            self._begun[name].pop()
        self._supervisor.offer(found)


def _is_stale(begun: Sequence[float], now: float) -> bool:
    """Return whether the queries that were *begun* and wait have waited long enough."""
    return not begun or now - begun[-1] >= _STALE_SECONDS * 2 ** (len(begun) - 1)
