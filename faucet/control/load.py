"""Text to `Document`: YAML 1.2 core, places, no duplicate keys, limited in size. Pure."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from faucet.control.document_builder import build_document
from faucet.control.yaml_nodes import Composer, YamlFaultError
from faucet.diagnostics import Diagnostic, Outcome, Span, has_errors
from faucet.model.manifest.document import Document

MAX_TEXT: Final = 4 * 2**20
"""The maximum number of characters of a manifest."""
MAX_BYTES: Final = 4 * MAX_TEXT
"""The maximum number of bytes of a manifest."""

# The last four break lines in YAML 1.1, but a reviewer does not see them: text after one of them in
# a comment would be in effect. A lone surrogate represents a byte that is not UTF-8.
_UNREADABLE: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u2028\u2029]|\r(?!\n)"
)
# Their first bytes, as `source_text` decodes them.
_UTF_16: Final = ("\udcff\udcfe", "\udcfe\udcff")
_GZIP: Final = "\x1f\udc8b"
_STARTING: Final = "a manifest starts with: version: 1"


class SourceText(msgspec.Struct, frozen=True, kw_only=True):
    """One file: *name* is its path as the user gave it."""

    name: str
    text: str


def source_text(name: str, data: bytes) -> SourceText:
    """Return the file with those bytes; `load` reports any that are not UTF-8."""
    return SourceText(name=name, text=data.decode("utf-8", errors="surrogateescape"))


def load(sources: Sequence[SourceText]) -> Outcome[Document]:
    """
    Return the one manifest in *sources*, with a place for every value and key.

    Faults of the text already have a place. All that do not prevent reading the rest are reported.
    """
    (source,) = sources
    text = source.text.removeprefix("\ufeff")
    if unreadable := _unreadable(source.name, text):
        return Outcome(value=None, diagnostics=(unreadable,))
    composer = Composer(source.name, text)
    try:
        root = composer.compose()
        if root is None:
            return Outcome(value=None, diagnostics=(_empty(source.name),))
        document, findings = build_document(root, {source.name: text})
    except YamlFaultError as fault:
        return Outcome(value=None, diagnostics=(*composer.findings, fault.diagnostic))
    diagnostics = (*composer.findings, *findings)
    if not diagnostics and document.tree is None:
        diagnostics = (_empty(source.name),)
    return Outcome(
        value=None if has_errors(diagnostics) else document,
        diagnostics=diagnostics,
    )


def _unreadable(name: str, text: str) -> Diagnostic | None:
    if len(text) > MAX_TEXT:
        message = f"the manifest is longer than {MAX_TEXT // 2**20} MiB"
        return Diagnostic(code="FCT1008", message=message, span=_start(name))
    found = _UNREADABLE.search(text)
    if found is None:
        return None
    line = text.count("\n", 0, found.start()) + 1
    column = found.start() - (text.rfind("\n", 0, found.start()) + 1) + 1
    if other := _other_format(text):
        message, hint = other
    elif found[0] == "\r":
        message, hint = "the lines end with CR alone", "save the file with the line ends LF or CRLF"
    elif "\ud800" <= found[0] <= "\udfff":
        message, hint = "the file is not valid UTF-8 from here", "save it as UTF-8"
    else:
        message = f"the character U+{ord(found[0]):04X} is not allowed in a manifest"
        hint = 'remove it, or write it as an escape in double quotes: "\\u2028"'
    return Diagnostic(
        code="FCT1001",
        message=message,
        hint=hint,
        span=Span(file=name, line=line, column=column, end_line=line, end_column=column + 1),
    )


def _other_format(text: str) -> tuple[str, str] | None:
    if text.startswith(_UTF_16) or "\0" in text[:2]:
        return "the file is UTF-16, or another encoding than UTF-8", "save it as UTF-8"
    if "\0" in text or text.startswith(_GZIP):
        return "the file is not text", "a manifest is a YAML file"
    return None


def _empty(name: str) -> Diagnostic:
    message = "the manifest is empty"
    return Diagnostic(code="FCT1003", message=message, hint=_STARTING, span=_start(name))


def _start(name: str) -> Span:
    return Span(file=name, line=1, column=1, end_line=1, end_column=1)
