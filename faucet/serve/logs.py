"""Events as lines on standard error, without characters that control a terminal."""

import logging
import re
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec

from faucet import events
from faucet.diagnostics import Diagnostic, Severity
from faucet.events import Event
from faucet.model.routes import RouteName
from faucet.model.settings import LoggingSettings

LEVELS: Final = {"debug": 10, "info": 20, "warn": 30, "warning": 30, "error": 40}
_NAMES: Final = {number: name for name, number in LEVELS.items()}

# C0 and C1 controls, line and paragraph separators, and bidirectional controls.
_UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)

Line = tuple[str, str, Mapping[str, object]]
"""Level, message, fields."""


# What could be read as the end of a value, or as a value in quotes.
_QUOTED: Final = re.compile(r"[\s=\"]|^$")


def escape(text: str) -> str:
    """Return *text* with control and bidirectional characters as ``\\uXXXX``."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class Log:
    """Writes events at or above a level; `configure` may be called again after each reload."""

    def __init__(
        self,
        settings: LoggingSettings,
        write: Callable[[str], object] = sys.stderr.write,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._write = write
        self._now = now
        self._unsettled = False
        self.configure(settings)

    def configure(self, settings: LoggingSettings) -> None:
        """Set level, format and whether requests are logged from *settings*."""
        self._level = LEVELS[settings.level]
        self._access = settings.access == "on"
        self.format = settings.format
        self._render = _as_json if settings.format == "json" else _as_text

    @property
    def level(self) -> int:
        """The least severe level that is written, as `logging` counts."""
        return self._level

    @property
    def _is_request_logged(self) -> bool:
        # Asked for each request before its line is made.
        return self._access and self._level <= LEVELS["info"]

    def publish(self, event: Event) -> None:
        """Write *event*, unless it is below the level."""
        if isinstance(event, events.Answered) and not self._is_request_logged:
            return
        for level, message, fields in self._worth_logging(event):
            if LEVELS[level] >= self._level:
                self._emit(level, message, fields)

    def _worth_logging(self, event: Event) -> tuple[Line, ...]:
        """
        Return the lines of *event*; after a failed reload, one that changes nothing is reported.
        """
        lines = lines_of(event)
        match event:
            case events.Refused() | events.ManifestGone() | events.ReloadCrashed():
                self._unsettled = True
            case events.Switched():
                self._unsettled = False
            case events.Unchanged() if self._unsettled:
                self._unsettled = False
                return tuple(("info", message, fields) for _, message, fields in lines)
            case _:
                pass
        return lines

    def _emit(self, level: str, message: str, fields: Mapping[str, object]) -> None:
        time = self._now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        try:
            self._write(self._render(time, level, message, fields) + "\n")
        except (BrokenPipeError, ValueError):
            # Standard error is closed; requests matter more than their log.
            return


def _as_json(time: str, level: str, message: str, fields: Mapping[str, object]) -> str:
    line = {"time": time, "level": level, "message": message, **fields}
    text = msgspec.json.encode(_without_surrogates(line)).decode()
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _without_surrogates(value: object) -> object:
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case Mapping():
            return {str(key): _without_surrogates(item) for key, item in value.items()}
        case tuple() | list():
            return [_without_surrogates(item) for item in value]
        case _:
            return value


def _as_value(value: object) -> str:
    """Return *value* for a line of text, in quotes if it could be read as more than one."""
    text = escape(str(value))
    return msgspec.json.encode(text).decode() if _QUOTED.search(text) else text


_PLACE: Final = ("file", "line", "column")
_IN_MESSAGE: Final = frozenset({"event", "trace", "diagnostic", "finding", "hint", *_PLACE})
"""Fields that a line of text does not repeat."""


def _as_text(time: str, level: str, message: str, fields: Mapping[str, object]) -> str:
    tail = "".join(
        f" {name}={_as_value(value)}"
        for name, value in fields.items()
        if value is not None and name not in _IN_MESSAGE
    )
    # A trace keeps its line breaks for readability; each line is escaped separately.
    trace = "".join(f"\n    {escape(row)}" for row in str(fields.get("trace", "")).splitlines())
    return f"{time} {level:<7} {escape(message)}{tail}{trace}"


def lines_of(event: Event) -> tuple[Line, ...]:
    """Return the lines of *event*: one, and one for each diagnostic."""
    match event:
        case events.Answered():
            level = "debug" if event.route in _PROBES else "info"
            return ((level, "request", _request(event)),)
        case events.Refused(generation=number, diagnostics=found):
            message = f"The manifest has errors; the server keeps serving generation {number}"
            if not number:
                message = "The manifest has errors"
            return (
                *map(_finding, found),
                ("error", message, _fields(event, generation=number, **_reload(event))),
            )
        case events.Switched(generation=number, warnings=found):
            changed = {"changed": event.changed} if event.changed else {}
            about = {"fingerprint": event.fingerprint, **changed, **_reload(event)}
            fields = _fields(event, generation=number, **about)
            return (
                *map(_finding, found),
                ("info", f"Now serving generation {number}", fields),
            )
        case events.AwaitingDatabases(services=names):
            message = f"Waiting for the database of {', '.join(names)}"
            return (("warning", message, _fields(event, services=names)),)
        case events.LibraryNote(level=level, logger=logger, message=message):
            return ((level, message, _fields(event, logger=logger)),)
        case _:
            return (_plain(event),)


def _plain(event: Event) -> Line:
    level, form = _MESSAGES[type(event)]
    fields = msgspec.to_builtins(event)
    name = fields.pop("type")
    return level, form.format_map(fields), {"event": name, **fields}


_MESSAGES: Final[Mapping[type, tuple[str, str]]] = {
    events.Listening: ("info", "Faucet is listening on {address}, generation {generation}"),
    events.Bound: ("info", "Bound to {address}"),
    events.CannotListen: ("error", "cannot listen on {host}:{port}: {reason}"),
    events.UnknownVariable: ("warning", "Nothing reads the environment variable {name}"),
    events.Waiting: ("warning", "There is no manifest at {path}; waiting for one"),
    events.ManifestGone: (
        "warning",
        "The manifest {path} cannot be read: {reason}; generation {generation} stays in service",
    ),
    events.ReloadCrashed: (
        "error",
        "A reload failed; the server keeps serving generation {generation}",
    ),
    events.Unchanged: (
        "debug",
        "Nothing changed; the server keeps serving generation {generation}",
    ),
    events.Retired: ("debug", "Generation {generation} is closed"),
    events.ServiceChecked: ("warning", "Service {service} is {state}"),
    events.AnnouncementsRefused: (
        "warning",
        "Changes of the tables of {service} cannot be announced ({reason}); set `catalog_refresh`",
    ),
    events.WatchFailed: (
        "warning",
        "File system events are not available ({reason}); polling for changes instead",
    ),
    events.ConnectionsFull: (
        "warning",
        "All {limit} connections are in use; more are refused with 503 until some are closed",
    ),
    events.Stopping: ("info", "Stopping on {signal}; waiting for requests in progress"),
    events.Stopped: ("info", "Stopped"),
    events.RequestCrashed: ("error", "A request failed"),
}


_PROBES: Final = frozenset({RouteName.HEALTH, RouteName.READY})
_DETAILS: Final = ("route", "service", "table", "action", "role", "rows", "error", "reason")


def _request(event: events.Answered) -> Mapping[str, object]:
    details = {name: getattr(event, name) for name in _DETAILS}
    return {
        "event": "Answered",
        "method": event.method,
        "path": event.path,
        "status": event.status,
        "ms": round(event.took_ms, 2),
        "client": event.client,
        "principal": event.principal,
        "request_id": event.request_id,
        "generation": event.generation,
        **{name: value for name, value in details.items() if value is not None},
    }


def _reload(event: events.Switched | events.Refused) -> Mapping[str, object]:
    """Return why there was a reload and how long it took, if this was one."""
    return {} if event.trigger is None else {"trigger": event.trigger, "ms": event.ms}


def _fields(event: Event, **fields: object) -> Mapping[str, object]:
    return {"event": type(event).__name__, **fields}


def _finding(found: Diagnostic) -> Line:
    """Return one finding, its place first, in the form of `faucet check`."""
    level = "error" if found.severity is Severity.ERROR else "warning"
    place = ""
    if found.span is not None:
        place = f"{found.span.file}:{found.span.line}:{found.span.column}: "
    hint = f" ({found.hint})" if found.hint else ""
    fields = {
        "event": "Diagnostic",
        "code": found.code,
        "address": ".".join(map(str, found.address)),
        "finding": found.full_message,
        "hint": found.hint,
        **({name: getattr(found.span, name) for name in _PLACE} if found.span else {}),
    }
    return level, f"{place}{level} {found.code}: {found.full_message}{hint}", fields


class _Bridge(logging.Handler):
    """Receives what libraries write to `logging`."""

    def __init__(self, publish: events.Publish) -> None:
        super().__init__()
        self._publish = publish

    def emit(self, record: logging.LogRecord) -> None:
        level = _NAMES.get(min(record.levelno // 10 * 10, 40), "debug")
        message = record.getMessage()
        if record.exc_info:
            message += "\n" + logging.Formatter().formatException(record.exc_info)
        note = events.LibraryNote(level=level, logger=record.name, message=message)
        self._publish(note)


def listen_to_libraries(publish: events.Publish) -> None:
    """Send library logs at warning or above to *publish*, and to no other handler."""
    root = logging.getLogger()
    root.handlers[:] = [_Bridge(publish)]
    root.setLevel(logging.WARNING)
    # Uvicorn warns about each malformed request and Upgrade header, which any caller can send.
    for name in ("uvicorn", "uvicorn.error", "uvicorn.asgi"):
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.getLogger("watchfiles").setLevel(logging.WARNING)
