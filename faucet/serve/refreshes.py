"""Reads the catalog of a service again when there is a reason to think that it has changed."""

import asyncio
from typing import Final

from faucet.serve.catalogs import CatalogReadings, Known
from faucet.serve.supervisor import Supervisor

_INTERVAL: Final = 2.0


class Refreshes:
    """
    At most one reading per service at a time, and at most one in two seconds.

    What is found is offered to the supervisor, outside of any load, if it is new. Belongs to one
    event loop.
    """

    def __init__(self) -> None:
        self._supervisor: Supervisor | None = None
        self._requested: set[str] = set()
        self._reading: set[str] = set()
        self._next: dict[str, float] = {}

    def follow(self, supervisor: Supervisor) -> None:
        """Offer what is found to *supervisor*; until then, nothing is read."""
        self._supervisor = supervisor

    def request(self, service: str) -> None:
        """
        Request that the catalog of *service* is read as soon as that may be; returns at once.

        A reading that has begun does not count: what changed may have come after it.
        """
        if service not in self._requested:
            self._requested.add(service)
            if service not in self._reading:
                self._schedule(service)

    def _schedule(self, service: str) -> None:
        loop = asyncio.get_running_loop()
        loop.call_at(self._next.get(service, loop.time()), self._start, service)

    def _start(self, name: str) -> None:
        self._requested.discard(name)
        supervisor = self._supervisor
        service = supervisor and supervisor.loaded.settings.services.get(name)
        if not supervisor or not service:
            return
        self._next[name] = asyncio.get_running_loop().time() + _INTERVAL
        self._reading.add(name)
        readings = CatalogReadings({name: service}, supervisor.registry.dialects)
        readings.report_late(self._end)

    def _end(self, found: Known) -> None:
        self._reading.difference_update(found)
        for name in self._requested & found.keys():
            self._schedule(name)
        if self._supervisor is not None:
            catalogs = self._supervisor.loaded.catalogs
            self._supervisor.offer(
                {name: each for name, each in found.items() if each.catalog != catalogs.get(name)}
            )
