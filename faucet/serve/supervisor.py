"""One reload at a time: read, build, compare, switch, retire; a failure keeps the last good one."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from faucet import events
from faucet.control.pipeline import Built
from faucet.diagnostics import Diagnostic, Outcome, Span, has_errors
from faucet.events import Publish
from faucet.model.catalog import Unreachable
from faucet.serve.inputs import Reading, folders_of, paths_of
from faucet.serve.loading import Loader, same
from faucet.serve.reachability import unreachable_services
from faucet.serve.restart import restart_needed
from faucet.serve.running import Running
from faucet.serve.status import Status
from faucet.serve.switch import Drain, Switch

UNREADABLE: Final = "FCT1902"
CRASHED: Final = "FCT1903"
_OF_DATABASES: Final = "FCT14"

Assemble = Callable[[Built, int], Awaitable[Running]]


class ReloadRequest(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a reload checks: the inputs always; with *refresh*, every catalog too; with *retry*, the
    databases that could not be reached.
    """

    refresh: bool = False
    retry: bool = False

    def merge(self, newer: "ReloadRequest") -> "ReloadRequest":
        """Return the request that covers both."""
        return ReloadRequest(refresh=self.refresh or newer.refresh, retry=self.retry or newer.retry)


class StartError(Exception):
    """The first manifest cannot be served; its faults were published."""


class SupervisorParts(msgspec.Struct, frozen=True, kw_only=True):
    """The dependencies of a supervisor."""

    loader: Loader
    assemble: Assemble
    status: Status
    publish: Publish
    drain: Drain


async def start(parts: SupervisorParts) -> "Supervisor":
    """
    Load for the first time; return the supervisor, at generation 0 if there is no manifest.

    Raises `StartError` if there is one and it cannot be served.
    """
    loader, publish = parts.loader, parts.publish
    reading = await asyncio.to_thread(loader.read)
    if reading.missing:
        publish(events.Waiting(path=reading.path))
        outcome = await asyncio.to_thread(loader.empty)
    elif reading.text is None:
        outcome = Outcome[Built](value=None, diagnostics=(_unreadable(reading),))
    else:
        reading, outcome = await asyncio.to_thread(loader.load, reading, None, fresh=True)
    if outcome.value is None or has_errors(outcome.diagnostics):
        publish(events.Refused(generation=0, diagnostics=outcome.diagnostics))
        raise StartError

    running = await parts.assemble(outcome.value, 0 if reading.missing else 1)
    await running.start()
    supervisor = Supervisor(parts, reading, outcome.value, Switch(running, parts.drain))
    supervisor.report_switch(outcome.diagnostics)
    return supervisor


