"""Turns a loaded manifest into a generation in service: engines, application, lease."""

import secrets
import time
import traceback
from collections.abc import Callable
from functools import partial
from typing import Final

from faucet.control.pipeline import Built
from faucet.events import Publish, RequestCrashed
from faucet.extension.registry import Registry
from faucet.model.catalog import Catalog
from faucet.request.generation import Process, open_generation
from faucet.request.pipeline import answer
from faucet.secret import Secret
from faucet.serve.app import build_app
from faucet.serve.docs_page import docs_page
from faucet.serve.engines import EngineLease, Engines
from faucet.serve.health import HealthChecks
from faucet.serve.respond import responder
from faucet.serve.running import Running
from faucet.serve.status import Status
from faucet.serve.switch import Drain
from faucet.workers import Workers

_REQUEST_THREADS: Final = 2
"""Python runs on one at a time: more would only make the event loop wait longer for its turn."""


class Assembler:
    """Holds the parts that all generations of the process share."""

    def __init__(  # noqa: PLR0913
        self,
        *,
        registry: Registry,
        health: HealthChecks,
        status: Status,
        drain: Drain,
        publish: Publish,
        schema_changed: Callable[[str], None],
    ) -> None:
        self.engines = Engines(registry.dialects)
        self._registry = registry
        # Without a secret, masks are stable for the life of the process; a check warns about that.
        self._made_key = Secret(secrets.token_hex(32))
        self._health = health
        self._status = status
        self._drain = drain
        self._publish = publish
        self._schema_changed = schema_changed
        self._workers = Workers("assembly", 1)
        self._request_workers = Workers("requests", _REQUEST_THREADS)

    async def __call__(self, loaded: Built, number: int) -> Running:
        """Return generation *number*, not started yet; its resources are released if this fails."""
        lease = self.engines.acquire(
            {
                name: service
                for name, service in loaded.settings.services.items()
                if isinstance(loaded.catalogs.get(name), Catalog)
            }
        )
        try:
            # Litestar needs 10 ms to build its routes: requests must not wait for that.
            return await self._workers.run(partial(self._running, loaded, number, lease))
        except BaseException:
            self.engines.forget(lease)
            raise

    def _running(self, loaded: Built, number: int, lease: EngineLease) -> Running:
        generation = open_generation(
            loaded.surface,
            self._registry,
            self._process(loaded),
            number=number,
            executors=lease.executors,
            shares=lease.shares,
            purpose_key=loaded.settings.purpose_key or self._made_key,
        )
        app = build_app(responder(generation, answer, self._publish))
        return Running(
            generation=generation,
            app=app,
            lifespan=app.lifespan(),
            release=partial(self.engines.release, lease),
        )

    def _process(self, loaded: Built) -> Process:
        return Process(
            status=self._status.now,
            readiness=partial(self._health.of, loaded.surface),
            draining=lambda: self._drain.begun,
            docs=docs_page(loaded.surface.auth.api_key_header),
            clock=time.time,
            report=self._report,
            workers=self._request_workers,
            schema_changed=self._schema_changed,
        )

    def _report(self, request_id: str, error: BaseException) -> None:
        trace = "".join(traceback.format_exception(error))
        self._publish(RequestCrashed(request_id=request_id, trace=trace))
