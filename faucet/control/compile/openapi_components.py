"""The components of a document that something in it refers to. Pure."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

_REFERENCE: Final = re.compile(rb'"\$ref":"#/components/(\w+)/([^"]+)"')

Components = Mapping[str, Mapping[str, object]]
"""Components by section and name."""


def used_components(
    paths: msgspec.Raw, components: Components
) -> dict[str, dict[str, msgspec.Raw]]:
    """Return those of *components* that *paths* refer to, directly or not, encoded."""
    found: dict[tuple[str, str], msgspec.Raw] = {}
    pending = [paths]
    while pending:
        for section, name in _references(pending.pop()):
            if (section, name) not in found:
                found[section, name] = msgspec.Raw(msgspec.json.encode(components[section][name]))
                pending.append(found[section, name])
    return {
        section: {name: found[section, name] for name in named if (section, name) in found}
        for section, named in components.items()
    }


def _references(encoded: msgspec.Raw) -> set[tuple[str, str]]:
    matches = _REFERENCE.findall(bytes(encoded))
    return {(section.decode(), name.decode()) for section, name in matches}
