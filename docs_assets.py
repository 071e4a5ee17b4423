"""
Add the files of Swagger UI, which /docs uses, to the package.

As a script, it extracts them from the pinned wheel and needs only pip; hatch_build.py
copies them from the build requirement. Neither imports flask-swagger-ui, so Flask is not needed.
"""

import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

_ROOT = Path(__file__).parent
_ASSETS = _ROOT / "faucet" / "serve" / "docs" / "assets"
_PACKAGE = "flask_swagger_ui"
_FILES = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png", "LICENSE")


def fill_from_wheel() -> None:
    """Download the wheel pinned in requirements/docs.txt, and extract the files."""
    with TemporaryDirectory() as folder:
        subprocess.run(  # noqa: S603 - a fixed command
            [
                *(sys.executable, "-m", "pip", "download", "--quiet"),
                *("--disable-pip-version-check", "--no-deps", "--require-hashes"),
                *("--only-binary", ":all:", "--dest", folder),
                *("--requirement", str(_ROOT / "requirements" / "docs.txt")),
            ],
            check=True,
        )
        (wheel,) = Path(folder).glob("*.whl")
        _fill(zipfile.Path(wheel, f"{_PACKAGE}/dist/"))


def fill_from_installed() -> None:
    """Copy the files from the installed package if they are missing."""
    if all((_ASSETS / name).is_file() for name in _FILES):
        return
    found = find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        sys.exit("The assets of /docs are missing: run `make dev`, or build with isolation.")
    _fill(Path(found.submodule_search_locations[0]) / "dist")


def _fill(source: Path | zipfile.Path) -> None:
    _ASSETS.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        (_ASSETS / name).write_bytes((source / name).read_bytes())


if __name__ == "__main__":
    fill_from_wheel()
