"""Every string of a manifest, and whether the schema allows references in it. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from faucet.control.schema import definition, manifest_schema
from faucet.diagnostics import Address
from faucet.model.manifest.sections import REFERENCE, Manifest


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """A string of the manifest; *mark* is "secret" or "deployment" where references are allowed."""

    text: str
    address: Address
    mark: str | None
    at_key: bool = False


def texts(manifest: Manifest) -> Iterator[Text]:
    """Yield every string and every mapping key of the manifest, with the schema's mark."""
    yield from _texts(msgspec.to_builtins(manifest), manifest_schema(), (), None)


def _texts(
    value: Any, node: Mapping[str, Any], address: Address, mark: str | None
) -> Iterator[Text]:
    node = definition(node)
    mark = node.get(REFERENCE, mark)
    if isinstance(value, str):
        yield Text(text=value, address=address, mark=mark)
    elif isinstance(value, dict):
        fields = node.get("properties", {})
        for key, inner in value.items():
            here = (*address, key)
            if key not in fields:
                yield Text(text=key, address=here, mark=None, at_key=True)
            below = fields.get(key) or node.get("additionalProperties")
            yield from _texts(inner, below if isinstance(below, dict) else {}, here, mark)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _texts(inner, node.get("items", {}), (*address, index), mark)
