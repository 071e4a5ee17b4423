"""Catalogs that are known, and readings of others, for which a load waits only briefly."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final

import msgspec

from faucet.control.introspect import Found, start_introspection
from faucet.extension.dialect import Dialect
from faucet.model.catalog import Catalog, Unreachable
from faucet.model.settings import ServiceSettings

_NO_ANSWER: Final = Unreachable(reason="no answer yet")

Services = Mapping[str, ServiceSettings]


class KnownCatalog(msgspec.Struct, frozen=True, kw_only=True):
    """
    The result of reading the catalog of *service*, as it was configured then.

    *started* is when the reading began, on the clock of the event loop.
    """

    service: ServiceSettings
    catalog: Found
    started: float


Known = Mapping[str, KnownCatalog]
NOTHING_KNOWN: Final[Known] = MappingProxyType({})


def newest(one: Known, other: Known) -> Known:
    """Return the catalogs of both; of two for one service, the one whose reading began later."""
    both = {**one, **other}
    return {
        name: max(one.get(name, later), later, key=lambda each: each.started)
        for name, later in both.items()
    }


def still_valid(known: Known, services: Services) -> Known:
    """
    Return what of *known* is also valid for *services*: where the connection is the same.

    That includes a database that could not be reached: it is not queried again, since a load must
    not wait for it.
    """
    return {
        name: known[name]
        for name, service in services.items()
        if name in known and _source(known[name].service) == _source(service)
    }


def _source(service: ServiceSettings) -> tuple[object, ...]:
    """Return what a catalog depends on: it is read again for another database or more tables."""
    return service.dialect, service.dsn, service.schema, service.tables, service.pooled


def unreachable(known: Known) -> Services:
    """Return the services of *known* whose database could not be reached."""
    return {
        name: each.service for name, each in known.items() if isinstance(each.catalog, Unreachable)
    }


class CatalogReadings:
    """Readings of the catalogs of *services*, in progress. Belongs to one event loop."""

    def __init__(self, services: Services, dialects: Mapping[str, Dialect]) -> None:
        self._services = services
        self._started = asyncio.get_running_loop().time()
        self._futures = {
            name: asyncio.wrap_future(future)
            for name, future in start_introspection(services, dialects).items()
        }

    @property
    def pending(self) -> tuple[str, ...]:
        """The services whose database has not answered yet."""
        return tuple(name for name, future in self._futures.items() if not future.done())

    async def wait(self, seconds: float | None = None) -> None:
        """Wait until every database has answered or failed, at most *seconds*."""
        if self.pending:
            await asyncio.wait(self._futures.values(), timeout=seconds)

    def results(self) -> Known:
        """Return what is known by now."""
        done = (name for name, future in self._futures.items() if future.done())
        return {name: self._result(name) for name in done}

    def report_late(self, report: Callable[[Known], None]) -> None:
        """Call *report* with each result that is not known yet, once it is."""
        for name in self.pending:
            self._futures[name].add_done_callback(partial(self._report, name, report))

    def _report(self, name: str, report: Callable[[Known], None], _done: object) -> None:
        report({name: self._result(name)})

    def _result(self, name: str) -> KnownCatalog:
        found = self._futures[name].result()
        return KnownCatalog(service=self._services[name], catalog=found, started=self._started)


def merge_results(services: Services, known: Known, read: Known) -> Known:
    """
    Return what is known of each of *services*: what was *read*, else what was *known*.

    A database that could not be reached keeps its known catalog.
    """
    return {
        name: _better(read.get(name), known.get(name))
        or KnownCatalog(service=service, catalog=_NO_ANSWER, started=0.0)
        for name, service in services.items()
    }


def _better(read: KnownCatalog | None, known: KnownCatalog | None) -> KnownCatalog | None:
    if read is None or (
        known is not None
        and isinstance(known.catalog, Catalog)
        and isinstance(read.catalog, Unreachable)
    ):
        return known
    return read
