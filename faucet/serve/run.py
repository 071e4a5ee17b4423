"""The process: load, listen, follow changes, stop gracefully."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec
import uvloop

from faucet import events
from faucet.control.overrides import Overrides
from faucet.extension.registry import Registry
from faucet.model.settings import LoggingSettings, Settings
from faucet.serve.agents import Agents
from faucet.serve.announcements import Announcements
from faucet.serve.app import shell
from faucet.serve.assemble import Assembler
from faucet.serve.descriptors import file_limit, most_connections, raise_file_limit
from faucet.serve.health import HealthChecks
from faucet.serve.listen import ListenError, address_of, open_sockets
from faucet.serve.load import LoadParts
from faucet.serve.load_reports import LoadReporter, Report
from faucet.serve.loading import Loader
from faucet.serve.logs import Log, listen_to_libraries
from faucet.serve.memory import freeze_loaded, return_memory, share_heaps
from faucet.serve.recovery import recover
from faucet.serve.refreshes import Refreshes
from faucet.serve.reloads import ReloadRequest
from faucet.serve.server import Server
from faucet.serve.startup import StartError, start
from faucet.serve.status import Status
from faucet.serve.supervisor import Supervisor, SupervisorParts
from faucet.serve.switch import Drain
from faucet.serve.watch import Watcher
from faucet.workers import Workers

_FAILED: Final = 1
_CLOSE_SECONDS: Final = 2.0


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """
    The options of `faucet serve`; without *watch*, `server.watch` of the manifest is off.

    *report* may show why a start was refused, instead of the log. *unknown* are variables of the
    environment that nothing reads.
    """

    path: str
    registry: Registry
    overrides: Overrides
    watch: bool = True
    report: Report | None = None
    unknown: tuple[events.UnknownVariable, ...] = ()


def run(launch: Launch) -> int:
    """Serve until a signal; return the exit code: 0, or 1 when it could not start."""
    raise_file_limit()
    share_heaps()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_start(launch))


async def _start(launch: Launch) -> int:
    registry, log = launch.registry, Log(LoggingSettings())
    loader = Loader(path=launch.path, registry=registry, overrides=launch.overrides)
    reporter = LoadReporter(log, loader=loader, report=launch.report)
    publish = reporter.publish
    listen_to_libraries(publish)
    status, drain, health = Status(time.time), Drain(), HealthChecks(publish)
    refreshes = Refreshes()
    assembler = Assembler(
        registry=registry,
        health=health,
        status=status,
        drain=drain,
        publish=publish,
        schema_changed=refreshes.request,
    )
    parts = SupervisorParts(
        loads=LoadParts(loader=loader, workers=Workers("loads", 1)),
        assemble=assembler,
        status=status,
        publish=publish,
        drain=drain,
    )
    sockets = _Sockets(reporter)
    try:
        supervisor = await start(parts, sockets.open)
        refreshes.follow(supervisor)
    except (StartError, ListenError):
        return _FAILED
    freeze_loaded()
    for variable in launch.unknown:
        publish(variable)
    reporter.mark_started()
    process = _Process(
        supervisor=supervisor,
        health=health,
        announcements=Announcements(registry.dialects, refreshes.request, publish),
        reporter=reporter,
        log=log,
        watch=launch.watch,
    )
    return await process.serve(sockets)


class _Sockets:
    """The sockets of the process, opened before anything is reported as in service."""

    def __init__(self, reporter: LoadReporter) -> None:
        self._reporter = reporter
        self.opened: list[socket.socket] = []
        self.address = ""

    def open(self, settings: Settings) -> None:
        """Open them, and report that or why not; raises `ListenError`."""
        self._reporter.configure(settings.logging)
        host, port = settings.server.host, settings.server.port
        try:
            self.opened = open_sockets(host, port)
        except ListenError as error:
            failed = events.CannotListen(host=host, port=port, reason=str(error))
            self._reporter.publish(failed)
            raise
        self.address = address_of(host, self.opened)
        self._reporter.publish(events.Bound(address=self.address))


class _Process:
    """A process with a generation in service, until it ends."""

    def __init__(  # noqa: PLR0913
        self,
        *,
        supervisor: Supervisor,
        health: HealthChecks,
        announcements: Announcements,
        reporter: LoadReporter,
        log: Log,
        watch: bool,
    ) -> None:
        self._supervisor = supervisor
        self._health = health
        self._announcements = announcements
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
        self._agents = Agents(supervisor.switch, self._publish)
        self._stopping = False

    async def serve(self, sockets: _Sockets) -> int:
        supervisor = self._supervisor
        server = self._server(sockets.address)
        self._after_attempt()
        self._follow_signals(server)
        async with _background(
            supervisor.run(self._after_attempt),
            self._watcher.run(),
            self._health.run(supervisor.switch),
            recover(supervisor),
            self._announcements.run(),
            self._agents.run(),
            return_memory(),
        ):
            await server.serve(sockets=sockets.opened)
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await supervisor.close(0)
        except TimeoutError:
            # A statement that outlives its request on a thread would block the interpreter's exit.
            self._end_now(0)
        if supervisor.loading:
            # So would a load, which may take long, and whose result nobody needs any more.
            self._end_now(0)
        self._publish(events.Stopped())
        return 0

    def _server(self, address: str) -> Server:
        switch, files = self._supervisor.switch, file_limit()
        return Server(
            shell(switch, self._agents),
            switch=switch,
            most_connections=lambda: most_connections(self._supervisor.loaded.settings, files),
            publish=self._publish,
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
        self._announcements.follow(self._supervisor.loaded.settings.services)
        self._watcher.rearm()

    def _follow_signals(self, server: Server) -> None:
        def stop(name: str) -> None:
            if self._stopping:
                self._end_now(_FAILED)
            self._stopping = True
            self._publish(events.Stopping(signal=name))
            self._agents.close()
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
