"""`${file:PATH}`: files, such as mounted secrets."""

from pathlib import Path
from typing import Final

from faucet.extension.secret_source import Fetched, SecretReference, SecretSource, Unreadable
from faucet.regular_file import read_regular_file, why_unreadable
from faucet.secret import Secret

_LARGEST: Final = 2**20


def _fetch(reference: SecretReference) -> Fetched:
    """Return the text of the file without its final line break, or why it cannot be read."""
    path = _path_of(reference)
    try:
        data = read_regular_file(path, _LARGEST)
        text = data.decode()
    except OSError as error:
        return Unreadable(reason=why_unreadable(path, error))
    except UnicodeDecodeError:
        return Unreadable(reason="it is not UTF-8")
    except ValueError:  # a NUL in the path
        return Unreadable(reason="no such file")
    if len(data) > _LARGEST:
        return Unreadable(reason=f"it is larger than {_LARGEST // 2**20} MiB")
    line_end = "\r\n" if text.endswith("\r\n") else "\n"
    return Secret(text.removesuffix(line_end))


def _path_of(reference: SecretReference) -> Path:
    return Path(reference.folder) / reference.name


def _path(reference: SecretReference) -> str | None:
    return str(_path_of(reference))


FILE: Final = SecretSource(scheme="file", fetch=_fetch, path=_path)
