"""YAML text to nodes with places. Pure; limited in depth, so that no text can exhaust the stack."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
import yaml
from yaml import events

from faucet.control.yaml_hints import conflict_hint, conflict_line, syntax_hint
from faucet.diagnostics import Diagnostic, Span

MAX_DEPTH: Final = 64
MAX_NODES: Final = 250_000
"""The maximum number of nodes, before and after aliases are expanded."""

_Loader: Final = getattr(yaml, "CLoader", yaml.Loader)  # only its parser is used


class ScalarNode(msgspec.Struct, frozen=True, kw_only=True):
    """A scalar; *style* is None for a plain one, else its quote or block sign."""

    text: str
    style: str | None
    span: Span


class SequenceNode(msgspec.Struct, frozen=True, kw_only=True):
    """A sequence."""

    items: tuple["Node", ...]
    span: Span


class MappingNode(msgspec.Struct, frozen=True, kw_only=True):
    """A mapping, as its pairs: keys may repeat, and need not be scalars."""

    pairs: tuple[tuple["Node", "Node"], ...]
    span: Span


Node = ScalarNode | SequenceNode | MappingNode


class YamlFaultError(Exception):
    """The text cannot be parsed beyond this point."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


# PyYAML's events are distinguished by class; their attributes come from C, untyped.
_Event = Any


class Composer:
    """
    Builds the nodes of one text.

    `compose` returns the root (None for an empty text) or raises `YamlFaultError`; *findings*
    contains the faults that did not stop it.
    """

    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._text = text
        self._anchors: dict[str, Node] = {}
        self._open: set[str] = set()
        self._nodes = 0
        self.findings: list[Diagnostic] = []

    def compose(self) -> Node | None:
        """Return the root node of the only document."""
        root: Node | None = None
        stream = self._events()
        documents = 0
        for event in stream:
            if isinstance(event, events.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    message = "a manifest is one YAML document; a second one starts here"
                    hint = "remove the --- line, or put the rest into a file of its own"
                    raise self._fault("FCT1004", message, event, hint)
            elif isinstance(event, events.NodeEvent):
                root = self._node(event, stream, 1)
        return root

    def _events(self) -> Iterator[_Event]:
        try:
            yield from yaml.parse(self._text, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            raise YamlFaultError(_syntax(self._file, self._text, error)) from None

    def _node(self, event: _Event, stream: Iterator[_Event], depth: int) -> Node:
        self._nodes += 1
        if depth > MAX_DEPTH:
            message = f"the manifest is nested deeper than {MAX_DEPTH} levels"
            raise self._fault("FCT1008", message, event)
        if self._nodes > MAX_NODES:
            raise self._fault("FCT1008", f"the manifest has more than {MAX_NODES} values", event)
        if isinstance(event, events.AliasEvent):
            return self._alias(event)
        if event.tag is not None:
            self.findings.append(_tag(self._span(event), event.tag))
        anchor = event.anchor
        if anchor is None:
            return self._content(event, stream, depth)
        self._open.add(anchor)
        node = self._content(event, stream, depth)
        self._open.discard(anchor)
        self._anchors[anchor] = node
        return node

    def _content(self, event: _Event, stream: Iterator[_Event], depth: int) -> Node:
        if isinstance(event, events.ScalarEvent):
            return ScalarNode(
                text=event.value, style=event.style or None, span=self._span(event, event)
            )
        items: list[Node] = []
        for inner in stream:
            if isinstance(inner, events.CollectionEndEvent):
                span = self._span(event, inner)
                if isinstance(event, events.SequenceStartEvent):
                    return SequenceNode(items=tuple(items), span=span)
                pairs = zip(items[::2], items[1::2], strict=True)
                return MappingNode(pairs=tuple(pairs), span=span)
            items.append(self._node(inner, stream, depth + 1))
        raise AssertionError("the parser closes what it opens")

    def _alias(self, event: _Event) -> Node:
        name = event.anchor
        if name in self._open:
            raise self._fault(
                "FCT1010", f"the alias *{name} is inside the node that it refers to", event
            )
        if name not in self._anchors:
            hint = "put a string that starts with * in quotes"
            raise self._fault(
                "FCT1010", f"no anchor &{name} is defined before this alias", event, hint
            )
        return self._anchors[name]

    def _span(self, start: _Event, end: _Event = None) -> Span:
        last = (end or start).end_mark
        return Span(
            file=self._file,
            line=start.start_mark.line + 1,
            column=start.start_mark.column + 1,
            end_line=last.line + 1,
            end_column=last.column + 1,
        )

    def _fault(self, code: str, message: str, event: _Event, hint: str = "") -> YamlFaultError:
        return YamlFaultError(
            Diagnostic(code=code, message=message, hint=hint, span=self._span(event))
        )


def _tag(span: Span, tag: str) -> Diagnostic:
    return Diagnostic(
        code="FCT1007",
        message=f"tags have no meaning in a manifest: {tag}",
        hint="remove the tag; put a string that starts with ! in quotes",
        span=span,
    )


def _syntax(file: str, text: str, error: yaml.MarkedYAMLError) -> Diagnostic:
    conflict = conflict_line(text)
    if conflict is not None:
        message, hint = "the text of a merge was not resolved", conflict_hint()
        return _syntax_fault(file, message, hint, (conflict + 1, 1))
    problem, context = error.problem or "the YAML cannot be parsed", error.context or ""
    mark = error.problem_mark or error.context_mark
    # At the end of the text, the place of the opening is more useful than the end.
    if mark and error.context_mark and not text[mark.index :].strip():
        mark = error.context_mark
    message = f"{context}: {problem}" if context else problem
    hint = syntax_hint(problem, context, text, mark.index if mark else len(text))
    return _syntax_fault(file, message, hint, (mark.line + 1, mark.column + 1) if mark else (1, 1))


def _syntax_fault(file: str, message: str, hint: str, place: tuple[int, int]) -> Diagnostic:
    line, column = place
    span = Span(file=file, line=line, column=column, end_line=line, end_column=column + 1)
    return Diagnostic(code="FCT1002", message=message, hint=hint, span=span)
