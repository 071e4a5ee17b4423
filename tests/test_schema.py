"""The committed schema and its reference are what the structs say."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from faucet.control.schema import manifest_schema, reference_text, schema_text
from faucet.standard import standard_registry
from tests.golden_files import Golden

_SCHEMA = Path(__file__).parents[1] / "schema"
_DRIVERS = tuple(sorted(standard_registry().dialects))
_STRUCTS = {"Manifest": manifest_schema(_DRIVERS), **manifest_schema(_DRIVERS)["$defs"]}
_FIELDS = {
    f"{name}.{field}": described
    for name, struct in _STRUCTS.items()
    for field, described in struct["properties"].items()
}


def test_the_schema_is_that_of_the_structs(golden: Golden):
    golden(_SCHEMA / "faucet.schema.json", schema_text(_DRIVERS))


def test_the_reference_is_that_of_the_schema(golden: Golden):
    golden(_SCHEMA / "README.md", reference_text(_DRIVERS))


def test_the_schema_is_a_schema():
    Draft202012Validator.check_schema(dict(manifest_schema(_DRIVERS)))


@pytest.mark.parametrize("name", _FIELDS)
def test_a_field_is_described_and_its_examples_hold(name: str):
    described = _FIELDS[name]
    validator = Draft202012Validator({**described, "$defs": manifest_schema(_DRIVERS)["$defs"]})

    assert described["title"]
    assert described["description"].endswith(".")
    assert described["examples"]
    for example in described["examples"]:
        validator.validate(example)
