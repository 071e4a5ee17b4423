"""The manifest after resolve: nothing left to look up, secrets wrapped, units counted."""

from collections.abc import Mapping

import msgspec

from faucet.model.filters.condition import Scalar
from faucet.model.manifest.sections import Resource, Role, Tables
from faucet.secret import Secret


class LimitSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Effective bounds. *statement_timeout* is in seconds."""

    page_default: int = 25
    page_max: int = 1000
    batch: int = 1000
    statement_timeout: float = 30.0


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """*shutdown_timeout* in seconds, *max_body* in bytes."""

    host: str
    port: int
    shutdown_timeout: float
    max_body: int
    trusted_proxies: tuple[str, ...]
    docs: bool
    watch: str


class JwtSettings(msgspec.Struct, frozen=True, kw_only=True):
    """
    One provider. Exactly one of *secret* and *jwks* is set; *jwks* is the document's text.

    *claims* is None where the provider may assert every claim; *leeway* is in seconds.
    """

    name: str
    algorithms: tuple[str, ...]
    secret: Secret | None
    jwks: str | None
    issuer: str | None
    audience: str | None
    role_claim: str
    roles: Mapping[str, str] | None
    claims: frozenset[str] | None
    leeway: float


class PoolSettings(msgspec.Struct, frozen=True, kw_only=True):
    """*acquire_timeout* and *max_lifetime* in seconds."""

    size: int = 10
    acquire_timeout: float = 5.0
    max_lifetime: float = 300.0


class ValueOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How values of a service are read and written."""

    integers: str = "number"
    decimals: str = "string"
    timestamps: str = "iso"
    json_text: str | None = None


class ServiceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """
    One service; *dialect* is the manifest's `driver`, *dsn* complete and in the dialect's own form.
    """

    name: str
    dialect: str
    dsn: Secret
    label: str | None
    schema: str | None
    required: bool
    read_only: bool
    pool: PoolSettings
    tables: Tables
    values: ValueOptions
    resources: Mapping[str, Resource]
    limits: LimitSettings


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """One API key: *digests* are lower-case hex SHA-256, *expires* seconds since 1970."""

    name: str
    role: str
    digests: frozenset[str]
    claims: Mapping[str, Scalar | tuple[Scalar, ...]]
    expires: float | None
    allow_from: tuple[str, ...]
    limits: LimitSettings


class AuthSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Who may ask."""

    api_key_header: str
    anonymous: str | None
    providers: tuple[JwtSettings, ...]
    keys: tuple[ApiKey, ...]


class LoggingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """*level* of debug, info, warning, error; *format* of json, text."""

    level: str = "info"
    format: str = "json"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """
    Everything a surface is compiled from, but the catalogs.

    *purpose_key* is the root from which keys for one purpose are derived (masks); None where no
    secret is set. Role and grant limits stay in *roles*, as written.
    """

    server: ServerSettings
    auth: AuthSettings
    limits: LimitSettings
    services: Mapping[str, ServiceSettings]
    roles: Mapping[str, Role]
    logging: LoggingSettings
    purpose_key: Secret | None
