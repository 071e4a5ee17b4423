"""Notices possible changes of the inputs, whatever happens to the notifier."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from watchfiles import Change
from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

from faucet.events import Publish, WatchFailed
from faucet.workers import Workers

QUIET_MS: Final = 75
"""How long it must be quiet before a change counts as finished: editors write in steps."""
_LONGEST_MS: Final = 400
_FALLBACK_MS: Final = 5_000
_POLL_SECONDS: Final = 1.0

Folders = Callable[[], frozenset[str]]
Identities = frozenset[tuple[str, int, int]]


class Watcher:
    """
    Calls *changed* whenever something in *folders* may have changed, and periodically.

    It reads no file: `changed` finds out what a change means. *folders* is called again after every
    call, since a reload, a swapped link or a re-created folder may change what must be watched.
    *mode* is the manifest's `server.watch`.
    """

    def __init__(
        self,
        *,
        folders: Folders,
        changed: Callable[[], None],
        publish: Publish,
        mode: Callable[[], str],
    ) -> None:
        self._folders = folders
        self._changed = changed
        self._publish = publish
        self._mode = mode
        self._workers = Workers("watch", 1)
        self._rearm = asyncio.Event()
        self._reason = ""

    def rearm(self) -> None:
        """Read *folders* and *mode* again, now."""
        self._rearm.set()

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            self._rearm = asyncio.Event()
            match self._mode():
                case "off":
                    await self._rearm.wait()
                case "poll":
                    await self._pause(_POLL_SECONDS)
                    self._changed()
                case _:
                    await self._events()

    async def _events(self) -> None:
        folders = self._folders()
        identities = _identities(folders)
        try:
            notifier = RustNotify(sorted(folders), False, False, 0, False, False)  # noqa: FBT003
        except (OSError, WatchfilesRustInternalError) as error:
            # No folder, no permission, or no inotify watches left: polling still sees changes.
            self._complain(str(error))
            await self._pause(_POLL_SECONDS)
            self._changed()
            return
        with notifier:
            # Until the watch was set up, anything may have happened.
            self._changed()
            while await self._wait(notifier, folders):
                self._changed()
                if _identities(self._folders()) != identities:
                    return

    async def _wait(self, notifier: RustNotify, folders: frozenset[str]) -> bool:
        """
        Wait until it is quiet after a change, or for a while; return whether *notifier* can be
        kept.
        """
        stop = self._rearm
        try:
            found = await self._workers.run(
                partial(notifier.watch, _LONGEST_MS, QUIET_MS, _FALLBACK_MS, stop)
            )
        except asyncio.CancelledError:
            # The thread checks it and ends; nothing else stops it.
            stop.set()
            raise
        if isinstance(found, str):
            return found == "timeout"
        # A folder that was made again is not watched any more, though its inode may be the same.
        return not any(kind == Change.deleted and path in folders for kind, path in found)

    def _complain(self, reason: str) -> None:
        if reason != self._reason:
            self._reason = reason
            self._publish(WatchFailed(reason=reason))

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rearm.wait()


def _identities(folders: frozenset[str]) -> Identities:
    """Return the identities of the folders: a replaced one only has the same name."""
    found = set()
    for folder in folders:
        try:
            status = Path(folder).stat()
        except OSError:
            found.add((folder, 0, 0))
        else:
            found.add((folder, status.st_dev, status.st_ino))
    return frozenset(found)
