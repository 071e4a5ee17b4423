"""Every manifest snippet of docs/authentication.md is a manifest without faults."""

import re
from pathlib import Path

import pytest

from faucet.control.load import SourceText, load
from faucet.control.validate import validate
from tests.factories import FACTS

_GUIDE = Path(__file__).parents[1] / "docs" / "authentication.md"
_YAML = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
_SNIPPETS = _YAML.findall(_GUIDE.read_text(encoding="utf-8"))
_AROUND = """
version: 1
services:
  shop: {driver: sqlite, dsn: shop.db}
roles:
  visitor: {grants: [{service: shop, tables: [products], verbs: [GET]}]}
  clerk: {grants: [{service: shop, tables: [orders], verbs: [GET]}]}
  manager: {grants: [{service: shop, tables: [orders], verbs: [GET]}]}
"""


def test_the_guide_has_snippets():
    assert len(_SNIPPETS) > 5


@pytest.mark.parametrize("snippet", _SNIPPETS, ids=range(len(_SNIPPETS)))
def test_a_snippet_stands_in_a_manifest_without_faults(snippet: str):
    document = load([SourceText(name="faucet.yaml", text=_AROUND + snippet)])
    assert document.value is not None, document.diagnostics

    found = validate(document.value, FACTS)

    # FCT1210: around a snippet there are roles that it gives to nobody.
    assert [one for one in found.diagnostics if one.code != "FCT1210"] == []
