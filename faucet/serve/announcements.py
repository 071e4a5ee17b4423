"""Requests that catalogs are read again: when a database announces changes, and at intervals."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from functools import partial
from typing import Any, Final

from faucet.errors import DATABASE_UNAVAILABLE, ExecutionError
from faucet.events import AnnouncementsRefused, Publish
from faucet.extension.dialect import Dialect, Listen
from faucet.model.settings import ServiceSettings
from faucet.serve.catalogs import Services

_FIRST_SECONDS: Final = 1.0
_LONGEST_SECONDS: Final = 30.0

_Work = Callable[[], Coroutine[Any, Any, None]]


class Announcements:
    """
    For each service, one task that listens to its database, and one per interval.

    *request* is called with the name of a service. Belongs to one event loop.
    """

    def __init__(
        self, dialects: Mapping[str, Dialect], request: Callable[[str], None], publish: Publish
    ) -> None:
        self._dialects = dialects
        self._request = request
        self._publish = publish
        self._tasks: dict[object, asyncio.Task[None]] = {}

    def follow(self, services: Services) -> None:
        """Listen for *services*, and for no other; tasks of unchanged ones go on."""
        wanted = {key: work for name in services for key, work in self._work(services[name])}
        for key in self._tasks.keys() - wanted.keys():
            self._tasks.pop(key).cancel()
        for key in wanted.keys() - self._tasks.keys():
            self._tasks[key] = asyncio.create_task(wanted[key]())

    async def run(self) -> None:
        """Wait until cancelled; then end every task."""
        try:
            await asyncio.Event().wait()
        finally:
            tasks = tuple(self._tasks.values())
            self.follow({})
            await asyncio.gather(*tasks, return_exceptions=True)

    def _work(self, service: ServiceSettings) -> Iterator[tuple[object, _Work]]:
        """Yield the tasks of *service*, each with what it depends on."""
        name, seconds = service.name, service.catalog_refresh
        if seconds is not None:
            yield (name, seconds), partial(self._repeat, name, seconds)
        listen = self._dialects[service.dialect].listen
        # A pooler's sessions belong to all of its clients: none can listen.
        if listen is not None and not service.pooled:
            identity = (name, service.dialect, service.dsn, service.pool.acquire_timeout)
            yield identity, partial(self._listen, listen, service)

    async def _repeat(self, name: str, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            self._request(name)

    async def _listen(self, listen: Listen, service: ServiceSettings) -> None:
        """Listen to the database of *service*, again and again, at increasing intervals."""
        pause, reported = _FIRST_SECONDS, False

        def changed() -> None:
            nonlocal pause
            pause = _FIRST_SECONDS
            self._request(service.name)

        while True:
            try:
                await listen(service, changed)
            except ExecutionError as error:
                # Its health check reports a database that cannot be reached.
                if error.kind is not DATABASE_UNAVAILABLE and not reported:
                    reported = True
                    reason = error.reason or error.kind.title
                    self._publish(AnnouncementsRefused(service=service.name, reason=reason))
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_SECONDS)
