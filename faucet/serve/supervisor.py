"""One reload at a time: read, build, compare, switch, retire; a failure keeps the last good one."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import msgspec

from faucet import events
from faucet.control.pipeline import Built
from faucet.diagnostics import Diagnostic, Outcome, Span, has_errors
from faucet.events import Publish
from faucet.model.catalog import Catalog
from faucet.serve.catalogs import (
    NOTHING_KNOWN,
    Known,
    Services,
    newest,
    still_valid,
    unreachable,
)
from faucet.serve.inputs import Reading, folders_of, paths_of
from faucet.serve.load import Load, LoadParts, build_load
from faucet.serve.loading import same
from faucet.serve.reachability import unreachable_services
from faucet.serve.reloads import Attempt, ReloadRequest, Trigger, changed_sections
from faucet.serve.restart import restart_needed
from faucet.serve.running import Running
from faucet.serve.status import Status
from faucet.serve.switch import Drain, Switch

UNREADABLE: Final = "FCT1902"
CRASHED: Final = "FCT1903"
_OF_DATABASES: Final = "FCT14"

Assemble = Callable[[Built, int], Awaitable[Running]]


class SupervisorParts(msgspec.Struct, frozen=True, kw_only=True):
    """The dependencies of a supervisor."""

    loads: LoadParts
    assemble: Assemble
    status: Status
    publish: Publish
    drain: Drain


class Supervisor:
    """
    Owner of the generations; see `start`. Belongs to one event loop.

    `request_reload` may be called at any time and often: requests are merged in a single slot, so
    that none is lost and none is queued.
    """

    def __init__(
        self, parts: SupervisorParts, reading: Reading, loaded: Built, switch: Switch
    ) -> None:
        self.loaded = loaded
        self.switch = switch
        self._loads = parts.loads
        self._loader = parts.loads.loader
        self.registry = parts.loads.loader.registry
        self._run = parts.loads.workers.run
        self._assemble = parts.assemble
        self._status = parts.status
        self._publish = parts.publish
        self._slot: ReloadRequest | None = None
        self._requested = asyncio.Event()
        self._reading = reading
        self._known = NOTHING_KNOWN
        self._kept_out: Services = {}
        self._retiring: set[asyncio.Task[None]] = set()

    @property
    def number(self) -> int:
        """The number of the generation in service."""
        return self.switch.current.generation.number

    @property
    def loading(self) -> bool:
        """Whether a load is in progress, also one that was given up."""
        return self._loads.workers.busy

    @property
    def incomplete(self) -> bool:
        """Whether a database could not be reached, so that something is not served."""
        return bool(self.missing())

    def missing(self) -> Services:
        """
        Return the services whose database could not be reached: of the generation in service, and
        of a manifest that was refused for that.
        """
        return {**unreachable(self._known), **self._kept_out}

    def request_reload(self, request: ReloadRequest) -> None:
        """Request a reload; returns at once."""
        self._slot = self._slot.merge(request) if self._slot else request
        self._requested.set()

    def offer(self, read: Known) -> None:
        """Request that the catalogs in *read* are applied; returns at once."""
        found = {name: each for name, each in read.items() if isinstance(each.catalog, Catalog)}
        if found:
            self.request_reload(ReloadRequest(found=found))

    def follow(self, load: Load) -> None:
        """Remember what *load*, which is in service, knows; what it still waits for is applied."""
        self._known = load.known
        load.readings.report_late(self.offer)

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
        attempt = Attempt(trigger=Trigger.SIGNAL if request.refresh else Trigger.FILES)
        reading = await self._run(self._loader.read)
        if not request.refresh and not await self._differs(reading):
            attempt = msgspec.structs.replace(attempt, trigger=Trigger.DATABASES)
            if request.found and not self._kept_out:
                await self._renew(request.found, attempt)
            if not (request.found and self._kept_out):
                return False

        if reading.text is None:
            self._reading = reading
            self._report_missing(reading)
            return True
        await self._load(reading, request, attempt)
        return True

    async def _differs(self, reading: Reading) -> bool:
        return not await self._run(partial(self._loader.same, self._reading, reading))

    async def _renew(self, found: Known, attempt: Attempt) -> None:
        """Serve the current settings with the catalogs in *found*."""
        services = self.loaded.settings.services
        known = newest(self._known, still_valid(found, services))
        catalogs = {name: each.catalog for name, each in known.items()}
        outcome = await self._run(partial(self._loader.renew, self.loaded, catalogs))
        if outcome.value is not None and not same(outcome.value, self.loaded):
            changed = changed_sections(self.loaded, outcome.value)
            await self._serve(outcome.value)
            self._known = known
            self.report_switch(None, attempt, changed)

    async def _load(self, reading: Reading, request: ReloadRequest, attempt: Attempt) -> None:
        known, fresh = newest(self._known, request.found), request.refresh
        self._reading, load, built = await build_load(self._loads, reading, known, fresh=fresh)
        outcome = self._compare(built)
        if load.unanswered and has_errors(outcome.diagnostics):
            self._publish(events.AwaitingDatabases(services=load.unanswered))
            if not await self._wait_for(load):
                return
            outcome = self._compare(await load.build())
        await self._apply(outcome, load, attempt)

    async def _wait_for(self, load: Load) -> bool:
        """
        Wait until every database has answered or failed; return False once the inputs change.

        What changed may be a revocation; it is loaded instead.
        """
        answered = asyncio.ensure_future(load.readings.wait())
        while not answered.done():
            requested = asyncio.ensure_future(self._requested.wait())
            await asyncio.wait((answered, requested), return_when=asyncio.FIRST_COMPLETED)
            requested.cancel()
            if self._requested.is_set():
                if await self._differs(await self._run(self._loader.read)):
                    answered.cancel()
                    return False
                self._requested.clear()
        if self._slot is not None:
            self._requested.set()
        return True

    def _compare(self, outcome: Outcome[Built]) -> Outcome[Built]:
        """Add what a running process cannot change, and what it would lose."""
        loaded = outcome.value
        if loaded is None:
            return outcome
        started, wanted = self.loaded.settings.server, loaded.settings.server
        found = (
            *outcome.diagnostics,
            *restart_needed(started, wanted, loaded.document),
            *unreachable_services(self.loaded, loaded),
        )
        return Outcome(value=loaded, diagnostics=found)

    async def _apply(self, outcome: Outcome[Built], load: Load, attempt: Attempt) -> None:
        loaded, found = outcome.value, outcome.diagnostics
        if loaded is None or has_errors(found):
            by_databases = any(one.code.startswith(_OF_DATABASES) for one in found)
            self._kept_out = unreachable(load.known) if by_databases else {}
            self._publish(
                events.Refused(
                    generation=self.number,
                    diagnostics=found,
                    trigger=attempt.trigger,
                    ms=attempt.ms,
                )
            )
            self._status.record_attempt(found, ok=False)
            return

        self._kept_out = {}
        if self.number and same(loaded, self.loaded):
            # Its catalogs may contain more: relations that a later manifest may publish.
            self.loaded = loaded
            self.follow(load)
            self._publish(
                events.Unchanged(generation=self.number, trigger=attempt.trigger, ms=attempt.ms)
            )
            self._status.record_attempt(found, ok=True)
            return
        changed = changed_sections(self.loaded, loaded)
        await self._serve(loaded)
        self.follow(load)
        self.report_switch(found, attempt, changed)

    async def _serve(self, loaded: Built) -> None:
        """Start *loaded*, then switch by one assignment, then retire the previous generation."""
        running = await self._assemble(loaded, self.number + 1)
        await running.start()
        self.loaded = loaded
        before = self.switch.turn(running)
        self._retire(before, loaded.settings.server.shutdown_timeout)

    def report_switch(
        self,
        found: tuple[Diagnostic, ...] | None,
        attempt: Attempt | None = None,
        changed: tuple[str, ...] = (),
    ) -> None:
        """
        Report that the current generation is in service; *found* is None if no manifest led to it.
        *attempt* is None for the first one, *changed* are sections of the manifest.
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
                    trigger=None if attempt is None else attempt.trigger,
                    changed=changed,
                    ms=None if attempt is None else attempt.ms,
                )
            )

    def _report_missing(self, reading: Reading) -> None:
        if self.number:
            self._publish(
                events.ManifestGone(
                    path=reading.path, reason=reading.problem, generation=self.number
                )
            )
            self._status.record_attempt((unreadable(reading),), ok=False)
        else:
            self._publish(events.Waiting(path=reading.path))

    def _retire(self, running: Running, limit: float) -> None:
        task = asyncio.create_task(self._end(running, limit))
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def _end(self, running: Running, limit: float) -> None:
        drained = await running.retire(limit)
        self._publish(events.Retired(generation=running.generation.number, drained=drained))


def unreadable(reading: Reading) -> Diagnostic:
    """Return the error for a manifest that cannot be read."""
    return Diagnostic(
        code=UNREADABLE,
        message=f"the manifest cannot be read: {reading.problem}",
        span=Span(file=reading.path, line=1, column=1, end_line=1, end_column=1),
    )
