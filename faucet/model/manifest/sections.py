"""The manifest as structs; the source of `schema/faucet.schema.json`."""

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
    SecretText,
    Size,
    Spec,
    Text,
)

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


class Server(Spec, frozen=True, kw_only=True):
    """Where and how the server listens. A change of host or port needs a restart."""

    host: Annotated[
        DeploymentText, Meta(description="Address to listen on.", examples=["127.0.0.1"])
    ] = "0.0.0.0"  # noqa: S104
    port: Annotated[
        DeploymentNumber,
        Meta(description="Port to listen on; 0 takes a free one.", examples=[8080]),
    ] = 8080
    shutdown_timeout: Annotated[
        Duration, Meta(description="How long running requests may take to end at shutdown.")
    ] = "30s"
    max_body: Annotated[Size, Meta(description="The largest request body.")] = "10MiB"
    trusted_proxies: Annotated[
        tuple[Text, ...],
        Meta(description="Networks whose X-Forwarded-For is believed.", examples=[["10.0.0.0/8"]]),
    ] = ()
    docs: Annotated[
        bool, Meta(description="Whether /docs and the OpenAPI documents are served.")
    ] = True
    watch: Annotated[
        Literal["events", "poll", "off"],
        Meta(description="How changes of the manifest are noticed; poll for network file systems."),
    ] = "events"


class JwtProvider(Spec, frozen=True, kw_only=True):
    """Who signs tokens, how they are verified, and what they may say. Chosen by `iss` alone."""

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
        Text, Meta(description="Dotted path or JSON pointer of the claim that holds the role.")
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
                description="Claims that row rules may use from this provider; absent with a secret and no issuer: all."
            ),
        ]
        | UnsetType
    ) = UNSET
    leeway: Annotated[Duration, Meta(description="Allowed clock difference.")] = "30s"


class Jwks(Spec, frozen=True, kw_only=True):
    """Where the public keys of a provider are."""

    file: Annotated[DeploymentText, Meta(description="A JWKS document, relative to the manifest.")]


class Auth(Spec, frozen=True, kw_only=True):
    """Who may ask."""

    api_key_header: Annotated[DeploymentText, Meta(description="Header of API keys.")] = "X-API-Key"
    anonymous: (
        Annotated[Name, Meta(description="Role of requests without a credential; absent: 401.")]
        | UnsetType
    ) = UNSET
    jwt: Annotated[
        Mapping[Name, JwtProvider], Meta(description="Providers of JSON Web Tokens, by name.")
    ] = {}


class Pool(Spec, frozen=True, kw_only=True):
    """Connections of a service."""

    size: Annotated[DeploymentNumber, Meta(description="The most connections.", examples=[10])] = 10
    acquire_timeout: Annotated[
        Duration, Meta(description="How long a request waits for a connection before 503.")
    ] = "5s"
    max_lifetime: Annotated[Duration, Meta(description="How old a connection may grow.")] = "5m"


class Tables(Spec, frozen=True, kw_only=True):
    """Which relations of the database exist for Faucet at all."""

    include: Annotated[tuple[Text, ...], Meta(min_length=1, description="Names and globs.")] = (
        "*",
    )
    exclude: (
        Annotated[
            tuple[Text, ...], Meta(min_length=1, description="Names and globs, taken away again.")
        ]
        | UnsetType
    ) = UNSET


class ResourceField(Spec, frozen=True, kw_only=True):
    """What is said of a column beyond what the database says."""

    hidden: Annotated[bool, Meta(description="Whether the column does not exist for any role.")] = (
        False
    )
    description: Annotated[Text, Meta(description="For the OpenAPI document.")] | UnsetType = UNSET


class Resource(Spec, frozen=True, kw_only=True):
    """What is said of a table or view beyond what the database says."""

    description: Annotated[Text, Meta(description="For the OpenAPI document.")] | UnsetType = UNSET
    fields: Annotated[Mapping[str, ResourceField], Meta(description="By column name.")] = {}
    primary_key: (
        Annotated[
            tuple[Text, ...],
            Meta(min_length=1, description="The key of a view, which has none of its own."),
        ]
        | UnsetType
    ) = UNSET


class Service(Spec, frozen=True, kw_only=True):
    """A database published under /api/v1/NAME."""

    driver: Annotated[Text, Meta(description="The dialect of the database.")]
    dsn: Annotated[
        SecretText,
        Meta(
            description="Where the database is; a reference fills the URL part in which it stands.",
            examples=["postgresql://faucet:${env:SHOP_PASSWORD}@db:5432/shop"],
        ),
    ]
    label: Annotated[Text, Meta(description="For people.")] | UnsetType = UNSET
    schema: (
        Annotated[
            Text,
            Meta(
                description="Schema whose relations are published; PostgreSQL: public unless said."
            ),
        ]
        | UnsetType
    ) = UNSET
    required: Annotated[
        bool, Meta(description="Whether start and reload fail when the database cannot be reached.")
    ] = False
    read_only: Annotated[bool, Meta(description="Whether all writes are refused.")] = False
    pool: Pool = Pool()
    tables: Tables = Tables()
    integers: Annotated[
        Literal["number", "string"], Meta(description="Form in JSON of integers beyond 2^53.")
    ] = "number"
    decimals: Annotated[
        Literal["string", "number"], Meta(description="Form in JSON of decimals.")
    ] = "string"
    timestamps: Annotated[
        Literal["iso", "unix"],
        Meta(description="How SQLite stores timestamps: text, or seconds since 1970."),
    ] = "iso"
    json_text: (
        Annotated[
            Literal["parse", "string"],
            Meta(
                description="What a text sent for a JSON column is: a document to parse, or a JSON string; absent: refused."
            ),
        ]
        | UnsetType
    ) = UNSET
    resources: Annotated[Mapping[str, Resource], Meta(description="By table or view name.")] = {}
    limits: Limits = Limits()


class Logging(Spec, frozen=True, kw_only=True):
    """What is logged and how."""

    level: Annotated[
        Level | LogLevel,
        Meta(description="The least severe level.", extra_json_schema={REFERENCE: "deployment"}),
    ] = "info"
    format: Annotated[
        Format | LogFormat,
        Meta(
            description="One JSON object or one text a line.",
            extra_json_schema={REFERENCE: "deployment"},
        ),
    ] = "json"


class Manifest(Spec, frozen=True, kw_only=True):
    """A Faucet manifest."""

    version: Annotated[Literal[1], Meta(description="Version of the manifest's form.")]
    server: Server = Server()
    auth: Auth = Auth()
    limits: Limits = Limits()
    services: Annotated[Mapping[Name, Service], Meta(description="Databases, by name.")] = {}
    roles: Annotated[Mapping[Name, Role], Meta(description="Roles, by name.")] = {}
    keys: Annotated[Mapping[Name, Key], Meta(description="API keys, by name.")] = {}
    logging: Logging = Logging()
