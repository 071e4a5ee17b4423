"""One load: its manifest, what is known of its databases, and how it waits for the others."""

from functools import partial
from typing import Final

import msgspec

from faucet.control.pipeline import Built, Prepared
from faucet.diagnostics import Outcome, Severity
from faucet.serve.catalogs import NOTHING_KNOWN, CatalogReadings, Known, merge_results, still_valid
from faucet.serve.inputs import Reading
from faucet.serve.loading import Loader
from faucet.workers import Workers

_OF_CATALOGS: Final = "FCT15"
_BRIEFLY: Final = 0.5
"""Seconds in which a database usually answers; a slower one is applied later."""


class LoadParts(msgspec.Struct, frozen=True, kw_only=True):
    """What loads need; *workers* run nothing else."""

    loader: Loader
    workers: Workers


class Load:
    """
    A load of *prepared*, made by `begin_load`. Belongs to one event loop.

    *known* is what is known of the database of each of its services; *unanswered* are those whose
    answer the last build did without.
    """

    def __init__(
        self,
        parts: LoadParts,
        prepared: Outcome[Prepared],
        known: Known,
        readings: CatalogReadings,
    ) -> None:
        self.readings = readings
        self.known = known
        self.unanswered: tuple[str, ...] = ()
        self._parts = parts
        self._prepared = prepared

    async def build(self) -> Outcome[Built]:
        """Return the result with the catalogs that are known by now."""
        prepared, found = self._prepared.value, self._prepared.diagnostics
        if prepared is None:
            return Outcome(value=None, diagnostics=found)
        services = prepared.settings.services
        # One that answers during the build counts for the next one only.
        self.unanswered = self.readings.pending
        self.known = merge_results(services, self.known, self.readings.results())
        catalogs = {name: each.catalog for name, each in self.known.items()}
        finish = partial(self._parts.loader.finish, prepared, catalogs, found)
        return await self._parts.workers.run(finish)


async def begin_load(
    parts: LoadParts, reading: Reading, known: Known = NOTHING_KNOWN, *, fresh: bool = False
) -> tuple[Reading, Load]:
    """
    Begin to load *reading*; return it with the secrets that it used, and the load.

    Databases of which *known* says nothing, all if *fresh*, are queried; this waits briefly for
    them, since a load decides who may do what, and one that does not answer must not delay that.
    """
    reading, prepared = await parts.workers.run(partial(parts.loader.prepare, reading))
    services = prepared.value.settings.services if prepared.value is not None else {}
    valid = still_valid(known, services)
    queried = {name: each for name, each in services.items() if fresh or name not in valid}
    readings = CatalogReadings(queried, parts.loader.registry.dialects)
    await readings.wait(_BRIEFLY)
    return reading, Load(parts, prepared, valid, readings)


async def build_load(
    parts: LoadParts, reading: Reading, known: Known, *, fresh: bool
) -> tuple[Reading, Load, Outcome[Built]]:
    """
    Begin a load, as `begin_load` does, and build it; return its result too.

    A manifest that does not fit the tables may be for newer ones: all are then read again.
    """
    read, load = await begin_load(parts, reading, known, fresh=fresh)
    outcome = await load.build()
    if not fresh and _misfits(outcome):
        return await build_load(parts, read, known, fresh=True)
    return read, load, outcome


def _misfits(outcome: Outcome[Built]) -> bool:
    return any(
        one.severity is Severity.ERROR and one.code.startswith(_OF_CATALOGS)
        for one in outcome.diagnostics
    )
