"""Events that the process reports to its operator, as tagged structs. Pure."""

from collections.abc import Callable

import msgspec

from faucet.diagnostics import Diagnostic
from faucet.model.settings import LoggingSettings


class Listening(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The server accepts connections at *address*; *generation* 0 has no manifest."""

    address: str
    generation: int


class Waiting(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """There is no manifest at *path* yet."""

    path: str


class ManifestGone(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The manifest at *path* can no longer be read; *generation* stays in service."""

    path: str
    generation: int


class Switched(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """*generation* is now in service; *logging* is its settings."""

    generation: int
    fingerprint: str
    logging: LoggingSettings
    warnings: tuple[Diagnostic, ...] = ()


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A reload was refused; *generation* stays in service, unchanged."""

    generation: int
    diagnostics: tuple[Diagnostic, ...]


class ReloadCrashed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A reload failed unexpectedly; *generation* stays in service, unchanged."""

    generation: int
    trace: str


class Unchanged(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A reload found that *generation* already matches the inputs."""

    generation: int


class Retired(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """*generation* is closed; not *drained* if requests exceeded the limit."""

    generation: int
    drained: bool


class ServiceChecked(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A service's *state* changed: ok, degraded or unreachable."""

    service: str
    state: str


class WatchFailed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Changes are only noticed by polling for now, because of *reason*."""

    reason: str


class Stopping(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The server is stopping and lets running requests finish."""

    signal: str


class Stopped(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The server has stopped."""


class Answered(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """
    One request; *path* is raw, without the query; *took_ms* is the time until the reply was sent.

    *route* is the name of its route, *action* the action that needs a grant, *rows* how many were
    returned or written, *error* the error's type. *reason* is why a credential was rejected, which
    no caller may know. A field that does not apply is None.
    """

    method: str
    path: str
    status: int
    took_ms: float
    principal: str | None
    request_id: str
    generation: int
    route: str | None = None
    service: str | None = None
    table: str | None = None
    action: str | None = None
    role: str | None = None
    rows: int | None = None
    error: str | None = None
    reason: str | None = None


class RequestCrashed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A request failed unexpectedly; the caller got a 500 with *request_id*."""

    request_id: str
    trace: str


class LibraryNote(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A line that a library wrote to `logging`."""

    level: str
    logger: str
    message: str


Event = (
    Listening
    | Waiting
    | ManifestGone
    | Switched
    | Refused
    | ReloadCrashed
    | Unchanged
    | Retired
    | ServiceChecked
    | WatchFailed
    | Stopping
    | Stopped
    | Answered
    | RequestCrashed
    | LibraryNote
)
Publish = Callable[[Event], None]
