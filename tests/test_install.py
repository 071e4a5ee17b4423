"""The pinned requirements install with old and new pips, and the package with what it declares."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path
from urllib.parse import urljoin

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.bare_python import output_of
from tests.servers.faucet_process import FaucetProcess

_ROOT = Path(__file__).parents[1]
_REQUIREMENTS = _ROOT / "requirements"
_MINUTES = 600.0
_BUILD_FILES = ("pyproject.toml", "docs_assets.py", "hatch_build.py")
_PYPROJECT = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
# The pip that came with the first release of each Python; later ones run what it runs.
_OLDEST_PIP = {(3, 11): "22.3", (3, 12): "23.2.1", (3, 13): "24.2"}.get(
    sys.version_info[:2], "25.0"
)
# What an extra installs is loaded by its package, not by us; where we need that is named here.
_EXTRAS = {
    "psycopg[binary]": ("faucet.executors.postgresql_pool", "psycopg_binary"),
    "pyjwt[crypto]": ("faucet.auth.signature", "cryptography"),
}
_WEB_FRAMEWORK = {"flask", "flask-swagger-ui", "jinja2", "werkzeug"}


def _pinned(file: str) -> dict[str, str]:
    """Return the versions that *file* pins, by name, of what this platform takes."""
    text = (_REQUIREMENTS / file).read_text(encoding="utf-8")
    found = [Requirement(line) for line in re.findall(r"^(\w[^\\\n]*)", text, re.MULTILINE)]
    return {
        one.name: str(one.specifier).removeprefix("==")
        for one in found
        if one.marker is None or one.marker.evaluate()
    }


def _run(*command: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_MINUTES,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class _Environment:
    """An empty virtual environment, and one pip that installs into it from outside."""

    def __init__(self, folder: Path, pip: Path) -> None:
        _run(sys.executable, "-m", "venv", "--without-pip", folder)
        self.python, self._pip = folder / "bin" / "python", pip

    def pip(self, *arguments: str | Path) -> str:
        return _run(self.python, self._pip / "pip", *arguments)

    def install_pinned(self, file: str, wheels: Path) -> None:
        """Install as the Makefile does, but from *wheels*; what is installed must fit together."""
        self.pip(
            *("install", "--quiet", "--no-index", "--find-links", wheels),
            *("--no-compile", "--no-deps", "--require-hashes", "-r", _REQUIREMENTS / file),
        )
        self.pip("check")

    def installed(self) -> dict[str, str]:
        found = json.loads(self.pip("list", "--format", "json"))
        by_name = {canonicalize_name(one["name"]): one["version"] for one in found}
        return {name: version for name, version in by_name.items() if name != "pip"}


@pytest.fixture(scope="module")
def pips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the oldest and the newest pip, each unpacked in a folder."""
    versions = {"oldest": f"pip=={_OLDEST_PIP}", "newest": "pip"}
    return {name: _unpacked(tmp_path_factory.mktemp(name), pip) for name, pip in versions.items()}


def _unpacked(folder: Path, pip: str) -> Path:
    _run(sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, pip)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory, pips: dict[str, Path]) -> Path:
    """Return a folder with all pinned wheels, downloaded once for every environment."""
    folder = tmp_path_factory.mktemp("wheels")
    _run(
        *(sys.executable, pips["newest"] / "pip", "download", "--quiet", "--no-deps"),
        *("--require-hashes", "-r", _REQUIREMENTS / "dev.txt", "-d", folder),
    )
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("pip", ["oldest", "newest"])
def test_run_and_then_dev_install_as_pinned(
    pip: str, pips: dict[str, Path], wheels: Path, tmp_path: Path
):
    environment = _Environment(tmp_path / "venv", pips[pip])

    environment.install_pinned("run.txt", wheels)
    assert environment.installed() == _pinned("run.txt")
    environment.install_pinned("dev.txt", wheels)
    assert environment.installed() == _pinned("dev.txt")


def test_dev_contains_run():
    assert _pinned("run.txt").items() <= _pinned("dev.txt").items()


@pytest.mark.fault("operators.install")
@pytest.mark.slow
@pytest.mark.e2e
def test_pip_install_makes_a_product_with_docs_and_without_a_web_framework(
    pips: dict[str, Path], wheels: Path, tmp_path: Path
):
    checkout = _bare_checkout(tmp_path / "checkout")
    environment = _Environment(tmp_path / "venv", pips["newest"])
    environment.install_pinned("run.txt", wheels)

    environment.pip("install", "--quiet", "--no-compile", checkout)

    environment.pip("check")
    assert environment.installed().keys() - _pinned("run.txt").keys() == {"faucet"}
    assert environment.installed().keys() & _WEB_FRAMEWORK == set()
    assert _run(environment.python, "-m", "faucet", "version", cwd=tmp_path).startswith("faucet ")
    schema = (_ROOT / "schema" / "faucet.schema.json").read_text(encoding="utf-8")
    assert _run(environment.python, "-m", "faucet", "schema", cwd=tmp_path) == schema
    (tmp_path / "faucet.yaml").write_text("version: 1\nserver: {host: 127.0.0.1, port: 0}\n")
    with FaucetProcess(tmp_path, python=environment.python).listening() as server:
        links = re.findall(r'(?:href|src)="([^"]+)', server.get("/docs").text)
        answers = {link: server.get(urljoin("/docs", link)) for link in links}
    assert [answer.status_code for answer in answers.values()] == [200] * 5
    (bundle,) = [link for link in links if "swagger-ui-bundle.js" in link]
    assert "SwaggerUIBundle" in answers[bundle].text
    (file,) = environment.python.parents[1].glob("lib/*/site-packages/faucet/**/assets/LICENSE")
    assert "Apache License" in file.read_text(encoding="utf-8")


def _bare_checkout(folder: Path) -> Path:
    """Return a copy of what git keeps of the package, so without the assets of /docs."""
    ignored = shutil.ignore_patterns("__pycache__", "assets")
    shutil.copytree(_ROOT / "faucet", folder / "faucet", ignore=ignored)
    for file in (".gitignore", "LICENSE", "README.md", *_BUILD_FILES):
        shutil.copy(_ROOT / file, folder / file)
    return folder


def test_what_the_package_declares_is_what_it_imports():
    names = {
        name.partition(".")[0]
        for path in (_ROOT / "faucet").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in _imported(node)
    }
    distributions = packages_distributions()

    imported = {
        canonicalize_name(distribution)
        for name in names - sys.stdlib_module_names - {"faucet"}
        for distribution in distributions[name]
    }
    agents = _PYPROJECT["project"]["optional-dependencies"]["mcp"]
    declared = [*_declared(), *map(Requirement, agents)]
    assert imported == {canonicalize_name(one.name) for one in declared}


def _declared() -> list[Requirement]:
    return [Requirement(one) for one in _PYPROJECT["project"]["dependencies"]]


def _imported(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [one.name for one in names]
        case ast.ImportFrom(module=str(module)):
            return [module]
        case _:
            return []


def test_what_an_extra_brings_is_loaded_where_it_is_needed():
    extras = {f"{one.name}[{extra}]" for one in _declared() for extra in one.extras}

    assert extras == _EXTRAS.keys()
    for module, brought in _EXTRAS.values():
        loaded = output_of(f"import sys, {module}; print(*sys.modules)")
        assert brought in loaded.split()
