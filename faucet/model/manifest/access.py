"""The sections of the manifest on access: limits, grants, roles and keys."""

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from faucet.model.manifest.scalars import (
    REFERENCE,
    ClaimValue,
    Duration,
    Name,
    Positive,
    Spec,
    Text,
    Verb,
)


class PageLimits(Spec, frozen=True, kw_only=True):
    """Page sizes."""

    default: (
        Annotated[Positive, Meta(description="Rows per page if the request has no `limit`.")]
        | UnsetType
    ) = UNSET
    max: (
        Annotated[Positive, Meta(description="Maximum number of rows in a response.")] | UnsetType
    ) = UNSET


class Limits(Spec, frozen=True, kw_only=True):
    """Limits of a request. Services, roles, grants and keys may tighten them, never loosen them."""

    page: PageLimits = PageLimits()
    batch: (
        Annotated[
            Positive, Meta(description="Maximum number of records in one write; default: 1000.")
        ]
        | UnsetType
    ) = UNSET
    statement_timeout: (
        Annotated[Duration, Meta(description="Maximum run time of a statement; default: 30s.")]
        | UnsetType
    ) = UNSET


class Grant(Spec, frozen=True, kw_only=True):
    """What a role may do with tables of a service, or (`system`) with the server."""

    service: Annotated[Name, Meta(description="A service of this manifest.")] | UnsetType = UNSET
    tables: (
        Annotated[
            tuple[Text, ...], Meta(min_length=1, description="Names and globs; `!name` excludes.")
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
                description="Readable columns: names, globs, `!name`; default: all that the resource does not hide.",
            ),
        ]
        | UnsetType
    ) = UNSET
    rows: (
        Annotated[
            Text,
            Meta(
                description="Row filter: which rows may be read and changed; `all` for every row.",
                examples=["store_id = {claims.store_id}"],
            ),
        ]
        | UnsetType
    ) = UNSET
    check: (
        Annotated[
            Text,
            Meta(description="Row check: which rows may be written; default: the row filter."),
        ]
        | UnsetType
    ) = UNSET
    write: (
        Annotated[
            tuple[Text, ...],
            Meta(
                min_length=1,
                description="Writable columns; default: the readable columns that are neither masked nor generated.",
            ),
        ]
        | UnsetType
    ) = UNSET
    presets: (
        Annotated[
            Mapping[str, bool | int | float | str | None],
            Meta(
                min_length=1,
                description="Values that are always written, whatever the body contains: a literal or a single reference such as {principal.name}.",
            ),
        ]
        | UnsetType
    ) = field(name="set", default=UNSET)
    mask: (
        Annotated[
            Mapping[str, Text],
            Meta(min_length=1, description="Masks by column: null, redact, hash or last4."),
        ]
        | UnsetType
    ) = UNSET
    aggregate: Annotated[
        bool, Meta(description="Whether aggregate functions and group may be used.")
    ] = False
    collate: Annotated[Literal["binary", "column"], Meta(description="How rules compare text.")] = (
        "binary"
    )
    references: Annotated[
        Literal["visible", "any"],
        Meta(
            description="Whether a written foreign key must refer to a row that the role can see."
        ),
    ] = "visible"
    system: (
        Annotated[
            tuple[Literal["GET", "POST"], ...],
            Meta(min_length=1, description="Verbs of the system API."),
        ]
        | UnsetType
    ) = UNSET
    limits: Limits = Limits()


class Role(Spec, frozen=True, kw_only=True):
    """A named set of grants. A request has exactly one role."""

    description: Annotated[Text, Meta(description="A description for people.")] | UnsetType = UNSET
    extends: (
        Annotated[
            tuple[Name, ...],
            Meta(min_length=1, description="Roles whose grants this one inherits."),
        ]
        | UnsetType
    ) = UNSET
    grants: Annotated[
        tuple[Grant, ...], Meta(description="What the role may do; default: nothing.")
    ] = ()
    limits: Limits = Limits()


class Key(Spec, frozen=True, kw_only=True):
    """An API key, stored as its hash."""

    role: Annotated[Name, Meta(description="Role of the key.")]
    hash: Annotated[
        tuple[Annotated[str, Meta(min_length=1, extra_json_schema={REFERENCE: "secret"})], ...],
        Meta(
            min_length=1,
            max_length=2,
            description="sha256: and the hex digest of the whole key; two during a key rotation.",
        ),
    ]
    claims: Annotated[Mapping[str, ClaimValue], Meta(description="Claims for row rules.")] = {}
    expires: (
        Annotated[
            str,
            Meta(
                description="RFC 3339 time from which the key is refused.",
                examples=["2027-01-01T00:00:00Z"],
            ),
        ]
        | UnsetType
    ) = UNSET
    allow_from: (
        Annotated[
            tuple[Text, ...],
            Meta(min_length=1, description="Networks from which the key may be used."),
        ]
        | UnsetType
    ) = UNSET
    limits: Limits = Limits()
