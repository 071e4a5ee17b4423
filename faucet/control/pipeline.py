"""The order of the control stages: only this module knows what one passes to the next."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import msgspec

from faucet.control.checks.placeholder import dsn_template
from faucet.control.first_errors import first_errors
from faucet.control.load import SourceText, load
from faucet.control.locate import locate
from faucet.control.resolve import Overrides, references, resolve
from faucet.control.validate import validate
from faucet.diagnostics import Diagnostic, Outcome, Severity, has_errors
from faucet.extension.dialect import Dialect
from faucet.extension.registry import Registry
from faucet.extension.secret_source import Fetched, SecretReference
from faucet.model.catalog import Catalog, Unreachable
from faucet.model.facts import Facts
from faucet.model.manifest.document import Document
from faucet.model.manifest.sections import Manifest
from faucet.model.settings import ServiceSettings, Settings
from faucet.model.surface import Surface
from faucet.names import did_you_mean

Fetch = Callable[[SecretReference], Fetched]
Catalogs = Mapping[str, Catalog | Unreachable]

REQUIRED_IS_DOWN: Final = "FCT1401"
OPTIONAL_IS_DOWN: Final = "FCT1402"
NOT_WRITABLE: Final = "FCT1404"
NO_SCHEMA: Final = "FCT1405"
UNREACHABLE: Final = frozenset({REQUIRED_IS_DOWN, OPTIONAL_IS_DOWN})
"""The codes for databases that cannot be reached."""

_NOTHING: Catalogs = MappingProxyType({})


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """
    The input for building a manifest.

    *folder* is the absolute folder of the manifest, *now* in seconds since 1970, *fetch* gives the
    secret behind a reference, or None.
    """

    sources: tuple[SourceText, ...]
    facts: Facts
    now: float
    folder: str
    overrides: Overrides
    fetch: Fetch


def inputs_of(
    source: SourceText,
    *,
    registry: Registry,
    overrides: Overrides,
    now: float,
    fetch: Fetch | None = None,
) -> Inputs:
    """
    Return the inputs of the manifest *source*, whose name is its path.

    Secrets come from *fetch*, or from *registry* if that is None.
    """

    def fetched(reference: SecretReference) -> Fetched:
        return registry.secret_sources[reference.scheme].fetch(reference)

    return Inputs(
        sources=(source,),
        facts=registry.facts(),
        now=now,
        # Not resolved: a mounted ConfigMap is a link into a folder that every change replaces.
        folder=str(Path(source.name).absolute().parent),
        overrides=overrides,
        fetch=fetch or fetched,
    )


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest ready for introspection; *references* are those that it was resolved with."""

    document: Document
    settings: Settings
    references: frozenset[SecretReference]


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest compiled. Its warnings are among the outcome's diagnostics."""

    document: Document
    settings: Settings
    references: frozenset[SecretReference]
    catalogs: Catalogs
    surface: Surface


def check_manifest(
    sources: Sequence[SourceText], facts: Facts, now: float | None
) -> Outcome[Manifest]:
    """Return the manifest and every finding that requires no secret and no database."""
    loaded = load(sources)
    if loaded.value is None:
        return _outcome(None, loaded.diagnostics, None)
    validated = validate(loaded.value, facts, now)
    found = (*loaded.diagnostics, *validated.diagnostics)
    return _outcome(validated.value, found, loaded.value)


def prepare(inputs: Inputs) -> Outcome[Prepared]:
    """Load, validate and resolve."""
    loaded = load(inputs.sources)
    if loaded.value is None:
        return _outcome(None, loaded.diagnostics, None)
    document = loaded.value
    validated = validate(document, inputs.facts, inputs.now)
    found = (*loaded.diagnostics, *validated.diagnostics)
    if validated.value is None:
        return _outcome(None, found, document)
    secrets = _fetch_all(validated.value, inputs)
    resolved = resolve(validated.value, inputs.facts, secrets, inputs.overrides, inputs.folder)
    prepared = resolved.value and Prepared(
        document=document, settings=resolved.value, references=frozenset(secrets)
    )
    return _outcome(prepared, (*found, *resolved.diagnostics), document)


