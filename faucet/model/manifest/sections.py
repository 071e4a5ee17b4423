"""The manifest as structs, the source of `schema/faucet.schema.json`."""

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from faucet.model.manifest.access import Grant, Key, Limits, PageLimits, Role
from faucet.model.manifest.scalars import (
    REFERENCE,
    WHOLE_REFERENCE,
    DeploymentNumber,
    DeploymentText,
    Duration,
    Format,
    Level,
    LogFormat,
    LogLevel,
    Name,
    Origin,
    SecretText,
    Spec,
    Text,
)
from faucet.model.manifest.server import Server

__all__ = [
    "REFERENCE",
    "WHOLE_REFERENCE",
    "Auth",
    "Grant",
    "Jwks",
    "JwtProvider",
    "Key",
    "Limits",
    "Logging",
    "Manifest",
    "PageLimits",
    "Pool",
    "Resource",
    "ResourceField",
    "Role",
    "Server",
    "Service",
    "Tables",
]


class JwtProvider(Spec, frozen=True, kw_only=True):
    """An issuer of tokens, and how they are verified. Selected by `iss` alone."""

    algorithms: Annotated[
        tuple[
            Literal[
                "HS256",
                "HS384",
                "HS512",
                "RS256",
                "RS384",
                "RS512",
                "PS256",
                "PS384",
                "PS512",
                "ES256",
                "ES384",
                "ES512",
                "EdDSA",
            ],
            ...,
        ],
        Meta(min_length=1, description="Accepted algorithms, all of one family."),
    ]
    secret: (
        Annotated[
            SecretText,
            Meta(
                description="HMAC secret of at least 32 bytes.",
                examples=["${env:FAUCET_AUTH_JWT_SECRET}"],
            ),
        ]
        | UnsetType
    ) = UNSET
    jwks: "Jwks | UnsetType" = UNSET
    issuer: Annotated[DeploymentText, Meta(description="Required `iss`.")] | UnsetType = UNSET
    audience: Annotated[DeploymentText, Meta(description="Required `aud`.")] | UnsetType = UNSET
    role_claim: Annotated[
        Text, Meta(description="Dotted path or JSON Pointer of the claim that contains the role.")
    ] = "role"
    roles: (
        Annotated[
            Mapping[str, Name],
            Meta(min_length=1, description="Closed map from claim values to roles."),
        ]
        | UnsetType
    ) = UNSET
    claims: (
        Annotated[
            tuple[Text, ...],
            Meta(
                description="Claims of this provider that row rules may use; default with a secret and no issuer: all."
            ),
        ]
        | UnsetType
    ) = UNSET
    leeway: Annotated[Duration, Meta(description="Allowed clock difference.")] = "30s"


class Jwks(Spec, frozen=True, kw_only=True):
    """Source of the public keys of a provider."""

    file: Annotated[
        DeploymentText, Meta(description="Path of a JWKS document, relative to the manifest.")
    ]


class Auth(Spec, frozen=True, kw_only=True):
    """Authentication."""

    api_key_header: Annotated[DeploymentText, Meta(description="Header for API keys.")] = (
        "X-API-Key"
    )
    anonymous: (
        Annotated[
            Name,
            Meta(description="Role of requests without a credential; without it, they return 401."),
        ]
        | UnsetType
    ) = UNSET
    jwt: Annotated[
        Mapping[Name, JwtProvider], Meta(description="Providers of JSON Web Tokens, by name.")
    ] = {}


class Pool(Spec, frozen=True, kw_only=True):
    """The connection pool of a service."""

    size: Annotated[
        DeploymentNumber,
        Meta(
            description="Maximum number of connections, of which a principal uses at most half.",
            examples=[10],
        ),
    ] = 10
    acquire_timeout: Annotated[
        Duration, Meta(description="How long a request waits for a connection before 503.")
    ] = "5s"
    max_lifetime: Annotated[Duration, Meta(description="Maximum age of a connection.")] = "5m"


class Tables(Spec, frozen=True, kw_only=True):
    """Which tables and views of the database are published."""

    include: Annotated[
        tuple[Text, ...], Meta(min_length=1, description="Names and globs to publish.")
    ] = ("*",)
    exclude: (
        Annotated[tuple[Text, ...], Meta(min_length=1, description="Names and globs to exclude.")]
        | UnsetType
    ) = UNSET


class ResourceField(Spec, frozen=True, kw_only=True):
    """Settings of a column in addition to those of the database."""

    hidden: Annotated[bool, Meta(description="Whether the column is hidden from every role.")] = (
        False
    )
    description: (
        Annotated[Text, Meta(description="Description in the OpenAPI document.")] | UnsetType
    ) = UNSET


class Resource(Spec, frozen=True, kw_only=True):
    """Settings of a table or view in addition to those of the database."""

    description: (
        Annotated[Text, Meta(description="Description in the OpenAPI document.")] | UnsetType
    ) = UNSET
    fields: Annotated[Mapping[str, ResourceField], Meta(description="Columns, by name.")] = {}
    primary_key: (
        Annotated[
            tuple[Text, ...],
            Meta(min_length=1, description="Primary key of a view, which has none of its own."),
        ]
        | UnsetType
    ) = UNSET


