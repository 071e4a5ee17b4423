"""The process: load, listen, follow changes, end gracefully."""

import asyncio
import os
import signal
import time
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Final

import msgspec
import uvloop

from faucet import events
from faucet.control.overrides import Overrides
from faucet.extension.registry import Registry
from faucet.model.settings import LoggingSettings
from faucet.request.pipeline import answer
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
from faucet.serve.supervisor import ReloadRequest, StartError, Supervisor
from faucet.serve.watch import Watcher

_FAILED: Final = 1
_CLOSE_SECONDS: Final = 2.0


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """
    What `faucet serve` was asked; without *watch*, `server.watch` of the manifest is off.

    *report* may show why a start was refused, in place of the log.
    """

    path: str
    registry: Registry
    overrides: Overrides
    watch: bool = True
    report: Report | None = None


def run(launch: Launch) -> int:
    """Serve until a signal; return the exit code: 0, or 1 when it could not start."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_Process(launch).main())


class _Process:
    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        registry = launch.registry
        loader = Loader(path=launch.path, registry=registry, overrides=launch.overrides)
        self._log = Log(LoggingSettings())
        self._reporter = LoadReporter(
            self._log, loader=loader, settings=self._logging, report=launch.report
        )
        status = Status(time.time)
        self._health = HealthChecks(self._publish)
        self._assembler = Assembler(
            registry=registry,
            answer=answer,
            health=self._health,
            status=status,
            publish=self._publish,
        )
        self._supervisor = Supervisor(
            loader=loader,
            assemble=self._assembler,
            status=status,
            publish=self._publish,
        )
        self._watcher = Watcher(
            folders=self._supervisor.folders,
            changed=lambda: self._supervisor.request_reload(ReloadRequest()),
            publish=self._publish,
            mode=self._mode,
        )
        self._stopping = False

    async def main(self) -> int:
        listen_to_libraries(self._publish)
        try:
            switch = await self._supervisor.start()
            self._reporter.started()
            server_settings = self._supervisor.loaded.settings.server
            sockets = open_sockets(server_settings.host, server_settings.port)
        except StartError:
            return _FAILED
        except ListenError as error:
            self._publish(events.LibraryNote(level="error", logger="faucet", message=str(error)))
            await self._supervisor.close(0)
            return _FAILED

        address = address_of(server_settings.host, sockets)
        server = Server(
            shell(switch),
            switch=switch,
            limit=self._limit,
            listening=lambda: self._publish(
                events.Listening(address=address, generation=self._supervisor.number)
            ),
        )
        self._assembler.draining = lambda: switch.draining
        self._supervisor.attempted = self._attempted
        self._attempted()
        self._follow_signals(server)
        async with _Background(
            self._supervisor.run(),
            self._watcher.run(),
            self._health.run(switch),
            recover(self._supervisor),
        ):
            await server.serve(sockets=sockets)
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._supervisor.close(0)
        except TimeoutError:
            # A statement that outlives its request on a thread would hold the interpreter back.
            self._end_now(0)
        self._publish(events.Stopped())
        return 0

    def _end_now(self, code: int) -> None:
        self._publish(events.Stopped())
        os._exit(code)

    def _publish(self, event: events.Event) -> None:
        self._reporter.publish(event)

    def _logging(self) -> LoggingSettings | None:
        loaded = getattr(self._supervisor, "loaded", None)
        return loaded and loaded.settings.logging

    def _mode(self) -> str:
        return self._supervisor.loaded.settings.server.watch if self._launch.watch else "off"

    def _limit(self) -> float:
        return self._supervisor.loaded.settings.server.shutdown_timeout

    def _attempted(self) -> None:
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
            self._reporter.tell_again()
            self._supervisor.request_reload(ReloadRequest(refresh=True))

        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop, number.name)
        loop.add_signal_handler(signal.SIGHUP, refresh)


class _Background:
    """Tasks that live as long as a block; one that fails ends the block with its error."""

    def __init__(self, *work: Coroutine[Any, Any, None]) -> None:
        self._work = work
        self._group = asyncio.TaskGroup()

    async def __aenter__(self) -> None:
        group = await self._group.__aenter__()
        self._tasks = [group.create_task(work) for work in self._work]

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await self._group.__aexit__(kind, error, trace)