def finish(
    prepared: Prepared,
    inputs: Inputs,
    dialects: Mapping[str, Dialect],
    known: Catalogs = _NOTHING,
) -> Outcome[Built]:
    """
    Introspect the services that are not *known* and compile.

    The diagnostics are those of these two stages. An unreachable service is an error if it is
    required, else a warning.
    """
    # A quarter of what `faucet check` would import, for stages that it does not run.
    from faucet.control.compile import compile_surface  # noqa: PLC0415
    from faucet.control.introspect import introspect  # noqa: PLC0415

    services = prepared.settings.services
    asked = {name: service for name, service in services.items() if name not in known}
    catalogs: Catalogs = {
        **{name: known[name] for name in services if name in known},
        **introspect(asked, dialects),
    }
    found = (*_unreachable(prepared, catalogs, inputs.facts), *_read_only(services, catalogs))
    compiled = compile_surface(prepared.settings, catalogs, inputs.facts)
    built = compiled.value and Built(
        document=prepared.document,
        settings=prepared.settings,
        references=prepared.references,
        catalogs=catalogs,
        surface=compiled.value,
    )
    return _outcome(built, (*found, *compiled.diagnostics), prepared.document)


def build(
    inputs: Inputs, dialects: Mapping[str, Dialect], known: Catalogs = _NOTHING
) -> Outcome[Built]:
    """Run every stage from text to surface; *known* catalogs are not read again."""
    prepared = prepare(inputs)
    if prepared.value is None:
        return Outcome(value=None, diagnostics=prepared.diagnostics)
    finished = finish(prepared.value, inputs, dialects, known)
    found = locate((*prepared.diagnostics, *finished.diagnostics), prepared.value.document)
    return Outcome(value=finished.value, diagnostics=found)


def _fetch_all(manifest: Manifest, inputs: Inputs) -> Mapping[SecretReference, Fetched]:
    secrets: dict[SecretReference, Fetched] = {}
    while new := references(manifest, inputs.folder, secrets).difference(secrets):
        secrets.update({reference: inputs.fetch(reference) for reference in new})
    return secrets


def _unreachable(prepared: Prepared, catalogs: Catalogs, facts: Facts) -> Iterable[Diagnostic]:
    for name, catalog in catalogs.items():
        if isinstance(catalog, Unreachable):
            service = prepared.settings.services[name]
            required = service.required
            severity = Severity.ERROR if required else Severity.WARNING
            if catalog.schemas is not None:
                yield _no_schema(service, catalog.schemas, severity)
                continue
            otherwise = (
                "with required: false the service answers 503 until the database is reachable"
                if required
                else ""
            )
            hint = facts.dsn_forms[service.dialect].hint(_written_dsn(prepared.document, name))
            yield Diagnostic(
                code=REQUIRED_IS_DOWN if required else OPTIONAL_IS_DOWN,
                severity=severity,
                message=f'the database of "{name}" cannot be reached',
                detail=catalog.reason,
                hint=hint or otherwise,
                address=("services", name, "dsn"),
            )


def _no_schema(service: ServiceSettings, schemas: Sequence[str], severity: Severity) -> Diagnostic:
    name = service.schema
    hint = did_you_mean(name or "", schemas)
    return Diagnostic(
        code=NO_SCHEMA,
        severity=severity,
        message=f'the database of "{service.name}" has no schema "{name}"',
        hint=hint or "create the schema, or correct the name; case counts",
        address=("services", service.name, "schema") if name else ("services", service.name),
    )


def _read_only(services: Mapping[str, ServiceSettings], catalogs: Catalogs) -> Iterable[Diagnostic]:
    for name, catalog in catalogs.items():
        if services[name].read_only or isinstance(catalog, Unreachable):
            continue
        if catalog.read_only is not None:
            yield Diagnostic(
                code=NOT_WRITABLE,
                severity=Severity.WARNING,
                message=f'the database of "{name}" can only be read',
                detail=catalog.read_only,
                hint="set `read_only: true`, or let the server write the file and its folder",
                address=("services", name, "dsn"),
            )


def _written_dsn(document: Document, name: str) -> str:
    tree: Any = document.tree
    return dsn_template(tree["services"][name]["dsn"]) or ""


def _outcome(
    value: Any, diagnostics: Sequence[Diagnostic], document: Document | None
) -> Outcome[Any]:
    return Outcome(
        value=None if has_errors(diagnostics) else value,
        diagnostics=locate(first_errors(diagnostics), document),
    )
