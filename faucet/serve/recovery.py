"""Retries databases that could not be reached, at increasing intervals, outside of any load."""

import asyncio
from typing import Final

from faucet.serve.catalogs import CatalogReadings, Known, Services
from faucet.serve.supervisor import Supervisor

_FIRST_SECONDS: Final = 1.0
_LONGEST_SECONDS: Final = 30.0


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
    """Queries the databases that *supervisor* misses; each answer is applied as it comes."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._running: set[str] = set()

    def start(self) -> CatalogReadings:
        """Query those that are not being queried already; return the readings."""
        missing: Services = {
            name: service
            for name, service in self._supervisor.missing().items()
            if name not in self._running
        }
        self._running.update(missing)
        readings = CatalogReadings(missing, self._supervisor.registry.dialects)
        readings.report_late(self._end)
        return readings

    def _end(self, found: Known) -> None:
        self._running.difference_update(found)
        self._supervisor.offer(found)
