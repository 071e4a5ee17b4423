"""The inputs of a load, the manifest and its secrets: whether they changed, and their paths."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec

from faucet.control.load import MAX_BYTES, source_text
from faucet.extension.registry import Registry
from faucet.extension.secret_source import Fetched, SecretReference, SecretSource
from faucet.regular_file import read_regular_file, why_unreadable

_MOST_LINKS: Final = 40


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """
    One reading: *text* is None if it could not be read, *problem* says why; *missing* means that
    there is no such file, which is not a fault before the first manifest.

    *secrets* are the values that a load used, by reference. Since these are compared, rather than
    files read a moment earlier or later, no change can be missed.
    """

    path: str
    text: str | None
    problem: str = ""
    missing: bool = False
    secrets: Mapping[SecretReference, Fetched] = MappingProxyType({})


class SecretRecorder:
    """Fetches secrets, and records them."""

    def __init__(self, registry: Registry) -> None:
        self._sources = registry.secret_sources
        self.fetched: dict[SecretReference, Fetched] = {}

    def __call__(self, reference: SecretReference) -> Fetched:
        """Return the secret for *reference*; None for an unknown scheme."""
        source = self._sources.get(reference.scheme)
        value = source.fetch(reference) if source is not None else None
        self.fetched[reference] = value
        return value


def read_manifest(path: str) -> Reading:
    """Return the current manifest at *path*, without secrets. Never raises `OSError`."""
    try:
        data = read_regular_file(Path(path), MAX_BYTES)
        return Reading(path=path, text=source_text(path, data).text)
    except (FileNotFoundError, NotADirectoryError):
        return Reading(path=path, text=None, problem="no such file", missing=True)
    except OSError as error:
        return Reading(path=path, text=None, problem=why_unreadable(Path(path), error))


def same_as_read(known: Reading, now: Reading, registry: Registry) -> bool:
    """Return whether *now* and the current secrets equal those of *known*."""
    if (known.text, known.problem) != (now.text, now.problem):
        return False
    for reference, value in known.secrets.items():
        source = registry.secret_sources.get(reference.scheme)
        if source is not None and _fetch(source, reference) != value:
            return False
    return True


def _fetch(source: SecretSource, reference: SecretReference) -> Fetched:
    try:
        return source.fetch(reference)
    except (OSError, ValueError):
        # The load reports any fault.
        return None


def paths_of(reading: Reading, registry: Registry) -> frozenset[str]:
    """Return the files that the contents of *reading* depend on."""
    found = {reading.path}
    for reference in reading.secrets:
        source = registry.secret_sources.get(reference.scheme)
        path = source.path(reference) if source is not None else None
        if path is not None:
            found.add(path)
    return frozenset(found)


def folders_of(paths: Iterable[str]) -> frozenset[str]:
    """
    Return the folders to watch so that any change behind *paths* is noticed.

    These are the folder of each path and of every link on the way to the file: a ConfigMap swaps
    the link `..data`, which does not change its files. The nearest existing folder replaces a
    missing one.
    """
    return frozenset(_existing(folder) for path in paths for folder in _link_folders(path))


def _link_folders(path: str) -> Iterable[str]:
    pending = [os.path.abspath(path)]  # noqa: PTH100 - links must not be resolved here
    yield os.path.dirname(pending[0])  # noqa: PTH120 - strings in, strings out
    followed = 0
    while pending and followed < _MOST_LINKS:
        current = Path(pending.pop())
        for step in (*reversed(current.parents), current):
            if step.is_symlink():
                followed += 1
                yield str(step.parent)
                target = step.parent / os.readlink(step)  # noqa: PTH115 - as written, unresolved
                pending.append(os.path.normpath(target / current.relative_to(step)))
                break
        else:
            yield str(current.parent)


def _existing(folder: str) -> str:
    path = Path(folder)
    while not path.is_dir() and path != path.parent:
        path = path.parent
    return str(path)
