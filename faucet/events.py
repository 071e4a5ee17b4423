"""Events that the process reports to its operator, as tagged structs. Pure."""

from collections.abc import Callable

import msgspec

from faucet.diagnostics import Diagnostic
from faucet.model.settings import LoggingSettings


class Listening(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The server accepts connections at *address*; *generation* 0 has no manifest."""

    address: str
    generation: int


class Bound(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The port of *address* is taken, before connections are accepted."""

    address: str


class CannotListen(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The server cannot listen on *host* and *port*, because of *reason*, and does not start."""

    host: str
    port: int
    reason: str


class UnknownVariable(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Nothing reads the environment variable *name*; *hint* may have a similar name."""

    name: str
    hint: str


class Waiting(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """There is no manifest at *path* yet."""

    path: str


class ManifestGone(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The manifest at *path* can no longer be read; *generation* stays in service."""

    path: str
    reason: str
    generation: int


class Switched(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """
    *generation* is now in service; *logging* is its settings. *trigger* is what a reload was for
    (files, signal or databases), *changed* the sections of the manifest that did, or `tables`, *ms*
    how long it took; the first generation has none of these.
    """

    generation: int
    fingerprint: str
    logging: LoggingSettings
    warnings: tuple[Diagnostic, ...] = ()
    trigger: str | None = None
    changed: tuple[str, ...] = ()
    ms: int | None = None


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """
    A reload was refused; *generation* stays in service, unchanged. *trigger* and *ms* as in
    Switched.
    """

    generation: int
    diagnostics: tuple[Diagnostic, ...]
    trigger: str | None = None
    ms: int | None = None


class ReloadCrashed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A reload failed unexpectedly; *generation* stays in service, unchanged."""

    generation: int
    trace: str


class Unchanged(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """
    A reload found that *generation* already matches the inputs. *trigger* and *ms* as in Switched.
    """

    generation: int
    trigger: str | None = None
    ms: int | None = None


class Retired(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """*generation* is closed; not *drained* if requests exceeded the limit."""

    generation: int
    drained: bool


class AwaitingDatabases(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A load waits for the databases of *services*: they decide whether it is refused."""

    services: tuple[str, ...]


class ServiceChecked(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A service's *state* changed: ok, degraded or unreachable."""

    service: str
    state: str


class AnnouncementsRefused(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The database of *service* cannot announce that its tables changed, because of *reason*."""

    service: str
    reason: str


class WatchFailed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Changes are only noticed by polling for now, because of *reason*."""

    reason: str


class ConnectionsFull(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """As many connections as *limit* are open; more are refused."""

    limit: int


class Stopping(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The server is stopping and lets running requests finish."""

    signal: str


class Stopped(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The server has stopped."""


class Answered(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """
    One request; *path* is raw, without the query; *took_ms* is the time until the reply was sent.

    *client* is the address of its client behind trusted proxies, None if that cannot be determined.
    *route* is the name of its route, *action* the action that needs a grant, *rows* how many were
    returned or written, *error* the error's type. *reason* is why a credential was rejected, which
    no caller may know, or why a request ended early; *status* is 499 if its client disconnected. A
    field that does not apply is None.
    """

    method: str
    path: str
    status: int
    took_ms: float
    client: str | None
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
    | Bound
    | CannotListen
    | UnknownVariable
    | Waiting
    | ManifestGone
    | Switched
    | Refused
    | ReloadCrashed
    | Unchanged
    | Retired
    | AwaitingDatabases
    | ServiceChecked
    | AnnouncementsRefused
    | WatchFailed
    | ConnectionsFull
    | Stopping
    | Stopped
    | Answered
    | RequestCrashed
    | LibraryNote
)
Publish = Callable[[Event], None]
