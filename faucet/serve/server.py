"""Uvicorn, configured for this product, with the shutdown that its contract requires."""

import asyncio
import contextlib
import math
import socket
import time
from collections.abc import Callable, Iterator
from typing import Final

import uvicorn

from faucet.events import ConnectionsFull, Publish
from faucet.model.settings import ServerSettings
from faucet.serve.connection import ServerConfig
from faucet.serve.protocol import BoundedProtocol
from faucet.serve.refusal import refusal
from faucet.serve.running import Asgi
from faucet.serve.switch import Switch

_KEEP_ALIVE_SECONDS: Final = 75
_REPORT_SECONDS: Final = 60


class Server(uvicorn.Server):
    """
    Serves until `stop`, then lets running requests finish.

    Requests that began before the stop keep the listener open until they finish, so that probes can
    read `unready`; then the listener closes, and later requests may finish too. All of this may
    take `shutdown_timeout`. *listening* is called once. *most_connections* returns how many
    connections may be open; that there were more is reported to *publish*, at most once a minute.
    """

    def __init__(
        self,
        app: Asgi,
        *,
        switch: Switch,
        listening: Callable[[], None],
        most_connections: Callable[[], int],
        publish: Publish,
    ) -> None:
        config = ServerConfig(
            app,
            limits=self._settings,
            most_connections=most_connections,
            refuse=lambda kind: refusal(switch.current.generation, kind),
            full=self._report_full,
            http=BoundedProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        )
        self._switch = switch
        super().__init__(config)
        self._listening = listening
        self._asked = asyncio.Event()
        self._most_connections = most_connections
        self._publish = publish
        self._reported = -math.inf

    def _settings(self) -> ServerSettings:
        return self._switch.current.generation.surface.server

    def _report_full(self) -> None:
        now = time.monotonic()
        if now >= self._reported + _REPORT_SECONDS:
            self._reported = now
            self._publish(ConnectionsFull(limit=self._most_connections()))

    def stop(self) -> None:
        """Start the shutdown."""
        self._switch.drain.begin()
        self._asked.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the owner of the process."""
        yield

    async def main_loop(self) -> None:
        """Keep the date header current until the stop, and while early requests run."""
        ticking = asyncio.create_task(super().main_loop())
        await self._asked.wait()
        deadline = time.monotonic() + self._settings().shutdown_timeout
        await self._switch.drain.early.wait_until_empty(deadline - time.monotonic())
        self.should_exit = True
        await ticking
        self.config.timeout_graceful_shutdown = max(1, math.ceil(deadline - time.monotonic()))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept connections, then call *listening*."""
        await super().startup(sockets)
        self._listening()
