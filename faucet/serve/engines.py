"""Executors that outlive generations: shared by identity, counted, closed after the last lease."""

import asyncio
import hashlib
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from faucet.extension.dialect import Dialect
from faucet.extension.executor import Executor
from faucet.model.settings import Journal, PoolSettings, ServiceSettings
from faucet.request.execute import Share


class EngineIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """
    The identity of a service's connection.

    The service's name is part of it: two services never share the bounds of one pool.
    """

    service: str
    dialect: str
    dsn_digest: str
    schema: str | None
    read_only: bool
    journal: Journal
    immutable: bool
    expose_raise: bool
    pooled: bool
    pool: PoolSettings
    statement_timeout: float


def identity_of(settings: ServiceSettings) -> EngineIdentity:
    """Return the identity of the engine for *settings*; contains no secret."""
    return EngineIdentity(
        service=settings.name,
        dialect=settings.dialect,
        dsn_digest=hashlib.sha256(settings.dsn.reveal().encode()).hexdigest(),
        schema=settings.schema,
        read_only=settings.read_only,
        journal=settings.journal,
        immutable=settings.immutable,
        expose_raise=settings.expose_raise,
        pooled=settings.pooled,
        pool=settings.pool,
        statement_timeout=settings.limits.statement_timeout,
    )


class EngineLease(msgspec.Struct, frozen=True, kw_only=True):
    """
    The executors of one generation, by service, and the identities to release.

    *shares* of their pools are common to all generations that use them.
    """

    executors: Mapping[str, Executor]
    shares: Mapping[str, Share]
    identities: tuple[EngineIdentity, ...]


class Engines:
    """All executors of the process, each with the number of generations that hold it."""

    def __init__(self, dialects: Mapping[str, Dialect]) -> None:
        self._dialects = dialects
        self._executors: dict[EngineIdentity, Executor] = {}
        self._shares: dict[EngineIdentity, Share] = {}
        self._holders: dict[EngineIdentity, int] = {}

    def acquire(self, services: Mapping[str, ServiceSettings]) -> EngineLease:
        """
        Return an executor for each of *services*; known identities keep theirs.

        Nothing is counted if a dialect raises: executors connect on first use, so an unused one
        need not be closed.
        """
        executors: dict[str, Executor] = {}
        identities: list[EngineIdentity] = []
        for name, settings in services.items():
            identity = identity_of(settings)
            held = self._executors.get(identity)
            executors[name] = held or self._dialects[settings.dialect].executor(settings)
            identities.append(identity)

        for identity, executor in zip(identities, executors.values(), strict=True):
            self._executors[identity] = executor
            self._shares.setdefault(identity, Share(identity.pool))
            self._holders[identity] = self._holders.get(identity, 0) + 1
        return EngineLease(
            executors=MappingProxyType(executors),
            shares={identity.service: self._shares[identity] for identity in identities},
            identities=tuple(identities),
        )

    async def release(self, lease: EngineLease) -> None:
        """Release *lease*; an executor that is no longer used is closed."""
        await asyncio.gather(*(executor.close() for executor in self.forget(lease)))

    def forget(self, lease: EngineLease) -> tuple[Executor, ...]:
        """Release *lease*; return the executors that are no longer used, still open."""
        ended: list[Executor] = []
        for identity in lease.identities:
            self._holders[identity] -= 1
            if not self._holders[identity]:
                del self._holders[identity], self._shares[identity]
                ended.append(self._executors.pop(identity))
        return tuple(ended)

    def __len__(self) -> int:
        return len(self._executors)
