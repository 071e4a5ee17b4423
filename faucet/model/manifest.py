"""The manifest as structs; the source of `schema/faucet.schema.json`."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, UnsetType, field

from faucet.model.spec import Spec

REFERENCE: Final = "x-faucet-reference"
"""Schema mark of a field in which ``${env:}`` and ``${file:}`` may stand: "secret" or "deployment"."""

WHOLE_REFERENCE: Final = r"^\$\{[a-z]+:[^}]+\}$"

Whole = Annotated[str, Meta(pattern=WHOLE_REFERENCE)]
# The pattern of a text holds for every text of a union, its literals included.
LogLevel = Annotated[str, Meta(pattern=r"^(debug|info|warning|error|\$\{[a-z]+:[^}]+\})$")]
LogFormat = Annotated[str, Meta(pattern=r"^(json|text|\$\{[a-z]+:[^}]+\})$")]
Name = Annotated[
    str,
    Meta(
        pattern="^[a-z][a-z0-9_-]{0,62}$",
        description="a-z, 0-9, _ and -, starting with a letter, up to 63 characters.",
    ),
]
Duration = Annotated[
    str,
    Meta(
        pattern="^[0-9]+(ms|s|m|h|d)$",
        description="A number with its unit: 500ms, 30s, 5m, 1h, 7d.",
        examples=["30s"],
    ),
]
Size = Annotated[
    str,
    Meta(
        pattern="^[0-9]+(B|KB|MB|GB|KiB|MiB|GiB)$",
        description="A number with its unit: 512KiB, 10MiB, 1GB.",
        examples=["10MiB"],
    ),
]
Text = Annotated[str, Meta(min_length=1)]
SecretText = Annotated[str, Meta(min_length=1, extra_json_schema={REFERENCE: "secret"})]
DeploymentText = Annotated[str, Meta(min_length=1, extra_json_schema={REFERENCE: "deployment"})]
DeploymentNumber = Annotated[int | Whole, Meta(extra_json_schema={REFERENCE: "deployment"})]
Positive = Annotated[int, Meta(ge=1)]
ClaimValue = None | bool | int | float | str | tuple[bool | int | float | str, ...]
Verb = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class Page(Spec, frozen=True, kw_only=True):
    """How many rows a page holds."""

    default: (
        Annotated[Positive, Meta(description="Rows of a page when `limit` is absent.")] | UnsetType
    ) = UNSET
    max: Annotated[Positive, Meta(description="The most rows of one answer.")] | UnsetType = UNSET


class Limits(Spec, frozen=True, kw_only=True):
    """Bounds of a request. Service, role, grant and key may tighten them, never loosen."""

    page: Page = Page()
    batch: (
        Annotated[Positive, Meta(description="The most records of one write; 1000 unless said.")]
        | UnsetType
    ) = UNSET
    statement_timeout: (
        Annotated[Duration, Meta(description="How long one statement may run; 30s unless said.")]
        | UnsetType
    ) = UNSET


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

    driver: Annotated[
        Literal["sqlite", "postgres"], Meta(description="The dialect of the database.")
    ]
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


class Grant(Spec, frozen=True, kw_only=True):
    """What a role may do: to tables of a service, or (`system`) to the server."""

    service: Annotated[Name, Meta(description="A service of this manifest.")] | UnsetType = UNSET
    tables: (
        Annotated[
            tuple[Text, ...], Meta(min_length=1, description="Names and globs; `!name` takes away.")
        ]
        | UnsetType
    ) = UNSET
    verbs: (
        Annotated[tuple[Verb | Literal["*"], ...], Meta(min_length=1, description="HTTP verbs.")]
        | UnsetType
    ) = UNSET
    fields: (
        Annotated[
            tuple[Text, ...],
            Meta(
                min_length=1,
                description="Readable columns: names, globs, `!name`; absent: all that the resource does not hide.",
            ),
        ]
        | UnsetType
    ) = UNSET
    rows: (
        Annotated[
            Text,
            Meta(
                description="Row filter: which rows may be seen or touched; `all` for every row.",
                examples=["store_id = {claims.store_id}"],
            ),
        ]
        | UnsetType
    ) = UNSET
    check: (
        Annotated[
            Text,
            Meta(description="Row check: which rows may be left behind; absent: the row filter."),
        ]
        | UnsetType
    ) = UNSET
    write: (
        Annotated[
            tuple[Text, ...],
            Meta(
                min_length=1,
                description="Writable columns; absent: what the role may read, unmasked and ungenerated.",
            ),
        ]
        | UnsetType
    ) = UNSET
    presets: (
        Annotated[
            Mapping[str, bool | int | float | str | None],
            Meta(
                min_length=1,
                description="Values that are written whatever the body says: a literal or one whole reference such as {principal.name}.",
            ),
        ]
        | UnsetType
    ) = field(name="set", default=UNSET)
    mask: (
        Annotated[
            Mapping[str, Text],
            Meta(min_length=1, description="Mask by column: null, redact, hash or last4."),
        ]
        | UnsetType
    ) = UNSET
    aggregate: Annotated[bool, Meta(description="Whether functions and group may be used.")] = False
    collate: Annotated[Literal["binary", "column"], Meta(description="How rules compare text.")] = (
        "binary"
    )
    references: Annotated[
        Literal["visible", "any"],
        Meta(description="Whether a written reference must point at a row that the role sees."),
    ] = "visible"
    system: (
        Annotated[
            tuple[Literal["GET", "POST"], ...],
            Meta(min_length=1, description="Verbs on the system API."),
        ]
        | UnsetType
    ) = UNSET
    limits: Limits = Limits()


class Role(Spec, frozen=True, kw_only=True):
    """A named set of grants. A request has exactly one role."""

    description: Annotated[Text, Meta(description="For people.")] | UnsetType = UNSET
    extends: (
        Annotated[
            tuple[Name, ...],
            Meta(min_length=1, description="Roles whose grants this one inherits."),
        ]
        | UnsetType
    ) = UNSET
    grants: Annotated[
        tuple[Grant, ...], Meta(description="What the role may do; nothing unless granted.")
    ] = ()
    limits: Limits = Limits()


class Key(Spec, frozen=True, kw_only=True):
    """An API key, by its hash."""

    role: Annotated[Name, Meta(description="The key's role.")]
    hash: Annotated[
        tuple[Annotated[str, Meta(min_length=1, extra_json_schema={REFERENCE: "secret"})], ...],
        Meta(
            min_length=1,
            max_length=2,
            description="sha256: and the hex digest of the whole key; two while a key rotates.",
        ),
    ]
    claims: Annotated[Mapping[str, ClaimValue], Meta(description="Claims for row rules.")] = {}
    expires: (
        Annotated[
            str,
            Meta(
                description="RFC 3339 instant after which the key is refused.",
                examples=["2027-01-01T00:00:00Z"],
            ),
        ]
        | UnsetType
    ) = UNSET
    allow_from: (
        Annotated[
            tuple[Text, ...], Meta(min_length=1, description="Networks the key may be used from.")
        ]
        | UnsetType
    ) = UNSET
    limits: Limits = Limits()


class Logging(Spec, frozen=True, kw_only=True):
    """What is logged and how."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"] | LogLevel,
        Meta(description="The least severe level.", extra_json_schema={REFERENCE: "deployment"}),
    ] = "info"
    format: Annotated[
        Literal["json", "text"] | LogFormat,
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
