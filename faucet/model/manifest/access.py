"""The part of the manifest that says who may do what: limits, grants, roles and keys."""

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
    """How many rows a page holds."""

    default: (
        Annotated[Positive, Meta(description="Rows of a page when `limit` is absent.")] | UnsetType
    ) = UNSET
    max: Annotated[Positive, Meta(description="The most rows of one answer.")] | UnsetType = UNSET


class Limits(Spec, frozen=True, kw_only=True):
    """Bounds of a request. Service, role, grant and key may tighten them, never loosen."""

    page: PageLimits = PageLimits()
    batch: (
        Annotated[Positive, Meta(description="The most records of one write; 1000 unless said.")]
        | UnsetType
    ) = UNSET
    statement_timeout: (
        Annotated[Duration, Meta(description="How long one statement may run; 30s unless said.")]
        | UnsetType
    ) = UNSET


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
