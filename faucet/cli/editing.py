"""Edit a manifest in place: keeps comments, and writes nothing that does not pass `check`."""

import io
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import click
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from faucet.cli.extensions import registry
from faucet.cli.manifest_path import exists
from faucet.cli.render import render_text
from faucet.control.checks.literal_secret import CODE as LITERAL_SECRET
from faucet.control.load import MAX_BYTES, SourceText
from faucet.control.pipeline import check_manifest
from faucet.diagnostics import Diagnostic, Severity
from faucet.regular_file import read_regular_file, why_unreadable

_NEW = "version: 1\n"
# Of a new manifest: a server in a container is another user. It must not show a secret to all.
_SHARED, _PRIVATE = 0o644, 0o640
_SCHEMA = "schema/faucet.schema.json"
_SEQUENCE = re.compile(r"(?m)^(?P<key> *)[^\s#][^\n]*:[ ]*(?:#[^\n]*)?\n(?P<item> *)- ")
_MAPPING = re.compile(
    r"(?m)^[^\s#-][^\n]*:[ ]*(?:#[^\n]*)?\n(?:[ ]*(?:#[^\n]*)?\n)*(?P<indent> +)[^\s#-]"
)


class ManifestEdit:
    """
    An edit of the manifest at *path*; a missing one starts as ``version: 1``.

    *tree* may be changed freely; `save` writes it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.created = not exists(path)
        text = _new(path) if self.created else _read(path)
        self._yaml = _round_trip(text)
        try:
            tree = self._yaml.load(text)
        except YAMLError:
            tree = None
        if not isinstance(tree, dict):
            _refuse_faulty(path, text)
            raise click.ClickException(f"{path} cannot be edited; see `faucet check`")
        self.tree: dict[str, Any] = tree

    def section(self, name: str) -> dict[str, Any]:
        """Return the top-level mapping *name*, created if it is missing."""
        found = self.tree.get(name)
        if found is None:
            self.tree[name] = found = mapping()
        if not isinstance(found, dict):
            _refuse_faulty(self.path, _read(self.path))
            raise click.ClickException(f'"{name}" in {self.path} is not a mapping')
        return found

    def save(self) -> tuple[Diagnostic, ...]:
        """
        Write the manifest atomically if the result passes `check`, and return the warnings.

        Otherwise print the diagnostics, leave the file unchanged and exit with status 1.
        """
        stream = io.StringIO()
        self._yaml.dump(self.tree, stream)
        text = stream.getvalue()
        warnings = _refuse_faulty(self.path, text)
        holds_secret = any(found.code == LITERAL_SECRET for found in warnings)
        _write(self.path, text, _PRIVATE if holds_secret else _SHARED)
        return warnings


def mapping(**values: Any) -> dict[str, Any]:
    """Return a mapping that is written in insertion order."""
    made: dict[str, Any] = CommentedMap(values)
    return made


def flow(items: list[Any]) -> CommentedSeq:
    """Return a list that is written on one line."""
    sequence = CommentedSeq(items)
    sequence.fa.set_flow_style()
    return sequence


def line_of(tree: Path, pattern: str) -> int | None:
    """Return the number of the first line of the file *tree* that contains *pattern*."""
    for number, line in enumerate(_read(tree).splitlines(), start=1):
        if pattern in line:
            return number
    return None


def _new(path: Path) -> str:
    # Editors report a missing schema and then check nothing else.
    known = exists(path.parent / _SCHEMA)
    return f"# yaml-language-server: $schema=./{_SCHEMA}\n{_NEW}" if known else _NEW


def _read(path: Path) -> str:
    try:
        return read_regular_file(path, MAX_BYTES).decode()
    except OSError as error:
        raise click.ClickException(f"cannot read {path}: {why_unreadable(path, error)}") from error
    except UnicodeError as error:
        raise click.ClickException(f"cannot read {path}: it is not UTF-8") from error


def _round_trip(text: str) -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    # Keep the indentation of the file.
    sequence, mapped = _SEQUENCE.search(text), _MAPPING.search(text)
    offset = len(sequence["item"]) - len(sequence["key"]) if sequence else 2
    indent = len(mapped["indent"]) if mapped else 2
    yaml.indent(mapping=indent, sequence=offset + 2, offset=offset)
    return yaml


def _refuse_faulty(path: Path, text: str) -> tuple[Diagnostic, ...]:
    source = SourceText(name=str(path), text=text)
    checked = check_manifest((source,), registry().facts(), now=None)
    faults = [found for found in checked.diagnostics if found.severity is Severity.ERROR]
    if faults:
        click.echo(render_text(tuple(faults), {str(path): text}, color=False), err=True)
        raise click.ClickException(f"{path} was not changed: the result would not pass `check`")
    return checked.diagnostics


def _write(path: Path, text: str, mode: int) -> None:
    try:
        _replace(path.resolve(), text, mode)
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise click.ClickException(f"cannot write {path}: {reason}") from error


def _replace(path: Path, text: str, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        mode = path.stat().st_mode & 0o777
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