class Service(Spec, frozen=True, kw_only=True):
    """A database published under /api/v1/NAME."""

    driver: Annotated[Text, Meta(description="The dialect of the database.")]
    dsn: Annotated[
        SecretText,
        Meta(
            description="Data source name; a reference supplies only the part of the URL that it is in.",
            examples=["postgresql://faucet:${env:SHOP_PASSWORD}@db:5432/shop"],
        ),
    ]
    label: Annotated[Text, Meta(description="A name for people.")] | UnsetType = UNSET
    schema: (
        Annotated[
            Text,
            Meta(
                description="Schema whose tables and views are published; default on PostgreSQL: public."
            ),
        ]
        | UnsetType
    ) = UNSET
    required: Annotated[
        bool,
        Meta(
            description="Whether start and reload are refused while the database cannot be reached."
        ),
    ] = False
    read_only: Annotated[bool, Meta(description="Whether all writes are refused.")] = False
    pool: Pool = Pool()
    tables: Tables = Tables()
    integers: Annotated[
        Literal["number", "string"], Meta(description="JSON type of integers beyond 2^53.")
    ] = "number"
    decimals: Annotated[Literal["string", "number"], Meta(description="JSON type of decimals.")] = (
        "string"
    )
    timestamps: Annotated[
        Literal["text", "iso", "unix"],
        Meta(
            description="How SQLite stores times: in any spelling, as Faucet writes them, or as seconds since 1970."
        ),
    ] = "text"
    journal: Annotated[
        Literal["unchanged", "wal"],
        Meta(
            description="Journal of a database file: the one that it has, or a write-ahead log, to which it is converted."
        ),
    ] = "unchanged"
    immutable: Annotated[
        bool,
        Meta(
            description="Whether a database file is on read-only media and never changes; all writes are refused."
        ),
    ] = False
    expose_raise: Annotated[
        bool,
        Meta(
            description="Whether callers get the texts that functions and triggers raise on purpose."
        ),
    ] = False
    pooler: (
        Annotated[
            Literal["transaction"],
            Meta(
                description="Connections go through a pooler that gives each transaction a session, such as PgBouncer with pool_mode = transaction."
            ),
        ]
        | UnsetType
    ) = UNSET
    prepare: Annotated[
        bool,
        Meta(
            description="Whether statements may be prepared; `false` means `pooler: transaction`."
        ),
    ] = True
    catalog_refresh: (
        Annotated[
            Duration,
            Meta(
                description="How often the tables and columns are read again, without a reload; default: never.",
                examples=["5m"],
            ),
        ]
        | UnsetType
    ) = UNSET
    json_text: (
        Annotated[
            Literal["parse", "string"],
            Meta(
                description="How a string sent for a JSON column is read: as a document to parse, or as a JSON string; default: refused."
            ),
        ]
        | UnsetType
    ) = UNSET
    resources: Annotated[
        Mapping[str, Resource], Meta(description="Tables and views, by name.")
    ] = {}
    limits: Limits = Limits()


class Logging(Spec, frozen=True, kw_only=True):
    """What is logged, and in which format."""

    level: Annotated[
        Level | LogLevel,
        Meta(
            description="Least severe level that is logged.",
            extra_json_schema={REFERENCE: "deployment"},
        ),
    ] = "info"
    format: Annotated[
        Format | LogFormat,
        Meta(
            description="One JSON object or one line of text per event.",
            extra_json_schema={REFERENCE: "deployment"},
        ),
    ] = "json"
    access: Annotated[
        Literal["on", "off"],
        Meta(description="Whether each request is logged; health probes only at level debug."),
    ] = "on"


class Mcp(Spec, frozen=True, kw_only=True):
    """The Model Context Protocol, for agents, at /mcp."""

    enabled: Annotated[
        bool, Meta(description="Whether agents can connect; FAUCET_MCP_ENABLED overrides it.")
    ] = False
    allowed_origins: Annotated[
        tuple[Origin, ...],
        Meta(description="Origins whose pages may use it, as in `server.cors.origins`, but not *."),
    ] = ()
    instructions: (
        Annotated[
            Text,
            Meta(
                max_length=4000,
                description="Instructions for agents about these databases.",
                examples=["Sales of the web shop. Amounts are in euros."],
            ),
        ]
        | UnsetType
    ) = UNSET


class Manifest(Spec, frozen=True, kw_only=True):
    """A Faucet manifest."""

    version: Annotated[Literal[1], Meta(description="Version of the manifest format.")]
    server: Server = Server()
    auth: Auth = Auth()
    limits: Limits = Limits()
    services: Annotated[Mapping[Name, Service], Meta(description="Databases, by name.")] = {}
    roles: Annotated[Mapping[Name, Role], Meta(description="Roles, by name.")] = {}
    keys: Annotated[Mapping[Name, Key], Meta(description="API keys, by name.")] = {}
    mcp: Mcp = Mcp()
    logging: Logging = Logging()
