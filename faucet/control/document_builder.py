"""YAML nodes to a `Document`: aliases expanded, keys merged, every value with its place. Pure."""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from faucet.control.levels import repeated_hint
from faucet.control.scalars import ScalarError, read_plain
from faucet.control.yaml_hints import CURLY
from faucet.control.yaml_nodes import (
    MAX_DEPTH,
    MAX_NODES,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    YamlFaultError,
)
from faucet.diagnostics import Address, Diagnostic, Span
from faucet.model.manifest.document import Document, Tree

_MERGE: Final = "<<"
_SHOWN_KEY: Final = 40
_BRACED: Final = "put a value with braces in quotes; templates are filled in before Faucet reads it"


def build_document(
    root: Node, sources: Mapping[str, str]
) -> tuple[Document, tuple[Diagnostic, ...]]:
    """Return the document of *root* and its faults; raise `YamlFaultError` if it is too large."""
    builder = _Builder()
    tree = builder.value(root, ())
    document = Document(
        tree=tree,
        values=builder.values,
        keys=builder.keys,
        sources=sources,
        quoted=frozenset(builder.quoted),
    )
    return document, tuple(builder.findings)


class _Builder:
    def __init__(self) -> None:
        self.values: dict[Address, Span] = {}
        self.keys: dict[Address, Span] = {}
        self.quoted: list[Address] = []
        self.findings: list[Diagnostic] = []
        self._nodes = 0

    def value(self, node: Node, address: Address) -> Tree:
        self._count(node, address)
        self.values[address] = node.span
        match node:
            case ScalarNode():
                return self._scalar(node, address)
            case SequenceNode():
                return tuple(self.value(item, (*address, i)) for i, item in enumerate(node.items))
            case MappingNode():
                return self._mapping(node, address)

    def _count(self, node: Node, address: Address) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            message = f"the manifest has more than {MAX_NODES} values after aliases are expanded"
        elif len(address) >= MAX_DEPTH:
            message = f"the manifest is nested deeper than {MAX_DEPTH} levels"
        else:
            return
        raise YamlFaultError(Diagnostic(code="FCT1008", message=message, span=node.span))

    def _scalar(self, node: ScalarNode, address: Address) -> Tree:
        if node.style is not None:
            if node.style in "'\"":
                self.quoted.append(address)
            return node.text
        self._check_curly(node)
        try:
            return read_plain(node.text)
        except ScalarError as error:
            hint = "write it in quotes if you mean a string"
            self._report("FCT1009", str(error), node.span, hint)
            return node.text

    def _check_curly(self, node: ScalarNode) -> None:
        if node.style is None and node.text[:1] in CURLY and node.text:
            message = "curly quotes are part of the text: YAML knows only \" and '"
            hint = "write straight quotes, or put the whole text in them if these are meant"
            self._report("FCT1009", message, node.span, hint)

    def _mapping(self, node: MappingNode, address: Address) -> Tree:
        tree: dict[str, Tree] = {}
        for key, name, value in self._own(node):
            here = (*address, name)
            if name in tree:
                first = self.keys[here]
                message = (
                    f"the key {_shown(name)} appears twice; "
                    f"the first is at {first.file}:{first.line}:{first.column}"
                )
                self._report("FCT1005", message, key.span, repeated_hint(address))
                continue
            self.keys[here] = key.span
            tree[name] = self.value(value, here)
        for key, name, value in self._merge_pairs(node, 0):
            here = (*address, name)
            if name not in tree:
                self.keys[here] = key.span
                tree[name] = self.value(value, here)
        return tree

    def _own(self, node: MappingNode) -> Iterator[tuple[ScalarNode, str, Node]]:
        for key, value in node.pairs:
            if _is_merge(key):
                continue
            if not isinstance(key, ScalarNode):
                message = "a key must be a string, not a list or a mapping"
                self._report("FCT1006", message, key.span, _BRACED)
            elif not _is_text(key):
                hint = f"write it in quotes: {_shown(key.text)}"
                message = f"the key {_shown(key.text)[1:-1]} is not a string"
                self._report("FCT1006", message, key.span, hint)
            else:
                self._check_curly(key)
                yield key, key.text, value

    def _merge_pairs(self, node: MappingNode, depth: int) -> Iterator[tuple[ScalarNode, str, Node]]:
        """Yield the pairs of merge keys, the nearer before the farther."""
        for key, value in node.pairs:
            if not _is_merge(key):
                continue
            sources = value.items if isinstance(value, SequenceNode) else (value,)
            for source in sources:
                self._count(source, (0,) * depth)
                if isinstance(source, MappingNode):
                    for pair in self._own(source):
                        self._count(pair[0], ())
                        yield pair
                    yield from self._merge_pairs(source, depth + 1)
                else:
                    message = "the value of a merge key must be a mapping or a list of mappings"
                    self._report("FCT1010", message, source.span, "write <<: *anchor")

    def _report(self, code: str, message: str, span: Span, hint: str) -> None:
        found = Diagnostic(code=code, message=message, hint=hint, span=span)
        # A fault that an alias repeats is reported once.
        if found not in self.findings[-50:]:
            self.findings.append(found)


def _is_merge(key: Node) -> bool:
    return isinstance(key, ScalarNode) and key.style is None and key.text == _MERGE


def _is_text(key: ScalarNode) -> bool:
    if key.style is not None:
        return True
    try:
        return isinstance(read_plain(key.text), str)
    except ScalarError:
        return False


def _shown(name: str) -> str:
    return json.dumps(
        name if len(name) <= _SHOWN_KEY else f"{name[:_SHOWN_KEY]}…", ensure_ascii=False
    )
