"""Clients that other programs generate from the OpenAPI document work without being changed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.node import MODULES, run_program, run_script
from tests.clients.shop import ROLES, serving, write_document
from tests.databases import DIALECTS, key, scratch

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.fault("http.clients")]

_HERE = Path(__file__).parent
_SECONDS = 120


def _run(*command: str | Path, folder: Path) -> str:
    scripts = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    run = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout + run.stderr


def _generate(folder: Path, role: str) -> str:
    return _run(
        *("openapi-python-client", "generate", "--path", f"{role}.json", "--meta", "none"),
        *("--output-path", role),
        folder=folder,
    )


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_generated_python_client_reads_and_writes(
    dialect: str, tmp_path: Path, request: pytest.FixtureRequest
):
    with scratch(dialect, request, tmp_path) as database, serving(database, tmp_path) as server:
        write_document(server, "manager", tmp_path / "manager.json")
        _generate(tmp_path, "manager")

        script = _HERE / "python_client.py"
        _run(
            sys.executable, script, tmp_path, "manager", server.url, key("manager"), folder=tmp_path
        )


def test_every_role_s_client_is_generated_without_a_warning(
    tmp_path: Path, request: pytest.FixtureRequest
):
    with scratch("sqlite", request, tmp_path) as database, serving(database, tmp_path) as server:
        for role in ROLES:
            write_document(server, role, tmp_path / f"{role}.json")

    assert "Warning" not in "".join(_generate(tmp_path, role) for role in ROLES)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_typescript_program_with_generated_types_reads_and_writes(
    dialect: str, tmp_path: Path, request: pytest.FixtureRequest
):
    (tmp_path / "node_modules").symlink_to(MODULES)
    shutil.copy(_HERE / "typescript_client.ts", tmp_path / "client.ts")
    (tmp_path / "package.json").write_text('{"type": "module"}')

    with scratch(dialect, request, tmp_path) as database, serving(database, tmp_path) as server:
        write_document(server, "manager", tmp_path / "manager.json")
        run_program(
            *("openapi-typescript/bin/cli.js", "manager.json", "--output", "api.d.ts"),
            folder=tmp_path,
        )
        run_program(
            *("typescript/bin/tsc", "--strict", "--noUncheckedIndexedAccess"),
            *("--target", "es2022", "--module", "nodenext", "client.ts"),
            folder=tmp_path,
        )
        run_script(tmp_path / "client.js", server.url, key("manager"), folder=tmp_path)


@pytest.mark.fault("http.openapi")
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_linter_finds_nothing_in_any_document(
    dialect: str, tmp_path: Path, request: pytest.FixtureRequest
):
    with scratch(dialect, request, tmp_path) as database, serving(database, tmp_path) as server:
        for role in ROLES:
            write_document(server, role, tmp_path / f"{role}.json")

    report = run_program(
        *("@redocly/cli/bin/cli.js", "lint", "--config", _HERE / "redocly.yaml"),
        *(f"{role}.json" for role in ROLES),
        folder=tmp_path,
    )

    assert "warning" not in report, report
