"""Findings in a manifest: values, many at once, each with a code, a place and a hint."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")

Address = tuple[str | int, ...]
"""A place in the document tree: ("services", "shop", "dsn"). The root is ()."""


class Severity(StrEnum):
    """Errors prevent a manifest from being served; warnings do not."""

    ERROR = "error"
    WARNING = "warning"


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """
    A place in a file. Lines and columns count from 1, columns in characters; the end is exclusive.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


class Diagnostic(msgspec.Struct, frozen=True, kw_only=True):
    """
    One finding.

    Stages give *address* (and *offset*, the character inside that scalar where the fault is, or
    *at_key* when the key rather than the value is at fault); the pipeline fills *span* in from the
    document. *hint* says how to fix it. *detail* is a driver's own message: it goes to the log and
    the terminal, never to a caller.
    """

    code: str
    message: str
    severity: Severity = Severity.ERROR
    address: Address = ()
    offset: int | None = None
    at_key: bool = False
    hint: str = ""
    detail: str = ""
    span: Span | None = None

    @property
    def full_message(self) -> str:
        """The message with its detail, for the operator's own log and terminal."""
        return f"{self.message}: {self.detail}" if self.detail else self.message


class Outcome(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """
    The result of a control stage: its value, unless there is an error, and all findings.
    """

    value: T | None
    diagnostics: tuple[Diagnostic, ...] = ()


def has_errors(diagnostics: Sequence[Diagnostic]) -> bool:
    """Return whether one of *diagnostics* is an error."""
    return any(found.severity is Severity.ERROR for found in diagnostics)


def dotted(address: Address) -> str:
    """Return *address* as messages show it: ``roles.clerk.grants[1].rows``."""
    text = ""
    for part in address:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "the manifest"


def documentation(found: Diagnostic) -> str:
    """Return where *found*'s code is described."""
    return f"docs/diagnostics.md#{found.code.lower()}"


def as_json_form(found: Diagnostic) -> dict[str, object]:
    """Return *found* in the form of JSON output, without the detail, which no caller may see."""
    span = found.span
    return {
        "code": found.code,
        "severity": found.severity.value,
        "message": found.message,
        "hint": found.hint,
        "file": span.file if span else None,
        "line": span.line if span else None,
        "column": span.column if span else None,
        "end_line": span.end_line if span else None,
        "end_column": span.end_column if span else None,
        "address": list(found.address),
        "url": documentation(found),
    }
