"""Findings as text and as JSON."""

import json

from faucet.cli.render import render_json, render_text, visible
from faucet.diagnostics import Diagnostic, Severity, Span


def _found(line: int, column: int, end_column: int, **more) -> Diagnostic:
    span = Span(file="f.yaml", line=line, column=column, end_line=line, end_column=end_column)
    return Diagnostic(**{"code": "FCT1201", "message": "no", "span": span, **more})


def test_a_finding_shows_place_line_caret_and_fix():
    text = render_text(
        [_found(2, 4, 6, hint="fix it", severity=Severity.WARNING)],
        {"f.yaml": "a\nb: cd # x\n"},
        color=False,
    )

    assert text == (
        "f.yaml:2:4: warning FCT1201: no\n"
        "  2 | b: cd # x\n"
        "    |    ^^\n"
        "    = fix it\n"
        "    = docs/diagnostics.md#fct1201\n"
    )


def test_the_caret_stands_below_wide_and_escaped_characters():
    text = render_text([_found(1, 4, 5)], {"f.yaml": "日\u202e\tx"}, color=False)

    line, caret = text.split("\n")[1:3]
    assert line == "  1 | 日\\u202e x"
    assert caret == "    | " + " " * len("__\\u202e_") + "^"


def test_a_long_line_is_cut_around_the_place():
    text = render_text(
        [_found(1, 5001, 5004)], {"f.yaml": "x" * 5000 + "abc" + "y" * 5000}, color=False
    )

    line, caret = text.split("\n")[1:3]
    assert len(line) < 140
    assert line[caret.index("^") :].startswith("abcy")


def test_a_place_beyond_the_file_shows_no_line():
    assert render_text([_found(9, 1, 1)], {"f.yaml": "a"}, color=False).count("\n") == 2


def test_nothing_of_a_manifest_acts_on_a_terminal():
    nasty = "\x1b[31m\u202e\u200b\x07\ue000\U000e0041"

    text = render_text([_found(1, 1, 2, message=nasty, hint=nasty)], {"f.yaml": nasty}, color=False)

    assert visible(nasty) == "\\u001b[31m\\u202e\\u200b\\u0007\\ue000\\U000e0041"
    assert text.isascii()


def test_color_is_added_only_when_asked_for():
    found = [_found(1, 1, 2)]

    assert "\x1b[" in render_text(found, {"f.yaml": "a"}, color=True)
    assert "\x1b[" not in render_text(found, {"f.yaml": "a"}, color=False)


def test_json_has_every_field_and_a_summary():
    found = [
        _found(2, 4, 6, address=("keys", "a", "hash", 0), hint="h"),
        Diagnostic(code="FCT1306", message="m", severity=Severity.WARNING),
    ]

    document = json.loads(render_json(found))

    assert document == {
        "format_version": 1,
        "diagnostics": [
            {
                "code": "FCT1201",
                "severity": "error",
                "message": "no",
                "hint": "h",
                "file": "f.yaml",
                "line": 2,
                "column": 4,
                "end_line": 2,
                "end_column": 6,
                "address": ["keys", "a", "hash", 0],
                "url": "docs/diagnostics.md#fct1201",
            },
            {
                "code": "FCT1306",
                "severity": "warning",
                "message": "m",
                "hint": "",
                "file": None,
                "line": None,
                "column": None,
                "end_line": None,
                "end_column": None,
                "address": [],
                "url": "docs/diagnostics.md#fct1306",
            },
        ],
        "summary": {"errors": 1, "warnings": 1},
    }
