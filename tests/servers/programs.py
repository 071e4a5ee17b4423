"""Programs that tests run beside the database servers: proxies, a browser, a JSON filter."""

import shutil
from typing import Final

PACKAGES: Final = {"nginx": "nginx", "caddy": "caddy", "chromium": "chromium", "jq": "jq"}
"""The Debian package of each program."""

_FOLDERS: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class ProgramMissingError(RuntimeError):
    """A program is not installed."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no {name} found: run `apt-get install {PACKAGES[name]}`")


def find_program(name: str) -> str:
    """Return the path of a program of `PACKAGES`, or raise `ProgramMissingError`."""
    found = shutil.which(name) or shutil.which(name, path=_FOLDERS)
    if found is None:
        raise ProgramMissingError(name)
    return found
