"""The files that `faucet check` reads: manifests, and none outside the given folders."""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from faucet.cli.manifest_path import exists
from faucet.control.load import MAX_BYTES, SourceText, load, source_text
from faucet.model.manifest.sections import Manifest
from faucet.regular_file import read_regular_file, why_unreadable

_SUFFIXES: Final = (".yaml", ".yml")
_SAMPLES: Final = tuple(f"{suffix}.example" for suffix in _SUFFIXES)
_NAMES: Final = frozenset({"faucet.yaml", "faucet.yml"})
_STDIN: Final = "-"
_SECTIONS: Final = frozenset(Manifest.__struct_fields__)
_SHARED: Final = frozenset({"version", "services"})
"""Sections that files of other programs have too."""

_ANY_SECTION: Final = re.compile(rf"(?m)^(?:{'|'.join(sorted(_SECTIONS))})\s*:")


class UnreadableError(Exception):
    """A file cannot or must not be read; the message says why."""


class Found(msgspec.Struct, kw_only=True):
    """What there is to check: *sources*, what was *skipped*, and *problems* with paths."""

    sources: list[SourceText] = []
    skipped: list[str] = []
    problems: list[str] = []


def read_sources(paths: tuple[str, ...]) -> Found:
    """
    Read the given files, and the manifests in the given folders; ``-`` is standard input.

    A file that is named is a manifest, one in a folder only if it looks like one.
    """
    found = Found()
    for given in paths:
        try:
            for path in _find(given):
                _read_into(found, path, named=path == Path(given))
        except UnreadableError as error:
            found.problems.append(str(error))
    return found


def _read_into(found: Found, path: Path, *, named: bool) -> None:
    try:
        source = read_source(path)
    except UnreadableError as error:
        found.problems.append(str(error))
        return
    if named or path.name in _NAMES or _is_manifest(source):
        found.sources.append(source)
    else:
        found.skipped.append(source.name)


def _find(given: str) -> Iterator[Path]:
    """
    Yield a file, or `*.yaml` and `*.yml` in a folder except hidden ones.

    Raises `UnreadableError` for a path that does not exist.
    """
    path = Path(given)
    if given == _STDIN or (exists(path) and not path.is_dir()):
        yield path
    elif exists(path):
        yield from _in_folder(path)
    elif _is_link(path):
        yield path
    else:
        raise UnreadableError(f"{given}: no such file or folder")


def _is_link(path: Path) -> bool:
    try:
        return path.is_symlink()
    except OSError:
        return False


def _is_manifest(source: SourceText) -> bool:
    """Return whether a file is a manifest, perhaps with errors, and not of another program."""
    document = load((source,)).value
    if document is None:
        return bool(_ANY_SECTION.search(source.text))
    tree = document.tree
    if not isinstance(tree, Mapping):
        return False
    if _SECTIONS & set(tree) - _SHARED:
        return True
    services = tree.get("services") or {}
    ours = not services or (
        isinstance(services, Mapping) and any(map(_is_service, services.values()))
    )
    return ours and bool(services or tree.get("version") == 1 or set(tree) <= _SHARED)


def _is_service(value: Any) -> bool:
    return isinstance(value, Mapping) and bool({"driver", "dsn"} & set(value))


def read_manifest(path: Path) -> SourceText:
    """
    Return the text of the manifest that the user named, wherever it is.

    Raises `OSError` if it is not a regular file or cannot be read.
    """
    return source_text(str(path), read_regular_file(path, MAX_BYTES))


def read_source(path: Path) -> SourceText:
    """
    Return the text of the manifest at *path*, or of standard input for ``-``.

    Raises `UnreadableError` if it is not a regular YAML file, or is a link out of its folder and
    out of the current one: its lines would be shown to the caller.
    """
    if str(path) == _STDIN:
        return source_text("<stdin>", sys.stdin.buffer.read(MAX_BYTES + 1))
    try:
        real = path.resolve(strict=True)
    except OSError as error:
        raise UnreadableError(f"{path}: {why_unreadable(path, error)}") from None
    except RuntimeError:  # a link to itself
        raise UnreadableError(f"{path}: cannot be read") from None
    if not real.is_file():
        raise UnreadableError(f"{path}: not a regular file")
    if not real.name.endswith((*_SUFFIXES, *_SAMPLES)):
        raise UnreadableError(f"{path}: the name of a manifest must end in .yaml or .yml")
    roots = (path.parent.resolve(), Path.cwd().resolve())
    if not any(real.is_relative_to(root) for root in roots):
        raise UnreadableError(f"{path}: links to a file outside its folder")
    try:
        data = read_regular_file(real, MAX_BYTES)
    except OSError as error:
        raise UnreadableError(f"{path}: {why_unreadable(real, error)}") from None
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
