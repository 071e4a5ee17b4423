"""docs/ci.md: the commands of its pipelines pass a good manifest, and fail a bad one."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.servers.faucet_process import SECONDS

pytestmark = pytest.mark.e2e

_ROOT = Path(__file__).parents[2]
_GUIDE = (_ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
_IMAGE = 'docker run --rm -v "$PWD:/repo:ro" -w /repo registry.example.com/faucet:1'
_GOOD = """\
version: 1
services:
  shop: {driver: postgres, dsn: "${file:/nowhere/dsn}"}
roles:
  clerk: {grants: [{service: shop, tables: [orders], verbs: [GET]}]}
auth: {anonymous: clerk}
"""
_BAD = _GOOD.replace("tables:", "tablez:")
_WARNED = _GOOD.replace("[GET]", "[GET, POST]")


def _yaml(number: int) -> Any:
    found = re.findall(r"^```yaml\n(.*?)^```", _GUIDE, re.MULTILINE | re.DOTALL)
    return yaml.safe_load(found[number])


def _commands() -> dict[str, str]:
    github, annotated, gitlab, _online, hooks = (_yaml(number) for number in range(5))
    (checked,) = [step["run"] for step in github["jobs"]["check"]["steps"] if "run" in step]
    (hook,) = hooks["repos"][0]["hooks"]
    return {
        "github": checked,
        "annotated": annotated[0]["run"],
        "gitlab": gitlab["check manifest"]["script"][0],
        "pre-commit": hook["entry"],
    }


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A folder `deploy` with a file of another program, and `bin/faucet`."""
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "compose.yaml").write_text("services: {db: {image: postgres}}\n")
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "faucet"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m faucet "$@"\n')
    program.chmod(0o755)
    return tmp_path


def _run(repository: Path, command: str, manifest: str) -> "subprocess.CompletedProcess[str]":
    (repository / "deploy" / "faucet.yaml").write_text(manifest)
    path = f"{repository / 'bin'}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-e", "-c", command.replace(_IMAGE, "faucet")],
        cwd=repository,
        env={"PATH": path, "PYTHONPATH": str(_ROOT)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@pytest.mark.program("jq")
@pytest.mark.parametrize("where", ["github", "annotated", "gitlab", "pre-commit"])
def test_a_pipeline_passes_a_manifest_only_without_findings(repository: Path, where: str):
    command = _commands()[where]

    good, bad, warned = (_run(repository, command, text) for text in (_GOOD, _BAD, _WARNED))

    assert (good.returncode, bad.returncode, warned.returncode) == (0, 1, 1), good.stderr
    assert 'unknown key "tablez"' in bad.stdout
    assert "docker" not in bad.stderr


@pytest.mark.program("jq")
def test_a_finding_is_shown_at_its_line(repository: Path):
    bad = _run(repository, _commands()["annotated"], _BAD)

    assert bad.stdout.startswith("::error file=deploy/faucet.yaml,line=5,col=36::FCT1102: ")
