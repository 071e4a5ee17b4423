"""Uvicorn, configured for this product, with the shutdown that its contract requires."""

import asyncio
import contextlib
import math
import socket
import time
from collections.abc import Callable, Iterator
from typing import Final

import uvicorn

from faucet.serve.protocol import BoundedProtocol
from faucet.serve.running import Asgi
from faucet.serve.switch import Switch

_KEEP_ALIVE_SECONDS: Final = 75


class Server(uvicorn.Server):
    """
    Serves until `stop`, then lets running requests finish.

    Requests that began before the stop keep the listener open until they finish, so that probes can
    read `unready`; then the listener closes, and later requests may finish too. *limit* returns the
    seconds that all of this may take; *listening* is called once.
    """

    def __init__(
        self,
        app: Asgi,
        *,
        switch: Switch,
        limit: Callable[[], float],
        listening: Callable[[], None],
    ) -> None:
        config = uvicorn.Config(
            app,
            http=BoundedProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        )
        super().__init__(config)
        self._switch = switch
        self._limit = limit
        self._listening = listening
        self._asked = asyncio.Event()

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
        deadline = time.monotonic() + self._limit()
        await self._switch.drain.early.wait_until_empty(deadline - time.monotonic())
        self.should_exit = True
        await ticking
        self.config.timeout_graceful_shutdown = max(1, math.ceil(deadline - time.monotonic()))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept connections, then call *listening*."""
        await super().startup(sockets)
        self._listening()
