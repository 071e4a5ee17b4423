"""Parsed YAML with a position for every node."""

from collections.abc import Mapping

import msgspec

from faucet.diagnostics import Address, Span

Tree = None | bool | int | float | str | tuple["Tree", ...] | Mapping[str, "Tree"]


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """
    A manifest as written.

    *values* holds the span of each node's value and *keys* the span of each mapping key, by
    address; *sources* the text of each file by name, to show the line of a diagnostic. *quoted*
    are the addresses of quoted scalars, whose text starts one column after the span.
    """

    tree: Tree
    values: Mapping[Address, Span]
    keys: Mapping[Address, Span]
    sources: Mapping[str, str]
    quoted: frozenset[Address] = frozenset()
