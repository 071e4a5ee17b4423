"""`${file:PATH}`: files, such as mounted secrets."""

from pathlib import Path
from typing import Final

from faucet.extension.secret_source import SecretReference, SecretSource
from faucet.secret import Secret

_LARGEST: Final = 2**20


def _fetch(reference: SecretReference) -> Secret | None:
    """Return the text of the file without its final line break; None if it cannot be read."""
    path = _path_of(reference)
    try:
        # A pipe or a device would make every reload wait for it.
        if not path.is_file():
            return None
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        text = data.decode()
    except (OSError, ValueError):
        return None
    if len(data) > _LARGEST:
        return None
    line_end = "\r\n" if text.endswith("\r\n") else "\n"
    return Secret(text.removesuffix(line_end))


def _path_of(reference: SecretReference) -> Path:
    return Path(reference.folder) / reference.name


def _path(reference: SecretReference) -> str | None:
    return str(_path_of(reference))


FILE: Final = SecretSource(scheme="file", fetch=_fetch, path=_path)
