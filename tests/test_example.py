"""`faucet.yaml.example` is valid and shows every key that a manifest may have."""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from faucet.model.manifest.sections import Manifest

_TEXT = (Path(__file__).parents[1] / "faucet.yaml.example").read_text(encoding="utf-8")


def _keys_of_the_schema() -> Iterator[str]:
    for definition in msgspec.json.schema(Manifest)["$defs"].values():
        yield from definition.get("properties", ())


def test_the_example_shows_every_key():
    shown = set(re.findall(r"([a-z_]+):(?=\s)", _TEXT))

    assert set(_keys_of_the_schema()) - shown == set()
