"""Parsed YAML with a position for every node."""

from collections.abc import Mapping

import msgspec

from faucet.diagnostics import Address, Span

Tree = None | bool | int | float | str | tuple["Tree", ...] | Mapping[str, "Tree"]


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """
    One manifest as written.

    *values* holds the span of each node's value, *keys* the span of each mapping key, both by
    address; *sources* the text of each file by name, for showing the line of a finding. *quoted*
    are the scalars written in quotes, whose text starts one column after the span's.
    """

    tree: Tree
    values: Mapping[Address, Span]
    keys: Mapping[Address, Span]
    sources: Mapping[str, str]
    quoted: frozenset[Address] = frozenset()
