"""The section `server` of a manifest."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from faucet.model.manifest.scalars import (
    ByteRate,
    DeploymentNumber,
    DeploymentText,
    Duration,
    Host,
    Origin,
    Positive,
    RootPath,
    Size,
    Spec,
    Text,
)


class Cors(Spec, frozen=True, kw_only=True):
    """What browsers let pages of other origins do."""

    origins: Annotated[
        tuple[Origin, ...],
        Meta(
            min_length=1,
            description="The origins whose pages may send requests and read responses.",
            examples=[["https://app.example.com"]],
        ),
    ]
    credentials: Annotated[
        bool,
        Meta(description="Whether pages may send cookies and the browser's own credentials along."),
    ] = False


class Server(Spec, frozen=True, kw_only=True):
    """Where and how the server listens. A change of host or port requires a restart."""

    host: Annotated[
        DeploymentText, Meta(description="Address to listen on.", examples=["127.0.0.1"])
    ] = "0.0.0.0"  # noqa: S104
    port: Annotated[
        DeploymentNumber,
        Meta(description="Port to listen on; 0 selects a free one.", examples=[8080]),
    ] = 8080
    shutdown_timeout: Annotated[
        Duration, Meta(description="How long requests in progress may take to finish at shutdown.")
    ] = "30s"
    head_timeout: Annotated[
        Duration, Meta(description="How long a connection may take to send the head of a request.")
    ] = "10s"
    body_timeout: Annotated[
        Duration,
        Meta(description="How long sending a body or reading a response may take below min_rate."),
    ] = "30s"
    min_rate: Annotated[
        ByteRate,
        Meta(description="The least rate at which a client sends a body and reads a response."),
    ] = "4KiB/s"
    max_connections: (
        Annotated[
            Positive,
            Meta(
                description="Maximum number of connections; default: 10000, or what files allow.",
                examples=[1000],
            ),
        ]
        | UnsetType
    ) = UNSET
    allowed_hosts: Annotated[
        tuple[Host, ...],
        Meta(
            min_length=1,
            description="The hosts that a request may name; default: every host.",
            examples=[["api.example.com"]],
        ),
    ] = ()
    max_body: Annotated[Size, Meta(description="Maximum size of a request body.")] = "10MiB"
    max_response: Annotated[Size, Meta(description="Maximum size of the rows in a response.")] = (
        "64MiB"
    )
    trusted_proxies: Annotated[
        tuple[Text, ...],
        Meta(
            description="Networks of proxies whose X-Forwarded-For is trusted.",
            examples=[["10.0.0.0/8"]],
        ),
    ] = ()
    cors: (
        Annotated[
            Cors,
            Meta(
                description="What pages of other origins may do; default: nothing.",
                examples=[{"origins": ["https://app.example.com"]}],
            ),
        ]
        | UnsetType
    ) = UNSET
    root_path: (
        Annotated[
            RootPath,
            Meta(
                description="The path below which a proxy publishes this server, if it removes it.",
                examples=["/faucet"],
            ),
        ]
        | UnsetType
    ) = UNSET
    docs: Annotated[
        bool, Meta(description="Whether /docs and the OpenAPI documents are served.")
    ] = True
    watch: Annotated[
        Literal["events", "poll", "off"],
        Meta(
            description="How changes of the manifest are detected; poll for network file systems."
        ),
    ] = "events"
