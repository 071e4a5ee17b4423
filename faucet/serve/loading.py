"""Loads a manifest and its catalogs into something that can be served. Blocking."""

import time
from collections.abc import Mapping

import msgspec

from faucet.control.foreign_text import without_quotes
from faucet.control.load import SourceText, load
from faucet.control.locate import locate
from faucet.control.overrides import Overrides
from faucet.control.pipeline import (
    Built,
    Catalogs,
    Inputs,
    Prepared,
    finish,
    inputs_of,
    prepare,
)
from faucet.diagnostics import Diagnostic, Outcome
from faucet.extension.registry import Registry
from faucet.model.catalog import Catalog, Unreachable
from faucet.model.manifest.scalars import FORMATS, LEVELS
from faucet.model.settings import LoggingSettings
from faucet.serve.extras import with_packages
from faucet.serve.inputs import Reading, SecretRecorder, read_manifest, same_as_read

_EMPTY = "version: 1\n"


class Loader:
    """
    The control pipeline, set up for one manifest; independent of what is in service.

    Its methods block, so they are called on worker threads; they may run in parallel.
    """

    def __init__(self, *, path: str, registry: Registry, overrides: Overrides) -> None:
        self.path = path
        self.registry = registry
        self.loaded_last: Reading | None = None
        self._overrides = overrides

    def read(self) -> Reading:
        """Return the current manifest, without secrets."""
        return read_manifest(self.path)

    def same(self, known: Reading, now: Reading) -> bool:
        """Return whether *now* and the current secrets equal those of *known*."""
        return same_as_read(known, now, self.registry)

    def logging_settings(self) -> LoggingSettings:
        """
        Return the logging settings before anything is loaded, from the literals in the manifest.
        """
        asked, given = _logging_in(self.read().text or ""), self._overrides
        default = LoggingSettings()
        return LoggingSettings(
            level=given.log_level or asked.get("level", default.level),
            format=given.log_format or asked.get("format", default.format),
        )

    def prepare(self, reading: Reading) -> tuple[Reading, Outcome[Prepared]]:
        """Return *reading* with the secrets that it needed, and what it is without databases."""
        recorder = SecretRecorder(self.registry)
        text = reading.text or ""
        prepared = prepare(self._inputs(text, recorder))
        if prepared.value is None:
            found = without_quotes(prepared.diagnostics, text)
            prepared = Outcome(value=None, diagnostics=found)
        self.loaded_last = reading = msgspec.structs.replace(reading, secrets=recorder.fetched)
        return reading, with_packages(prepared)

    def finish(
        self, prepared: Prepared, catalogs: Catalogs, found: tuple[Diagnostic, ...] = ()
    ) -> Outcome[Built]:
        """
        Compile *prepared* with *catalogs*, one for every service; *found* are its warnings so far.
        """
        inputs = self._inputs("", SecretRecorder(self.registry))
        built = finish(prepared, inputs, self.registry.dialects, catalogs)
        diagnostics = locate((*found, *built.diagnostics), prepared.document)
        return Outcome(value=built.value, diagnostics=diagnostics)

    def renew(self, known: Built, catalogs: Catalogs) -> Outcome[Built]:
        """Build *known* again with *catalogs*."""
        prepared = Prepared(
            document=known.document, settings=known.settings, references=known.references
        )
        return self.finish(prepared, catalogs)

    def empty(self) -> Outcome[Built]:
        """Build an empty manifest, for a server that waits for one."""
        inputs = self._inputs(_EMPTY, SecretRecorder(self.registry))
        prepared = prepare(inputs)
        if prepared.value is None:
            return Outcome(value=None, diagnostics=prepared.diagnostics)
        return finish(prepared.value, inputs, self.registry.dialects)

    def _inputs(self, text: str, recorder: SecretRecorder) -> Inputs:
        return inputs_of(
            SourceText(name=self.path, text=text),
            registry=self.registry,
            overrides=self._overrides,
            now=time.time(),
            fetch=recorder,
        )


def _logging_in(text: str) -> Mapping[str, str]:
    document = load((SourceText(name="", text=text),)).value
    tree = document.tree if document is not None else None
    section = tree.get("logging") if isinstance(tree, Mapping) else None
    if not isinstance(section, Mapping):
        return {}
    choices = {"level": LEVELS, "format": FORMATS}
    return {
        key: value
        for key, known in choices.items()
        if isinstance(value := section.get(key), str) and value in known
    }


def same(one: Built, other: Built) -> bool:
    """
    Return whether both are served identically, including pool options.

    Relations that a service does not publish do not count.
    """
    return (
        one.surface.fingerprint == other.surface.fingerprint
        and one.settings == other.settings
        and _published_catalogs(one) == _published_catalogs(other)
    )


def _published_catalogs(built: Built) -> Mapping[str, Catalog | Unreachable]:
    return {name: service.catalog for name, service in built.surface.services.items()}