class Supervisor:
    """
    Owner of the generations, made by `start`. Belongs to one event loop.

    `request_reload` may be called at any time and often: requests are merged in a single slot, so
    that none is lost and none is queued.
    """

    def __init__(
        self, parts: SupervisorParts, reading: Reading, loaded: Built, switch: Switch
    ) -> None:
        self.loaded = loaded
        self.switch = switch
        self._loader = parts.loader
        self._assemble = parts.assemble
        self._status = parts.status
        self._publish = parts.publish
        self._slot: ReloadRequest | None = None
        self._requested = asyncio.Event()
        self._reading = reading
        self._kept_out = False
        self._retiring: set[asyncio.Task[None]] = set()

    @property
    def number(self) -> int:
        """The number of the generation in service."""
        return self.switch.current.generation.number

    @property
    def incomplete(self) -> bool:
        """Whether a database could not be reached, so that something is not served."""
        unreachable = any(isinstance(one, Unreachable) for one in self.loaded.catalogs.values())
        return self._kept_out or unreachable

    def request_reload(self, request: ReloadRequest) -> None:
        """Request a reload; returns at once."""
        self._slot = self._slot.merge(request) if self._slot else request
        self._requested.set()

    async def run(self, after_attempt: Callable[[], None]) -> None:
        """
        Handle requests until cancelled.

        *after_attempt* is called after each attempt, since the folders to watch may have changed.
        """
        while True:
            await self._requested.wait()
            self._requested.clear()
            request, self._slot = self._slot, None
            if request is not None and await self._handle(request):
                after_attempt()

    async def close(self, limit: float) -> None:
        """End every generation, the current one too; requests have at most *limit* seconds."""
        self._retire(self.switch.current, limit)
        await asyncio.gather(*self._retiring)

    def folders(self) -> frozenset[str]:
        """Return the folders to watch for what was read last."""
        return folders_of(paths_of(self._reading, self._loader.registry))

    async def _handle(self, request: ReloadRequest) -> bool:
        try:
            return await self._attempt(request)
        except Exception:  # noqa: BLE001 - whatever failed, the last good generation stays in service
            trace = traceback.format_exc()
            self._publish(events.ReloadCrashed(generation=self.number, trace=trace))
            crashed = Diagnostic(code=CRASHED, message="the reload failed; see the log for details")
            self._status.record_attempt((crashed,), ok=False)
            return False

    async def _attempt(self, request: ReloadRequest) -> bool:
        """Handle *request*; return whether the inputs were read again."""
        reading = await asyncio.to_thread(self._loader.read)
        if await asyncio.to_thread(self._loader.same, self._reading, reading):
            if request.retry and not (request.refresh or self._kept_out):
                await self._renew()
                return False
            if not (request.refresh or request.retry):
                return False

        if reading.text is None:
            self._reading = reading
            self._report_missing(reading)
            return True
        self._reading, outcome = await asyncio.to_thread(
            self._loader.load, reading, self.loaded, fresh=request.refresh
        )
        await self._apply(outcome)
        return True

    async def _renew(self) -> None:
        """Read the missing catalogs again, and serve the current settings with them."""
        outcome = await asyncio.to_thread(self._loader.renew, self.loaded)
        if outcome.value is not None and not same(outcome.value, self.loaded):
            await self._serve(outcome.value)
            self.report_switch(None)

    async def _apply(self, outcome: Outcome[Built]) -> None:
        loaded, found = outcome.value, outcome.diagnostics
        if loaded is not None:
            started, wanted = self.loaded.settings.server, loaded.settings.server
            found = (
                *found,
                *restart_needed(started, wanted, loaded.document),
                *unreachable_services(self.loaded, loaded),
            )
        self._kept_out = any(one.code.startswith(_OF_DATABASES) for one in found)
        if loaded is None or has_errors(found):
            self._publish(events.Refused(generation=self.number, diagnostics=found))
            self._status.record_attempt(found, ok=False)
            return

        self._kept_out = False
        if self.number and same(loaded, self.loaded):
            # Its catalogs may contain more: relations that a later manifest may publish.
            self.loaded = loaded
            self._publish(events.Unchanged(generation=self.number))
            self._status.record_attempt(found, ok=True)
            return
        await self._serve(loaded)
        self.report_switch(found)

    async def _serve(self, loaded: Built) -> None:
        """Start *loaded*, then switch by one assignment, then retire the previous generation."""
        running = await self._assemble(loaded, self.number + 1)
        await running.start()
        self.loaded = loaded
        before = self.switch.turn(running)
        self._retire(before, loaded.settings.server.shutdown_timeout)

    def report_switch(self, found: tuple[Diagnostic, ...] | None) -> None:
        """
        Report that the current generation is in service; *found* is None if no reload led to it.
        """
        fingerprint = self.loaded.surface.fingerprint if self.number else None
        self._status.record_switch(self.number, fingerprint, found)
        if fingerprint is not None:
            self._publish(
                events.Switched(
                    generation=self.number,
                    fingerprint=fingerprint,
                    logging=self.loaded.settings.logging,
                    warnings=found or (),
                )
            )

    def _report_missing(self, reading: Reading) -> None:
        if self.number:
            self._publish(events.ManifestGone(path=reading.path, generation=self.number))
            self._status.record_attempt((_unreadable(reading),), ok=False)
        else:
            self._publish(events.Waiting(path=reading.path))

    def _retire(self, running: Running, limit: float) -> None:
        task = asyncio.create_task(self._end(running, limit))
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def _end(self, running: Running, limit: float) -> None:
        drained = await running.retire(limit)
        self._publish(events.Retired(generation=running.generation.number, drained=drained))


def _unreadable(reading: Reading) -> Diagnostic:
    return Diagnostic(
        code=UNREADABLE,
        message=f"the manifest cannot be read: {reading.problem}",
        span=Span(file=reading.path, line=1, column=1, end_line=1, end_column=1),
    )
