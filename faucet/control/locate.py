"""Diagnostics with addresses to diagnostics with places in the file. Pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from faucet.control.shown_text import masked
from faucet.diagnostics import Address, Diagnostic, Span
from faucet.model.manifest.document import Document, Tree

# How one character of a scalar is written.
_PLAIN: Final = re.compile(r".", re.DOTALL)
_SINGLE: Final = re.compile(r"''|.", re.DOTALL)
_DOUBLE: Final = re.compile(r"\\(x.{2}|u.{4}|U.{8}|.)|.", re.DOTALL)
_BLANK_ESCAPE: Final = re.compile(r"\\[nrtvf\s_NLP]").fullmatch


def locate(diagnostics: Iterable[Diagnostic], document: Document | None) -> tuple[Diagnostic, ...]:
    """
    Return *diagnostics* with their places, sorted by them; existing places are kept.

    Whatever they quote, no text of them shows a key or the password of a URL.
    """
    placed = (_without_secrets(found, document) for found in diagnostics)
    return tuple(sorted(dict.fromkeys(placed), key=_order))


def _without_secrets(found: Diagnostic, document: Document | None) -> Diagnostic:
    span = found.span
    if span is None and document is not None:
        span = _span(found, document)
    return msgspec.structs.replace(
        found,
        span=span,
        message=masked(found.message),
        hint=masked(found.hint),
        detail=masked(found.detail),
        address=tuple(masked(part) if isinstance(part, str) else part for part in found.address),
    )


def _order(found: Diagnostic) -> tuple[str, int, int, str, str]:
    span = found.span
    if span is None:
        return ("", 0, 0, found.code, found.message)
    return (span.file, span.line, span.column, found.code, found.message)


def _span(found: Diagnostic, document: Document) -> Span:
    address = found.address
    while address and address not in document.values:
        address = address[:-1]
    value = document.values[address]
    key = document.keys.get(address)
    inner = _value(document.tree, address)
    # A list or mapping is shown by its key: its own span may be pages long.
    if key is not None and (found.at_key or isinstance(inner, Mapping | tuple)):
        return key
    if found.offset is not None and isinstance(inner, str) and address == found.address:
        return _inside(value, document, inner, found.offset)
    if not isinstance(inner, str | Mapping | tuple) and value.column == value.end_column and key:
        return key
    return value


def _value(tree: Tree, address: Address) -> Tree:
    for part in address:
        match tree, part:
            case Mapping() as mapping, str():
                tree = mapping[part]
            case tuple() as items, int():
                tree = items[part]
    return tree


def _inside(span: Span, document: Document, value: str, offset: int) -> Span:
    """Return the place of the *offset*-th character of the scalar that *span* covers."""
    lines = document.sources[span.file].split("\n")[span.line - 1 : span.end_line]
    if not lines:
        return span
    raw = "\n".join(lines)[span.column - 1 :]
    index = _raw_position(raw, sum(not character.isspace() for character in value[:offset]))
    before = raw[:index]
    line = span.line + before.count("\n")
    column = index - before.rfind("\n") if "\n" in before else span.column + index
    if line > span.end_line:
        return span
    return Span(
        file=span.file,
        line=line,
        column=column,
        end_line=span.end_line,
        end_column=span.end_column,
    )


def _raw_position(raw: str, count: int) -> int:
    """
    Return the position in *raw*, a scalar as written, of its character after *count* visible ones.

    Blanks are skipped: quotes, block headers and folded lines have more of them than the value.
    """
    spelling = _DOUBLE if raw.startswith('"') else _SINGLE if raw.startswith("'") else _PLAIN
    start = raw.find("\n") + 1 if raw[:1] in {"|", ">"} else int(spelling is not _PLAIN)
    for unit in spelling.finditer(raw, start):
        if unit[0].isspace() or _BLANK_ESCAPE(unit[0]):
            continue
        if count == 0:
            return unit.start()
        count -= 1
    return len(raw)
