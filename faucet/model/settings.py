"""The manifest after resolve: no reference left, secrets wrapped, units converted."""

from collections.abc import Mapping
from typing import Final

import msgspec

from faucet.diagnostics import Address
from faucet.model.filters.condition import Scalar
from faucet.model.filters.predicate import ClaimReference, Predicate, PrincipalReference
from faucet.model.limits import LimitSettings, PartialLimits
from faucet.model.manifest.sections import Resource, Tables
from faucet.names import ClosedSet
from faucet.secret import Secret

EVERY_ROW: Final = "all"
"""The rule that every row meets."""


class Verb(ClosedSet):
    """The verbs of the contract, as grants name them."""

    GET = "GET"
    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"


CHANGES: Final = frozenset({Verb.POST, Verb.PUT, Verb.PATCH})
"""The verbs that write rows: row checks and presets apply only to these."""


class WatchMode(ClosedSet):
    """How changes of the manifest are detected."""

    EVENTS = "events"
    POLL = "poll"
    OFF = "off"


class NumberForm(ClosedSet):
    """The JSON form of a number."""

    NUMBER = "number"
    STRING = "string"


class TimestampForm(ClosedSet):
    """
    The storage of dates and times in a database without types for them.

    TEXT may be in any spelling, ISO promises the one that Faucet writes.
    """

    TEXT = "text"
    ISO = "iso"
    UNIX = "unix"


class Journal(ClosedSet):
    """How a file is written: by the journal mode that it has, or with a write-ahead log."""

    UNCHANGED = "unchanged"
    WAL = "wal"


class JsonText(ClosedSet):
    """The meaning of a string sent for a JSON column: a document, or a string."""

    PARSE = "parse"
    STRING = "string"


class CorsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The *origins* whose pages may read responses, in lower case, or `*` for all."""

    origins: tuple[str, ...]
    credentials: bool


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """
    Timeouts are in seconds, *max_body* and *max_response* in bytes, *min_rate* in bytes per second.

    *max_connections* is None if the process decides. *allowed_hosts* are in lower case, without
    ports; if there are none, every host is allowed. *root_path* is what a proxy removes from the
    front of a path.
    """

    host: str
    port: int
    shutdown_timeout: float
    head_timeout: float
    body_timeout: float
    min_rate: int
    max_connections: int | None
    allowed_hosts: tuple[str, ...]
    max_body: int
    max_response: int
    trusted_proxies: tuple[str, ...]
    docs: bool
    watch: WatchMode
    cors: CorsSettings | None = None
    root_path: str = ""


class JwtSettings(msgspec.Struct, frozen=True, kw_only=True):
    """
    One provider. Exactly one of *secret* and *jwks* is set; *jwks* is the document's text.

    *claims* is None if the provider may assert every claim; *leeway* is in seconds.
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

    integers: NumberForm = NumberForm.NUMBER
    decimals: NumberForm = NumberForm.STRING
    timestamps: TimestampForm = TimestampForm.TEXT
    json_text: JsonText | None = None


class ServiceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """
    One service; *dialect* is the manifest's `driver`, *dsn* resolved and in the dialect's form.

    *journal* and *immutable* are for databases that are files; an immutable one is *read_only*.
    With *expose_raise* callers get the texts that functions and triggers raise on purpose.
    *pooled*: a transaction pooler is in front of the database, whose sessions its clients share.
    *catalog_refresh*: seconds between readings of its catalog, for databases that announce nothing.
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
    journal: Journal = Journal.UNCHANGED
    immutable: bool = False
    expose_raise: bool = False
    pooled: bool = False
    catalog_refresh: float | None = None


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
    """The settings of authentication."""

    api_key_header: str
    anonymous: str | None
    providers: tuple[JwtSettings, ...]
    keys: tuple[ApiKey, ...]


class RowRule(msgspec.Struct, frozen=True, kw_only=True):
    """
    A row filter or row check. *predicate* is None if every row meets it, or it cannot be parsed;
    *exact* compares text by code point.
    """

    text: str
    address: Address
    predicate: Predicate | None
    exact: bool

    @property
    def every_row(self) -> bool:
        """Whether every row meets it."""
        return self.text.strip() == EVERY_ROW


PresetValue = None | bool | int | float | str | ClaimReference | PrincipalReference


class GrantSettings(msgspec.Struct, frozen=True, kw_only=True):
    """
    The *index*-th grant of *role*. Lists are as written, None where absent.

    *spelled_verbs* are those of *verbs* that are written out, not covered by `*`. *any_reference*
    allows a written reference to rows that the role does not see. A grant on the system has
    *system* and neither *service* ("") nor *tables* nor *verbs*.
    """

    role: str
    index: int
    service: str
    tables: tuple[str, ...]
    verbs: frozenset[Verb]
    spelled_verbs: frozenset[Verb]
    fields: tuple[str, ...] | None
    write: tuple[str, ...] | None
    rows: RowRule | None
    check: RowRule | None
    presets: Mapping[str, PresetValue]
    masks: Mapping[str, str]
    aggregate: bool
    any_reference: bool
    system: frozenset[str]
    limits: PartialLimits

    @property
    def address(self) -> Address:
        """Its place in the manifest."""
        return ("roles", self.role, "grants", self.index)

    @property
    def filtered(self) -> bool:
        """Whether it has a row filter that excludes some rows."""
        return self.rows is not None and not self.rows.every_row


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """
    A role on the path to an ancestor; *limits* are the tightest on the path, both ends included.
    """

    role: str
    limits: PartialLimits


Levels = tuple[tuple[Step, ...], ...]


class RoleSettings(msgspec.Struct, frozen=True, kw_only=True):
    """
    One role. *levels* are the role itself, then its parents, then theirs: each at its shortest
    distance.
    """

    name: str
    description: str | None
    grants: tuple[GrantSettings, ...]
    levels: Levels

    @property
    def lineage(self) -> tuple[str, ...]:
        """The role and its ancestors, the nearer first."""
        return tuple(step.role for level in self.levels for step in level)

    @property
    def limits(self) -> PartialLimits:
        """Its own limits."""
        return self.levels[0][0].limits


class LoggingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """
    *level* of debug, info, warning (or warn), error; *format* of json, text; *access* of on, off.
    """

    level: str = "info"
    format: str = "json"
    access: str = "on"


class McpSettings(msgspec.Struct, frozen=True, kw_only=True):
    """
    Whether agents can connect, from pages of which origins (in lower case), and their instructions.
    """

    enabled: bool = False
    allowed_origins: tuple[str, ...] = ()
    instructions: str | None = None


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """
    Everything that a surface is compiled from, except the catalogs.

    *purpose_key* is the root from which keys for one purpose are derived (masks); None if no secret
    is set.
    """

    server: ServerSettings
    auth: AuthSettings
    limits: LimitSettings
    services: Mapping[str, ServiceSettings]
    roles: Mapping[str, RoleSettings]
    logging: LoggingSettings
    purpose_key: Secret | None
    mcp: McpSettings = McpSettings()
