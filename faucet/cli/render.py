"""Diagnostics as text for people and as JSON for programs."""

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import click

from faucet.control.shown_text import Range, hide, is_withheld, secret_ranges
from faucet.diagnostics import Diagnostic, Severity, Span, as_json_form, documentation

FORMAT_VERSION: Final = 1

_COLORS: Final = {Severity.ERROR: "red", Severity.WARNING: "yellow"}
# Control, bidirectional and invisible characters, and code points that are not characters.
_UNSHOWN: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_WIDEST: Final = 120
_LEAD: Final = 60


def render_text(
    diagnostics: Iterable[Diagnostic], sources: Mapping[str, str], *, color: bool
) -> str:
    """
    Return each diagnostic with its location, source line, caret and fix.

    *sources* are the texts of the files by name; their control characters are escaped.
    """
    lines = {name: text.split("\n") for name, text in sources.items()}
    return "".join(
        line + "\n"
        for found in diagnostics
        for line in _finding(found, lines.get(found.span.file if found.span else "", []), color)
    )


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """Return one JSON object with all diagnostics; its format is versioned."""
    found = [{**as_json_form(one), "message": one.full_message} for one in diagnostics]
    severities = [one["severity"] for one in found]
    summary = {"errors": severities.count("error"), "warnings": severities.count("warning")}
    document = {"format_version": FORMAT_VERSION, "diagnostics": found, "summary": summary}
    return json.dumps(document, indent=2) + "\n"


def visible(text: str) -> str:
    """Return *text* with control and invisible characters escaped."""
    return "".join(_shown(character) for character in text)


def _finding(found: Diagnostic, lines: list[str], color: bool) -> Iterator[str]:  # noqa: FBT001
    def paint(text: str, name: str) -> str:
        return click.style(text, fg=name, bold=True) if color else text

    span = found.span
    place = f"{visible(span.file)}:{span.line}:{span.column}: " if span else ""
    head = paint(f"{found.severity.value} {found.code}", _COLORS[found.severity])
    yield f"{place}{head}: {visible(found.full_message)}"
    margin = " " * (len(str(span.line)) if span else 1)
    if span and 0 < span.line <= len(lines):
        line = lines[span.line - 1].removesuffix("\r")
        hidden = secret_ranges(line, withheld=is_withheld(lines, span.line))
        text, before, width = _excerpt(line, span, hidden)
        yield f"  {span.line} | {text}".rstrip()
        yield f"  {margin} | {' ' * before}{paint('^' * width, _COLORS[found.severity])}"
    if found.hint:
        yield f"  {margin} = {visible(found.hint)}"
    yield f"  {margin} = {documentation(found)}"


def _excerpt(line: str, span: Span, hidden: tuple[Range, ...]) -> tuple[str, int, int]:
    """
    The part of *line* around the span, without *hidden* ones, and the start and width of its caret.
    """
    start = min(span.column - 1, len(line))
    end = min(span.end_column - 1, len(line)) if span.end_line == span.line else len(line)
    first = 0 if start < _WIDEST - _LEAD else start - _LEAD
    last = first + _WIDEST
    end = min(end, last)
    before = visible(hide(line, hidden, first, start))
    marked = visible(hide(line, hidden, start, end))
    text = before + marked + visible(hide(line, hidden, end, min(last, len(line))))
    lead = "…" if first else ""
    return lead + text, len(lead) + _width(before), max(1, _width(marked.rstrip()))


def _shown(character: str) -> str:
    if character == "\t":
        return " "
    if unicodedata.category(character) not in _UNSHOWN:
        return character
    number = ord(character)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"  # noqa: PLR2004


def _width(text: str) -> int:
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
