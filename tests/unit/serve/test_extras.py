"""A manifest that needs an optional package says which, where that is not installed."""

from pathlib import Path

import pytest

from faucet.control.overrides import Overrides
from faucet.control.pipeline import Prepared
from faucet.diagnostics import Outcome
from faucet.serve.extras import with_packages
from faucet.serve.loading import Loader
from faucet.standard import standard_registry


def _prepared(folder: Path, text: str, enabled: bool | None = None) -> Outcome[Prepared]:
    path = folder / "faucet.yaml"
    path.write_text(text)
    overrides = Overrides(mcp_enabled=enabled)
    loader = Loader(path=str(path), registry=standard_registry(), overrides=overrides)
    return loader.prepare(loader.read())[1]


def test_agents_need_a_package(tmp_path: Path):
    prepared = _prepared(tmp_path, "version: 1\nmcp:\n  enabled: true\n")

    refused = with_packages(prepared, find=lambda _name: None)

    (found,) = refused.diagnostics
    assert refused.value is None
    assert (found.code, found.span and found.span.line) == ("FCT1904", 3)
    assert "faucet[mcp]" in found.hint
    assert with_packages(prepared).value is not None


@pytest.mark.parametrize(
    ("text", "enabled"), [("version: 1\n", None), ("version: 1\nmcp: {enabled: true}\n", False)]
)
def test_nothing_is_needed_where_agents_cannot_connect(
    tmp_path: Path, text: str, enabled: bool | None
):
    prepared = _prepared(tmp_path, text, enabled)

    assert with_packages(prepared, find=lambda _name: None).value is not None
