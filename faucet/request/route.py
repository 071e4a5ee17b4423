"""Where a raw path leads. Pure; knows patterns, not services or tables."""

from collections.abc import Mapping
from typing import Final

import msgspec

from faucet.errors import INVALID_PATH, RequestError
from faucet.names import RESERVED_NAMES
from faucet.request.percent import decode


class Health(msgspec.Struct, frozen=True, kw_only=True, tag="health"):
    """``/healthz``."""


class Ready(msgspec.Struct, frozen=True, kw_only=True, tag="ready"):
    """``/readyz``."""


class Home(msgspec.Struct, frozen=True, kw_only=True, tag="home"):
    """``/``."""


class Docs(msgspec.Struct, frozen=True, kw_only=True, tag="docs"):
    """``/docs``, or *asset* below it: a relative path without dot segments; empty for the page."""

    asset: str


class OpenApi(msgspec.Struct, frozen=True, kw_only=True, tag="openapi"):
    """``/openapi.json``."""


class Tables(msgspec.Struct, frozen=True, kw_only=True, tag="tables"):
    """``/api/v1/{service}/_table``."""

    service: str


class Records(msgspec.Struct, frozen=True, kw_only=True, tag="records"):
    """``/api/v1/{service}/_table/{table}``."""

    service: str
    table: str


class Record(msgspec.Struct, frozen=True, kw_only=True, tag="record"):
    """``/api/v1/{service}/_table/{table}/{id}``; *raw_key* is still encoded, see `key_parts`."""

    service: str
    table: str
    raw_key: str


class ServiceDoc(msgspec.Struct, frozen=True, kw_only=True, tag="service_doc"):
    """``/api/v1/{service}/_doc``."""

    service: str


class SystemGeneration(msgspec.Struct, frozen=True, kw_only=True, tag="system_generation"):
    """``/api/v1/system/generation``."""


Route = (
    Health
    | Ready
    | Home
    | Docs
    | OpenApi
    | Tables
    | Records
    | Record
    | ServiceDoc
    | SystemGeneration
)

_READ: Final = ("GET",)
ALLOWED: Final[Mapping[type[Route], tuple[str, ...]]] = {
    Health: _READ,
    Ready: _READ,
    Home: _READ,
    Docs: _READ,
    OpenApi: _READ,
    Tables: _READ,
    Records: ("GET", "POST", "PUT", "PATCH", "DELETE"),
    Record: ("GET", "PUT", "PATCH", "DELETE"),
    ServiceDoc: _READ,
    SystemGeneration: _READ,
}
"""The methods of each pattern, as `Allow` names them; nothing of grants or catalogs is in them."""

_PLAIN: Final[Mapping[tuple[str, ...], Route]] = {
    ("",): Home(),
    ("healthz",): Health(),
    ("readyz",): Ready(),
    ("openapi.json",): OpenApi(),
    ("api", "v1", "system", "generation"): SystemGeneration(),
}


def find_route(raw_path: str) -> Route | None:
    """
    Return the route of a path that is still percent-encoded, or None for an unknown one.

    Segments are cut at ``/`` in the raw path, then decoded once. A trailing slash or an empty
    segment is unknown. Raises `RequestError` INVALID_PATH for a bad ``%``, bad UTF-8 and NUL.
    """
    if not raw_path.startswith("/"):
        return None
    raw = raw_path[1:].split("/")
    segments = tuple(_decoded(segment) for segment in raw)
    if segments in _PLAIN:
        return _PLAIN[segments]
    if not all(segments):
        return None
    if segments[0] == "docs":
        return _docs(segments[1:])
    return _service(segments, raw[-1])


def _docs(segments: tuple[str, ...]) -> Docs | None:
    # An encoded slash or a dot segment would step out of the folder of assets.
    if any(segment in {".", ".."} or {*segment} & {"/", "\\"} for segment in segments):
        return None
    return Docs(asset="/".join(segments))


def _service(segments: tuple[str, ...], last: str) -> Route | None:
    match segments:
        case ("api", "v1", name, *_) if name in RESERVED_NAMES:
            return None
        case ("api", "v1", service, "_table"):
            return Tables(service=service)
        case ("api", "v1", service, "_table", table):
            return Records(service=service, table=table)
        case ("api", "v1", service, "_table", table, _):
            return Record(service=service, table=table, raw_key=last)
        case ("api", "v1", service, "_doc"):
            return ServiceDoc(service=service)
        case _:
            return None


def key_parts(raw_key: str) -> tuple[str, ...]:
    """
    Return the parts of a key segment: cut at ``,`` in the raw text, then decoded.

    So ``a%2Cb`` is one part. Raises `RequestError` INVALID_PATH as `find_route` does.
    """
    return tuple(_decoded(part) for part in raw_key.split(","))


def _decoded(segment: str) -> str:
    try:
        return decode(segment)
    except ValueError as fault:
        raise RequestError(INVALID_PATH, f"the path cannot be read: {fault}") from None
