"""Events as lines."""

import json
import logging
import re
from datetime import UTC, datetime

import msgspec
import pytest

from faucet import events
from faucet.diagnostics import Diagnostic, Severity, Span
from faucet.model.settings import LoggingSettings
from faucet.serve.logs import Log, lines_of, listen_to_libraries

_NASTY = "a\x1b[31m\x07\u202eb\u2028c\x85\ud800"


def _log(level: str = "info", style: str = "json") -> tuple[Log, list[str]]:
    lines: list[str] = []
    log = Log(
        LoggingSettings(level=level, format=style),
        write=lines.append,
        now=lambda: datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC),
    )
    return log, lines


def _answered(**changes) -> events.Answered:
    made = events.Answered(
        method="GET",
        path="/healthz",
        status=200,
        took_ms=1.2345,
        client="192.0.2.1",
        principal=None,
        request_id="abc",
        generation=3,
    )
    return msgspec.structs.replace(made, **changes)


def test_a_request_is_one_json_line():
    log, lines = _log()

    log.publish(_answered(principal="key:till"))

    assert json.loads(lines[0]) == {
        "time": "2025-01-02T03:04:05.000Z",
        "level": "info",
        "message": "request",
        "event": "Answered",
        "method": "GET",
        "path": "/healthz",
        "status": 200,
        "ms": 1.23,
        "client": "192.0.2.1",
        "principal": "key:till",
        "request_id": "abc",
        "generation": 3,
    }


@pytest.mark.parametrize("style", ["json", "text"])
def test_no_control_or_bidirectional_character_reaches_a_terminal(style: str):
    log, lines = _log(style=style)

    log.publish(_answered(path=_NASTY, request_id=_NASTY))
    log.publish(events.RequestCrashed(request_id=_NASTY, trace=_NASTY))

    assert [text for text in lines if not text.endswith("\n")] == []
    assert [text for text in lines if not text.replace("\n", "").isprintable()] == []


@pytest.mark.fault("attacks.logs")
@pytest.mark.parametrize("name", ["request_id", "principal", "path"])
def test_fields_of_a_text_line_cannot_be_forged(name: str):
    log, lines = _log(style="text")

    forged = _answered(**{name: 'a status=500 principal="key:x" '})
    log.publish(forged)
    log.publish(events.RequestCrashed(request_id="a level=info", trace="t"))

    outside = re.sub(r'"(?:[^"\\]|\\.)*"', "", "".join(lines))
    assert "status=500" not in outside
    assert "level=info" not in outside
    written, _ = json.JSONDecoder().raw_decode(lines[0].partition(f" {name}=")[2])
    assert written == getattr(forged, name)


def test_a_plain_value_has_no_quotes():
    log, lines = _log(style="text")

    log.publish(_answered(principal="jwt:corp:a|b"))

    assert " path=/healthz " in lines[0]
    assert " principal=jwt:corp:a|b " in lines[0]


def test_text_lines_cannot_be_forged():
    log, lines = _log(style="text")

    log.publish(_answered(path="/x\n2025 error forged"))

    assert lines[0].count("\n") == 1


def test_what_is_below_the_level_is_left_out_until_the_level_falls():
    log, lines = _log(level="warning")

    log.publish(_answered())
    log.configure(LoggingSettings(level="info", format="text"))
    log.publish(_answered())

    assert len(lines) == 1


def test_warn_is_another_word_for_the_level_warning():
    log, lines = _log(level="warn")

    log.publish(events.Stopped())
    log.publish(events.WatchFailed(reason="r"))

    assert [json.loads(line)["level"] for line in lines] == ["warning"]


def test_each_finding_of_a_refused_manifest_has_its_line_and_place():
    found = Diagnostic(
        code="FCT1201",
        message="role is unknown",
        severity=Severity.WARNING,
        hint='did you mean "clerk"?',
        span=Span(file="faucet.yaml", line=4, column=7, end_line=4, end_column=9),
    )

    lines = lines_of(events.Refused(generation=2, diagnostics=(found,)))

    assert [(level, message) for level, message, _ in lines] == [
        (
            "warning",
            'faucet.yaml:4:7: warning FCT1201: role is unknown (did you mean "clerk"?)',
        ),
        ("error", "The manifest has errors; the server keeps serving generation 2"),
    ]


@pytest.mark.fault("operators.reloads")
def test_the_line_of_a_reload_has_its_trigger_what_changed_and_its_time():
    log, lines = _log()
    first = events.Switched(generation=1, fingerprint="f", logging=LoggingSettings())

    log.publish(first)
    log.publish(msgspec.structs.replace(first, trigger="files", changed=("roles", "keys"), ms=12))
    log.publish(events.Refused(generation=1, diagnostics=(), trigger="signal", ms=3))

    started, reloaded, refused = map(json.loads, lines)
    assert started.keys() & {"trigger", "changed", "ms"} == set()
    assert (reloaded["trigger"], reloaded["changed"], reloaded["ms"]) == (
        "files",
        ["roles", "keys"],
        12,
    )
    assert (refused["trigger"], refused["ms"]) == ("signal", 3)


@pytest.mark.fault("operators.reloads")
def test_a_finding_is_in_fields_of_a_json_log():
    found = Diagnostic(
        code="FCT1201",
        message="role is unknown",
        hint='did you mean "clerk"?',
        address=("keys", "a", "role"),
        span=Span(file="faucet.yaml", line=4, column=7, end_line=4, end_column=9),
    )
    log, lines = _log()

    log.publish(events.Refused(generation=2, diagnostics=(found,)))

    expected = {
        "event": "Diagnostic",
        "code": "FCT1201",
        "finding": "role is unknown",
        "hint": 'did you mean "clerk"?',
        "file": "faucet.yaml",
        "line": 4,
        "column": 7,
        "address": "keys.a.role",
    }
    assert json.loads(lines[0]) | expected == json.loads(lines[0])


@pytest.mark.parametrize("kind", events.Event.__args__, ids=lambda kind: kind.__name__)
def test_every_event_has_a_line(kind):
    values: dict[str, object] = {"int": 1, "str": "x", "float": 1.0, "bool": True}
    values |= {"str | None": None, "int | None": None, "LoggingSettings": LoggingSettings()}
    fields = {
        field.name: () if "tuple" in str(field.type) else values[_spelled(field.type)]
        for field in msgspec.structs.fields(kind)
    }
    event = kind(**{**fields, **({"level": "info"} if "level" in fields else {})})

    lines = lines_of(event)

    assert [
        level for level, _, _ in lines if level not in ("debug", "info", "warning", "error")
    ] == []
    assert all("{" not in message for _, message, _ in lines)


def _spelled(annotation) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def test_a_reader_that_went_away_stops_nothing():
    def broken(_text: str) -> None:
        raise BrokenPipeError

    Log(LoggingSettings(), write=broken).publish(_answered())


def test_what_libraries_warn_of_is_told_and_what_callers_can_provoke_is_not():
    told: list[events.Event] = []
    root = logging.getLogger()
    before = root.handlers[:], root.level
    listen_to_libraries(told.append)
    try:
        logging.getLogger("psycopg.pool").warning("could not connect to %s", "db")
        logging.getLogger("psycopg.pool").info("connected")
        logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    finally:
        root.handlers[:], level = before
        root.setLevel(level)

    assert told == [
        events.LibraryNote(
            level="warning", logger="psycopg.pool", message="could not connect to db"
        )
    ]
