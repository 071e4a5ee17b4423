"""The process: load, listen, follow changes, stop gracefully."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec
import uvloop

from faucet import events
from faucet.control.overrides import Overrides
from faucet.extension.registry import Registry
from faucet.model.settings import LoggingSettings
from faucet.serve.app import shell
from faucet.serve.assemble import Assembler
from faucet.serve.health import HealthChecks
from faucet.serve.listen import ListenError, address_of, open_sockets
from faucet.serve.load_reports import LoadReporter, Report
from faucet.serve.loading import Loader
from faucet.serve.logs import Log, listen_to_libraries
from faucet.serve.recovery import recover
from faucet.serve.server import Server
from faucet.serve.status import Status
from faucet.serve.supervisor import (
    ReloadRequest,
    StartError,
    Supervisor,
    SupervisorParts,
    start,
)
from faucet.serve.switch import Drain
from faucet.serve.watch import Watcher

_FAILED: Final = 1
_CLOSE_SECONDS: Final = 2.0


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """
    The options of `faucet serve`; without *watch*, `server.watch` of the manifest is off.

    *report* may show why a start was refused, instead of the log.
    """

    path: str
    registry: Registry
    overrides: Overrides
    watch: bool = True
    report: Report | None = None


def run(launch: Launch) -> int:
    """Serve until a signal; return the exit code: 0, or 1 when it could not start."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_start(launch))


async def _start(launch: Launch) -> int:
    registry, log = launch.registry, Log(LoggingSettings())
    loader = Loader(path=launch.path, registry=registry, overrides=launch.overrides)
    reporter = LoadReporter(log, loader=loader, report=launch.report)
    publish = reporter.publish
    listen_to_libraries(publish)
    status, drain, health = Status(time.time), Drain(), HealthChecks(publish)
    assembler = Assembler(
        registry=registry, health=health, status=status, drain=drain, publish=publish
    )
    parts = SupervisorParts(
        loader=loader, assemble=assembler, status=status, publish=publish, drain=drain
    )
    try:
        supervisor = await start(parts)
    except StartError:
        return _FAILED
    reporter.mark_started()
    process = _Process(
        supervisor=supervisor, health=health, reporter=reporter, log=log, watch=launch.watch
    )
    return await process.serve()


class _Process:
    """A process with a generation in service, until it ends."""

    def __init__(
        self,
        *,
        supervisor: Supervisor,
        health: HealthChecks,
        reporter: LoadReporter,
        log: Log,
        watch: bool,
    ) -> None:
        self._supervisor = supervisor
        self._health = health
        self._reporter = reporter
        self._log = log
        self._watch = watch
        self._publish = reporter.publish
        self._watcher = Watcher(
            folders=supervisor.folders,
            changed=lambda: supervisor.request_reload(ReloadRequest()),
            publish=self._publish,
            mode=self._mode,
        )
        self._stopping = False

    async def serve(self) -> int:
        supervisor, settings = self._supervisor, self._supervisor.loaded.settings.server
        try:
            sockets = open_sockets(settings.host, settings.port)
        except ListenError as error:
            self._publish(events.LibraryNote(level="error", logger="faucet", message=str(error)))
            await supervisor.close(0)
            return _FAILED

        server = self._server(address_of(settings.host, sockets))
        self._after_attempt()
        self._follow_signals(server)
        async with _background(
            supervisor.run(self._after_attempt),
            self._watcher.run(),
            self._health.run(supervisor.switch),
            recover(supervisor),
        ):
            await server.serve(sockets=sockets)
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await supervisor.close(0)
        except TimeoutError:
            # A statement that outlives its request on a thread would block the interpreter's exit.
            self._end_now(0)
        self._publish(events.Stopped())
        return 0

    def _server(self, address: str) -> Server:
        switch = self._supervisor.switch
        return Server(
            shell(switch),
            switch=switch,
            limit=lambda: self._supervisor.loaded.settings.server.shutdown_timeout,
            listening=lambda: self._publish(
                events.Listening(address=address, generation=self._supervisor.number)
            ),
        )

    def _end_now(self, code: int) -> None:
        self._publish(events.Stopped())
        os._exit(code)

    def _mode(self) -> str:
        return self._supervisor.loaded.settings.server.watch if self._watch else "off"

    def _after_attempt(self) -> None:
        self._log.configure(self._supervisor.loaded.settings.logging)
        self._watcher.rearm()

    def _follow_signals(self, server: Server) -> None:
        def stop(name: str) -> None:
            if self._stopping:
                self._end_now(_FAILED)
            self._stopping = True
            self._publish(events.Stopping(signal=name))
            server.stop()

        def refresh() -> None:
            self._reporter.report_again()
            self._supervisor.request_reload(ReloadRequest(refresh=True))

        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop, number.name)
        loop.add_signal_handler(signal.SIGHUP, refresh)


@asynccontextmanager
async def _background(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run *work* in tasks during a block; one that fails ends the block with its error."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in work]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
