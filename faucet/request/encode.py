"""Rows, documents and errors to replies; the only place that knows wire shapes. Pure."""

from collections.abc import Mapping
from typing import Final

import msgspec

from faucet.errors import DATABASE_UNAVAILABLE, POOL_EXHAUSTED, UNAUTHORIZED, FaucetError
from faucet.model.request import Principal, Reply
from faucet.model.rows import Failure, RowPage, Rows, SingleRow, Written

_JSON: Final = ("Content-Type", "application/json")
_RETRY_SECONDS: Final = {DATABASE_UNAVAILABLE: "5", POOL_EXHAUSTED: "1"}

Headers = tuple[tuple[str, str], ...]


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """
    What every reply of one request carries.

    *key_header* is the name of the API key's header, *principal* the caller's name for the log.
    """

    request_id: str
    generation: int
    key_header: str
    principal: str | None = None

    @property
    def headers(self) -> Headers:
        """The headers of every response."""
        return (
            ("X-Request-ID", self.request_id),
            ("X-Faucet-Generation", str(self.generation)),
        )

    @property
    def private(self) -> Headers:
        """The headers of whatever depends on the caller."""
        return (
            ("Cache-Control", "private, no-cache"),
            ("Vary", f"Authorization, {self.key_header}, Cookie, Accept, Origin"),
        )


def named(stamp: Stamp, principal: Principal) -> Stamp:
    """Return *stamp* with the caller's name."""
    return msgspec.structs.replace(stamp, principal=principal.name)


def json_reply(stamp: Stamp, body: bytes, status: int = 200, headers: Headers = ()) -> Reply:
    """Return a reply of JSON that depends on its caller."""
    every = (_JSON, *stamp.private, *stamp.headers, *headers)
    return Reply(status=status, headers=every, body=body, principal=stamp.principal)


def public_reply(stamp: Stamp, value: object, status: int = 200) -> Reply:
    """Return a reply of JSON that is the same for everybody, and not to be kept."""
    headers = (_JSON, ("Cache-Control", "no-store"), *stamp.headers)
    return Reply(status=status, headers=headers, body=msgspec.json.encode(value))


def list_reply(stamp: Stamp, items: object) -> Reply:
    """Return the list envelope of *items*, any JSON-able sequence."""
    return json_reply(stamp, b'{"resource":' + msgspec.json.encode(items) + b"}")


def redirect(stamp: Stamp, location: str) -> Reply:
    """Return a redirect that may change with the manifest."""
    headers = (("Location", location), ("Cache-Control", "no-store"), *stamp.headers)
    return Reply(status=307, headers=headers, body=b"")


def document(stamp: Stamp, body: bytes, etag: str, condition: str | None) -> Reply:
    """Return a compiled document, or 304 where *condition* (If-None-Match) names its *etag*."""
    headers = (*stamp.private, ("ETag", etag), *stamp.headers)
    if condition is not None and _names(condition, etag):
        return Reply(status=304, headers=headers, body=b"", principal=stamp.principal)
    return Reply(status=200, headers=(_JSON, *headers), body=body, principal=stamp.principal)


def _names(condition: str, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in condition.split(",")]
    return "*" in tags or etag in tags


def stamped(stamp: Stamp, reply: Reply) -> Reply:
    """Return *reply*, made elsewhere, with the headers of every response."""
    return msgspec.structs.replace(reply, headers=(*reply.headers, *stamp.headers))


def rows_reply(stamp: Stamp, rows: Rows, took_ms: float, base_path: str) -> Reply:
    """Return the answer of an operation; *base_path* is the collection's raw path, for Location."""
    match rows:
        case RowPage():
            return json_reply(stamp, _page(rows, took_ms))
        case SingleRow(row=row):
            return json_reply(stamp, row)
        case Written():
            return _written(stamp, rows, took_ms, base_path)


def _page(page: RowPage, took_ms: float) -> bytes:
    total = "" if page.total is None else f'"total":{page.total},'
    meta = (
        f'],"meta":{{"count":{page.count},{total}"limit":{page.limit},"offset":{page.offset},'
        f'"took_ms":{took_ms:.2f}}}}}'
    )
    return b'{"resource":[' + page.rows + meta.encode()


def _written(stamp: Stamp, written: Written, took_ms: float, base_path: str) -> Reply:
    if written.continued:
        return _continued(stamp, written, took_ms)
    status = 201 if written.created else 200
    headers: Headers = ()
    if written.location is not None:
        headers = (("Location", f"{base_path}/{written.location}"),)
    meta = f'"meta":{{"count":{written.count},"took_ms":{took_ms:.2f}}}}}'.encode()
    items = [_item(item) for item in written.items or ()]
    if written.bare:
        return json_reply(stamp, items[0] if items else b"{" + meta, status)
    if written.items is None:
        return json_reply(stamp, b"{" + meta, status, headers)
    body = b'{"resource":[' + b",".join(items) + b"]," + meta
    return json_reply(stamp, body, status, headers)


def _continued(stamp: Stamp, written: Written, took_ms: float) -> Reply:
    items = written.items or ()
    errors = [index for index, item in enumerate(items) if isinstance(item, Failure)]
    meta = msgspec.json.encode(
        {
            "count": len(items),
            "succeeded": len(items) - len(errors),
            "failed": len(errors),
            "errors": errors,
            "took_ms": round(took_ms, 2),
        }
    )
    body = b'{"resource":[' + b",".join(map(_item, items)) + b'],"meta":' + meta + b"}"
    return json_reply(stamp, body, 201 if written.created else 200)


def _item(item: bytes | Failure | None) -> bytes:
    if item is None:
        return b"null"
    if isinstance(item, Failure):
        return msgspec.json.encode({"error": _described(item.error)})
    return item


def _described(error: FaucetError) -> Mapping[str, object]:
    context = {name: value for name, value in error.context.items() if value is not None}
    described: dict[str, object] = {
        "code": error.kind.status,
        "type": error.kind.type,
        "message": error.message,
    }
    return described | ({"context": context} if context else {})


def error_reply(stamp: Stamp, error: FaucetError, allow: tuple[str, ...] = ()) -> Reply:
    """Return the envelope of *error*; *allow* are the methods of the route, for a 405."""
    headers: Headers = ()
    if error.kind is UNAUTHORIZED:
        headers = (("WWW-Authenticate", 'Bearer realm="faucet"'),)
    elif error.kind in _RETRY_SECONDS:
        headers = (("Retry-After", _RETRY_SECONDS[error.kind]),)
    elif allow:
        headers = (("Allow", ", ".join(allow)),)
    described = {**_described(error), "request_id": stamp.request_id}
    return json_reply(stamp, msgspec.json.encode({"error": described}), error.kind.status, headers)
