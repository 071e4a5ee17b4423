"""The files that `faucet check` reads: manifests, and none outside the given folders."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from faucet.control.load import MAX_TEXT, SourceText, source_text

_SUFFIXES: Final = (".yaml", ".yml")
_SAMPLES: Final = tuple(f"{suffix}.example" for suffix in _SUFFIXES)
_BYTES_A_CHARACTER: Final = 4


class UnreadableError(Exception):
    """A file cannot or must not be read; the message says why."""


def find_manifests(paths: tuple[str, ...]) -> Iterator[Path]:
    """
    Yield the given files, and `*.yaml` and `*.yml` in the given folders except hidden ones.

    Raises `UnreadableError` for a path that does not exist.
    """
    for given in paths:
        path = Path(given)
        if path.is_dir():
            yield from _in_folder(path)
        elif path.exists() or path.is_symlink():
            yield path
        else:
            raise UnreadableError(f"{given}: no such file or folder")


def read_source(path: Path) -> SourceText:
    """
    Return the text of the manifest at *path*.

    Raises `UnreadableError` if it is not a regular YAML file, or is a link out of its folder and
    out of the current one: its lines would be shown to the caller.
    """
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError):
        raise UnreadableError(f"{path}: cannot be read") from None
    if not real.is_file():
        raise UnreadableError(f"{path}: not a regular file")
    if not real.name.endswith((*_SUFFIXES, *_SAMPLES)):
        raise UnreadableError(f"{path}: the name of a manifest must end in .yaml or .yml")
    roots = (path.parent.resolve(), Path.cwd().resolve())
    if not any(real.is_relative_to(root) for root in roots):
        raise UnreadableError(f"{path}: links to a file outside its folder")
    try:
        with real.open("rb") as file:
            data = file.read(MAX_TEXT * _BYTES_A_CHARACTER + 1)
    except OSError as error:
        raise UnreadableError(f"{path}: {error.strerror or 'cannot be read'}") from None
    return source_text(str(path), data)


def _in_folder(folder: Path) -> Iterator[Path]:
    root = folder.resolve()
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(parent) / name
            if name.startswith(".") or not name.endswith(_SUFFIXES):
                continue
            if path.resolve().is_relative_to(root) and path.is_file():
                yield path
