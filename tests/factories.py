"""Short ways to settings, catalogs and surfaces for tests."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from faucet.control.compile import compile_surface
from faucet.control.resolve_roles import resolve_roles
from faucet.diagnostics import Diagnostic, has_errors
from faucet.dialects.postgresql.types import DAYS
from faucet.model.catalog import (
    Catalog,
    Column,
    ColumnType,
    ForeignKey,
    Kind,
    Relation,
    RelationKind,
    Unreachable,
)
from faucet.model.limits import LimitSettings
from faucet.model.manifest.sections import Manifest, Resource, Role, Tables
from faucet.model.settings import (
    AuthSettings,
    LoggingSettings,
    PoolSettings,
    RoleSettings,
    ServerSettings,
    ServiceSettings,
    Settings,
    ValueOptions,
    WatchMode,
)
from faucet.model.surface import Surface
from faucet.secret import Secret
from faucet.standard import standard_registry

FACTS = standard_registry().facts()

_TYPES: Mapping[str, ColumnType] = {
    "smallint": ColumnType(kind=Kind.INTEGER, db_type="smallint", bits=16),
    "int": ColumnType(kind=Kind.INTEGER, db_type="integer", bits=32),
    "bigint": ColumnType(kind=Kind.INTEGER, db_type="bigint", bits=64),
    "decimal": ColumnType(kind=Kind.DECIMAL, db_type="numeric"),
    "real": ColumnType(kind=Kind.FLOAT, db_type="real", bits=32),
    "double": ColumnType(kind=Kind.FLOAT, db_type="double precision", bits=64),
    "bool": ColumnType(kind=Kind.BOOLEAN, db_type="boolean"),
    "text": ColumnType(kind=Kind.TEXT, db_type="text"),
    "uuid": ColumnType(kind=Kind.UUID, db_type="uuid"),
    "bytes": ColumnType(kind=Kind.BINARY, db_type="bytea"),
    "date": ColumnType(kind=Kind.DATE, db_type="date", days=DAYS[Kind.DATE]),
    "time": ColumnType(kind=Kind.TIME, db_type="time"),
    "timestamp": ColumnType(kind=Kind.TIMESTAMP, db_type="timestamp", days=DAYS[Kind.TIMESTAMP]),
    "timestamptz": ColumnType(
        kind=Kind.TIMESTAMPTZ, db_type="timestamptz", days=DAYS[Kind.TIMESTAMPTZ]
    ),
    "interval": ColumnType(kind=Kind.INTERVAL, db_type="interval"),
    "json": ColumnType(kind=Kind.JSON, db_type="jsonb"),
    "array": ColumnType(
        kind=Kind.ARRAY,
        db_type="integer[]",
        element=ColumnType(kind=Kind.INTEGER, db_type="integer", bits=32),
    ),
    "xml": ColumnType(kind=Kind.OPAQUE, db_type="xml"),
    "any": ColumnType(kind=Kind.TEXT, db_type="", provable=False),
}


def column_type(text: str) -> ColumnType:
    """Return the type spelled `int`, `text(20)`, `decimal(10,2)`, `enum(new,paid)`, `any`, …"""
    name, _, inside = text.rstrip(")").partition("(")
    arguments = inside.split(",") if inside else []
    if name == "enum":
        return ColumnType(kind=Kind.ENUM, db_type="enum", labels=tuple(arguments))
    kind = _TYPES[name]
    if name == "text" and arguments:
        return msgspec.structs.replace(kind, length=int(arguments[0]), db_type=text)
    if name == "decimal" and arguments:
        return msgspec.structs.replace(
            kind, precision=int(arguments[0]), scale=int(arguments[1]), db_type=text
        )
    return kind


def columns(*specs: str | Column) -> tuple[Column, ...]:
    """
    Return columns from specs such as ``id int pk auto``, ``note text null``, ``n int default=0``.

    Flags: `pk` (not null), `null`, `generated`, `auto`, `default=EXPRESSION` (to the end).
    """
    made = []
    for position, spec in enumerate(specs, start=1):
        if isinstance(spec, Column):
            made.append(msgspec.structs.replace(spec, position=position))
            continue
        head, _, default = spec.partition(" default=")
        name, type_text, *flags = re.split(r"\s+", head.strip())
        made.append(
            Column(
                name=name,
                position=position,
                type=column_type(type_text),
                nullable="null" in flags,
                default=default or None,
                generated="generated" in flags,
                auto_increment="auto" in flags,
            )
        )
    return tuple(made)


def column(name: str, type_text: str = "text", **changes: Any) -> Column:
    """Return one column whose name need not be a plain word."""
    made = Column(name=name, position=1, type=column_type(type_text), nullable=False)
    return msgspec.structs.replace(made, **changes)


def relation(name: str, *specs: str | Column, **changes: Any) -> Relation:
    """Return a table of `columns(*specs)`; `pk` makes its primary key."""
    keys = tuple(
        spec.split()[0] for spec in specs if isinstance(spec, str) and "pk" in spec.split()
    )
    made = Relation(
        schema="public",
        name=name,
        kind=RelationKind.TABLE,
        columns=columns(*specs),
        primary_key=keys,
        row_locator=None if keys else "ctid",
    )
    return msgspec.structs.replace(made, **changes)


def view(name: str, *specs: str | Column, **changes: Any) -> Relation:
    """Return a view, which nobody may write unless *changes* say so."""
    defaults: dict[str, Any] = {"insertable": False, "updatable": False, "deletable": False}
    return relation(
        name, *specs, kind=RelationKind.VIEW, row_locator=None, **{**defaults, **changes}
    )


def foreign_key(column: str, target: str, to: str = "id", **changes: Any) -> ForeignKey:
    """Return the foreign key ``column -> target.to`` within the schema."""
    made = ForeignKey(
        name=f"{column}_fkey",
        columns=(column,),
        referenced_schema="public",
        referenced_table=target,
        referenced_columns=(to,),
    )
    return msgspec.structs.replace(made, **changes)


def catalog(*relations: Relation) -> Catalog:
    """Return the catalog of a PostgreSQL with *relations* in schema public."""
    return Catalog(
        schema="public", server_version="15.0", relations={each.name: each for each in relations}
    )


def service(name: str = "shop", **changes: Any) -> ServiceSettings:
    """Return a PostgreSQL service. `resources` and `tables` may be given as in a manifest."""
    if "resources" in changes:
        changes["resources"] = msgspec.convert(changes["resources"], Mapping[str, Resource])
    if "tables" in changes:
        changes["tables"] = msgspec.convert(changes["tables"], Tables)
    made = ServiceSettings(
        name=name,
        dialect="postgres",
        dsn=Secret("postgresql://faucet:s3cret@db/shop"),
        label=None,
        schema="public",
        required=False,
        read_only=False,
        pool=PoolSettings(),
        tables=Tables(),
        values=ValueOptions(),
        resources={},
        limits=LimitSettings(),
    )
    return msgspec.structs.replace(made, **changes)


def resolved(roles: Mapping[str, Any]) -> Mapping[str, RoleSettings]:
    """Return the roles of a manifest as resolved; their rules must be readable."""
    manifest = Manifest(version=1, roles=msgspec.convert(roles, Mapping[str, Role]))
    outcome = resolve_roles(manifest)
    assert outcome.value is not None
    assert not outcome.diagnostics
    return outcome.value


def settings(
    roles: Mapping[str, Any], services: tuple[ServiceSettings, ...] = (), **changes: Any
) -> Settings:
    """Return settings with *roles* as in a manifest, and one service `shop` unless given."""
    made = Settings(
        server=ServerSettings(
            host="127.0.0.1",
            port=8080,
            shutdown_timeout=30.0,
            head_timeout=10.0,
            body_timeout=30.0,
            min_rate=4096,
            max_connections=None,
            allowed_hosts=(),
            max_body=10 * 1024 * 1024,
            max_response=64 * 1024 * 1024,
            trusted_proxies=(),
            docs=True,
            watch=WatchMode.OFF,
        ),
        auth=AuthSettings(api_key_header="X-API-Key", anonymous=None, providers=(), keys=()),
        limits=LimitSettings(),
        services={each.name: each for each in services or (service(),)},
        roles=resolved(roles),
        logging=LoggingSettings(),
        purpose_key=Secret("p" * 32),
    )
    return msgspec.structs.replace(made, **changes)


def grant(tables: str = "*", verbs: str = "GET", **rest: Any) -> dict[str, Any]:
    """Return a grant on service `shop`: blank-separated tables and verbs."""
    return {"service": "shop", "tables": tables.split(), "verbs": verbs.split(), **rest}


def compiled(
    settings: Settings, catalogs: Mapping[str, Catalog | Unreachable] | Catalog
) -> tuple[Surface | None, tuple[Diagnostic, ...]]:
    """Return what compiling gives; a single catalog is that of `shop`."""
    if isinstance(catalogs, Catalog):
        catalogs = {"shop": catalogs}
    outcome = compile_surface(settings, catalogs, FACTS)
    return outcome.value, outcome.diagnostics


def surface(settings: Settings, catalogs: Mapping[str, Catalog | Unreachable] | Catalog) -> Surface:
    """Return the surface, which must compile."""
    made, diagnostics = compiled(settings, catalogs)
    assert made is not None, diagnostics
    assert not has_errors(diagnostics), diagnostics
    return made
