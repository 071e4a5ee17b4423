"""Caches limited in bytes, and how much of them is in use."""

import threading
from collections.abc import Hashable, Mapping
from typing import Any, Final, Generic, TypeVar
from weakref import WeakSet

import msgspec

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_LIVE: Final["WeakSet[SizedCache[Any, Any]]"] = WeakSet()


class CacheUse(msgspec.Struct, frozen=True, kw_only=True):
    """How much a cache holds, and its limit in bytes."""

    entries: int
    bytes: int
    limit: int


class SizedCache(Generic[K, V]):
    """
    Values by key, at most *most* of them and *limit* bytes in all; those not used for longest are
    evicted first.

    The sizes are those that `put` is given; a value larger than *largest* is not kept. There are
    two halves: a value that is used moves into the newer one; when that is full it replaces the
    older one, whose values are evicted. A value in the newer half, the common case, is found by one
    look at a dict and without a lock; threads share a cache, so a lock guards all changes.
    """

    def __init__(self, name: str, *, limit: int, largest: int, most: int) -> None:
        self.name = name
        self._limit = limit
        self._largest = min(largest, limit // 2)
        self._half = most // 2
        self._newer: dict[K, tuple[V, int]] = {}
        self._older: dict[K, tuple[V, int]] = {}
        self._newer_bytes = self._older_bytes = 0
        self._lock = threading.Lock()
        _LIVE.add(self)

    def get(self, key: K) -> V | None:
        """Return the value of *key*, or None."""
        found = self._newer.get(key)
        if found is None:
            found = self._older.get(key)
            if found is None:
                return None
            self.put(key, *found)
        return found[0]

    def put(self, key: K, value: V, size: int) -> None:
        """Keep *value*, of *size* bytes with its key, unless it is too large."""
        if size > self._largest or self._half < 1:
            return
        with self._lock:
            if len(self._newer) >= self._half or self._newer_bytes + size > self._limit // 2:
                self._older, self._older_bytes = self._newer, self._newer_bytes
                self._newer, self._newer_bytes = {}, 0
            before = self._newer.get(key)
            self._newer_bytes += size - (0 if before is None else before[1])
            self._newer[key] = (value, size)

    @property
    def use(self) -> CacheUse:
        """How much is kept."""
        return CacheUse(
            entries=len(self), bytes=self._newer_bytes + self._older_bytes, limit=self._limit
        )

    def __contains__(self, key: K) -> bool:
        """Return whether *key* has a value."""
        return key in self._newer or key in self._older

    def __len__(self) -> int:
        """Return how many values are kept; one that moved is in both halves."""
        return len(self._newer) + len(self._older)


def cache_uses() -> Mapping[str, CacheUse]:
    """Return the use of the caches of the process by name, each the sum over all generations."""
    found: dict[str, CacheUse] = {}
    for cache in tuple(_LIVE):
        one, before = cache.use, found.get(cache.name)
        found[cache.name] = one if before is None else _sum(before, one)
    return dict(sorted(found.items()))


def _sum(one: CacheUse, other: CacheUse) -> CacheUse:
    return CacheUse(
        entries=one.entries + other.entries,
        bytes=one.bytes + other.bytes,
        limit=one.limit + other.limit,
    )
