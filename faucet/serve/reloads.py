"""What a reload is asked to do, why, how long it took, and what it changed."""

import time
from typing import Final

import msgspec

from faucet.control.pipeline import Built
from faucet.names import ClosedSet
from faucet.serve.catalogs import NOTHING_KNOWN, Known, newest

_SECTIONS: Final = ("server", "auth", "limits", "services", "roles", "logging", "mcp")
TABLES: Final = "tables"
"""What changed if the databases' tables did, and not the manifest."""


class Trigger(ClosedSet):
    """Why there is a reload: a file changed, an operator asked for it, or a database did."""

    FILES = "files"
    SIGNAL = "signal"
    DATABASES = "databases"


class ReloadRequest(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a reload checks: the inputs always; with *refresh*, every catalog too. *found* are catalogs
    that were read since the last load.
    """

    refresh: bool = False
    found: Known = NOTHING_KNOWN

    def merge(self, newer: "ReloadRequest") -> "ReloadRequest":
        """Return the request that covers both."""
        return ReloadRequest(
            refresh=self.refresh or newer.refresh, found=newest(self.found, newer.found)
        )


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """A reload that is in progress: its trigger, and when it began on the monotonic clock."""

    trigger: Trigger
    began: float = msgspec.field(default_factory=time.monotonic)

    @property
    def ms(self) -> int:
        """How many milliseconds it has taken so far."""
        return round((time.monotonic() - self.began) * 1000)


def changed_sections(before: Built, after: Built) -> tuple[str, ...]:
    """Return the sections of the manifest whose settings differ, and `TABLES` if the tables do."""
    one, other = before.settings, after.settings
    sections = (name for name in _SECTIONS if getattr(one, name) != getattr(other, name))
    return (*sections, *([TABLES] if before.catalogs != after.catalogs else ()))
