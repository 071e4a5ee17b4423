"""The control plane from text to surface."""

import os
from pathlib import Path

import msgspec
import pytest

from faucet.control.load import SourceText
from faucet.control.pipeline import Inputs, build, finish, prepare
from faucet.control.resolve import Overrides
from faucet.secret import Secret
from faucet.standard import standard_registry

_REGISTRY = standard_registry()
_MANIFEST = """version: 1
services:
  shop:
    driver: sqlite
    dsn: "${file:dsn}"
    required: %s
auth: {anonymous: visitor}
roles:
  visitor:
    grants: [{service: shop, tables: ["*"], verbs: [GET]}]
"""


def inputs_of(folder: Path, text: str) -> Inputs:
    (folder / "dsn").write_text("shop.db\n")
    return Inputs(
        sources=(SourceText(name="faucet.yaml", text=text),),
        facts=_REGISTRY.facts(),
        now=0.0,
        folder=str(folder),
        overrides=Overrides(),
        fetch=lambda reference: _REGISTRY.secret_sources[reference.scheme].fetch(reference),
    )


def test_a_manifest_becomes_a_surface(tmp_path: Path, sqlite_database: Path):
    sqlite_database.rename(tmp_path / "shop.db")

    built = build(inputs_of(tmp_path, _MANIFEST % "true"), _REGISTRY.dialects).value

    assert built is not None
    assert set(built.catalogs) == {"shop"}
    assert set(built.surface.roles) == {"visitor"}
    assert [reference.name for reference in built.references] == ["dsn"]


@pytest.mark.parametrize(
    ("required", "code", "line"), [("true", "FCT1401", 5), ("false", "FCT1402", 5)]
)
def test_an_unreachable_database_is_an_error_only_if_it_is_required(
    tmp_path: Path, required: str, code: str, line: int
):
    outcome = build(inputs_of(tmp_path, _MANIFEST % required), _REGISTRY.dialects)

    (found,) = outcome.diagnostics
    assert found.span is not None
    assert (found.code, found.span.line) == (code, line)
    assert (outcome.value is None) == (required == "true")


@pytest.mark.fault("file.read_only")
@pytest.mark.parametrize(("key", "codes"), [("", ["FCT1404"]), ("read_only: true", [])])
def test_a_file_that_cannot_be_written_is_a_warning_unless_nobody_wants_to(
    tmp_path: Path,
    sqlite_database: Path,
    key: str,
    codes: list[str],
    monkeypatch: pytest.MonkeyPatch,
):
    sqlite_database.rename(tmp_path / "shop.db")
    monkeypatch.setattr(os, "access", lambda _path, mode, **_options: mode == os.R_OK)

    text = (_MANIFEST % "true").replace("    required", f"    {key}\n    required")
    outcome = build(inputs_of(tmp_path, text), _REGISTRY.dialects)

    assert outcome.value is not None
    found = [each for each in outcome.diagnostics if each.code.startswith("FCT14")]
    assert [each.code for each in found] == codes
    assert all("shop.db (mode 0" in each.detail for each in found)


@pytest.mark.parametrize(
    ("password", "fix"), [("a@b", "percent-encoded"), ("${env:A}", ""), ("a%40b", "")]
)
def test_a_database_out_of_reach_may_be_so_by_its_password(tmp_path: Path, password: str, fix: str):
    dsn = f"postgresql://u:{password}@127.0.0.1:1/d"
    text = (_MANIFEST % "false").replace("sqlite", "postgres").replace("${file:dsn}", dsn)
    inputs = msgspec.structs.replace(inputs_of(tmp_path, text), fetch=lambda _: Secret("x@y"))

    outcome = build(inputs, _REGISTRY.dialects)

    (found,) = [one for one in outcome.diagnostics if one.code == "FCT1402"]
    assert (fix in found.hint) if fix else (found.hint == "")


def test_a_known_catalog_is_not_read_anew(tmp_path: Path, sqlite_database: Path):
    sqlite_database.rename(tmp_path / "shop.db")
    inputs = inputs_of(tmp_path, _MANIFEST % "true")
    first = build(inputs, _REGISTRY.dialects).value
    assert first is not None
    known = {"shop": first.catalogs["shop"]}
    (tmp_path / "shop.db").unlink()

    prepared = prepare(inputs).value
    assert prepared is not None
    second = finish(prepared, inputs, _REGISTRY.dialects, known).value

    assert second is not None
    assert second.catalogs == known
