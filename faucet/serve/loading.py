"""Loads a manifest and its catalogs into something that can be served. Blocking."""

import time
from collections.abc import Mapping

import msgspec

from faucet.control.introspect import introspect
from faucet.control.load import SourceText, load
from faucet.control.locate import locate
from faucet.control.overrides import Overrides
from faucet.control.pipeline import Built, Inputs, Prepared, finish, inputs_of, prepare
from faucet.diagnostics import Outcome
from faucet.extension.registry import Registry
from faucet.model.catalog import Catalog, Unreachable
from faucet.model.manifest.scalars import FORMATS, LEVELS
from faucet.model.settings import LoggingSettings, ServiceSettings, Settings
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

    def load(
        self, reading: Reading, known: Built | None, *, fresh: bool
    ) -> tuple[Reading, Outcome[Built]]:
        """
        Build *reading*; return it with the secrets that were used.

        Catalogs of *known* are reused if a service's connection is the same. If *fresh*, every
        database is read again, and one that does not answer keeps its known catalog.
        """
        recorder = SecretRecorder(self.registry)
        inputs = self._inputs(reading.text or "", recorder)
        prepared = prepare(inputs)
        self.loaded_last = reading = msgspec.structs.replace(reading, secrets=recorder.fetched)
        if prepared.value is None:
            return reading, Outcome(value=None, diagnostics=prepared.diagnostics)

        catalogs = _kept(prepared.value.settings, known)
        if fresh:
            catalogs = self._asked_anew(prepared.value.settings, catalogs)
        built = finish(prepared.value, inputs, self.registry.dialects, catalogs)
        found = (*prepared.diagnostics, *built.diagnostics)
        diagnostics = locate(found, prepared.value.document)
        return reading, Outcome(value=built.value, diagnostics=diagnostics)

    def renew(self, known: Built) -> Outcome[Built]:
        """Build *known* again with its missing catalogs, if their databases answer now."""
        prepared = Prepared(
            document=known.document, settings=known.settings, references=known.references
        )
        inputs = self._inputs("", SecretRecorder(self.registry))
        return finish(prepared, inputs, self.registry.dialects, _kept(known.settings, known))

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

    def _asked_anew(
        self, settings: Settings, known: Mapping[str, Catalog]
    ) -> Mapping[str, Catalog]:
        services = {name: settings.services[name] for name in known}
        asked = introspect(services, self.registry.dialects)
        return {
            name: found if isinstance(found, Catalog) else known[name]
            for name, found in asked.items()
        }


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


def _kept(settings: Settings, known: Built | None) -> Mapping[str, Catalog]:
    """Return the catalogs of *known* that are also valid for *settings*, by service."""
    if known is None:
        return {}
    found: dict[str, Catalog] = {}
    for name, service in settings.services.items():
        catalog = known.catalogs.get(name)
        before = known.settings.services.get(name)
        if isinstance(catalog, Catalog) and before and _source(before) == _source(service):
            found[name] = catalog
    return found


def _source(service: ServiceSettings) -> tuple[object, ...]:
    """Return what a catalog depends on: it is read again for another database or more tables."""
    return service.dialect, service.dsn, service.schema, service.tables
