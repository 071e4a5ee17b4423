"""Rows, documents and errors to replies; the only place that knows wire formats. Pure."""

import math
from collections.abc import Mapping, Sequence
from typing import Final, assert_never

import msgspec

from faucet.errors import UNAUTHORIZED, FaucetError
from faucet.model.request import Reply
from faucet.model.rows import Failure, RowPage, Rows, SingleRow, Written

_COARSE_MS: Final = 10
_JSON: Final = ("Content-Type", "application/json")

Pairs = tuple[tuple[str, str], ...]


class ReplyHeaders(msgspec.Struct, frozen=True, kw_only=True):
    """
    Headers that are the same for all replies of a generation.

    *generation* is in every reply, *private* in those that depend on the caller.
    """

    generation: tuple[str, str]
    private: Pairs


def reply_headers(generation: int, key_header: str) -> ReplyHeaders:
    """Return the constant headers of a generation; *key_header* is the header of API keys."""
    return ReplyHeaders(
        generation=("X-Faucet-Generation", str(generation)),
        private=(
            ("Cache-Control", "private, no-cache"),
            ("Vary", f"Authorization, {key_header}, Cookie, Accept, Origin"),
        ),
    )


class ReplyContext(msgspec.Struct, frozen=True, kw_only=True):
    """The constant parts of every reply to one request."""

    request_id: str
    constant: ReplyHeaders

    @property
    def headers(self) -> Pairs:
        """The headers of every reply."""
        return (("X-Request-ID", self.request_id), self.constant.generation)


def json_reply(context: ReplyContext, body: bytes, status: int = 200, headers: Pairs = ()) -> Reply:
    """Return a JSON reply that depends on its caller."""
    every = (_JSON, *context.constant.private, *context.headers, *headers)
    return Reply(status=status, headers=every, body=body)


def public_reply(context: ReplyContext, value: object, status: int = 200) -> Reply:
    """Return a JSON reply that is the same for every caller and must not be cached."""
    headers = (_JSON, ("Cache-Control", "no-store"), *context.headers)
    return Reply(status=status, headers=headers, body=msgspec.json.encode(value))


def list_reply(context: ReplyContext, items: object) -> Reply:
    """Return the list envelope of *items*, any JSON-able sequence."""
    return json_reply(context, b'{"resource":' + msgspec.json.encode(items) + b"}")


def options_reply(context: ReplyContext, methods: Sequence[str]) -> Reply:
    """Return which *methods* a route has; the same for every caller."""
    allow = (("Allow", ", ".join(methods)), ("Cache-Control", "no-store"))
    return Reply(status=204, headers=(*allow, *context.headers), body=b"")


def redirect(context: ReplyContext, location: str) -> Reply:
    """Return a redirect that may change with the manifest."""
    headers = (("Location", location), ("Cache-Control", "no-store"), *context.headers)
    return Reply(status=307, headers=headers, body=b"")


def document(context: ReplyContext, body: bytes, etag: str, condition: str | None) -> Reply:
    """Return a compiled document, or 304 if *condition* (If-None-Match) contains its *etag*."""
    headers = (*context.constant.private, ("ETag", etag), *context.headers)
    if condition is not None and _names(condition, etag):
        return Reply(status=304, headers=headers, body=b"")
    return Reply(status=200, headers=(_JSON, *headers), body=body)


def _names(condition: str, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in condition.split(",")]
    return "*" in tags or etag in tags


def with_headers(context: ReplyContext, reply: Reply) -> Reply:
    """Return *reply* with the headers of every response."""
    return msgspec.structs.replace(reply, headers=(*reply.headers, *context.headers))


def coarse_ms(seconds: float) -> int:
    """
    Return *seconds* in milliseconds, rounded up to the next ten.

    The exact time of a statement would tell what it did with rows that the caller does not see.
    """
    return (math.floor(seconds * 1000) // _COARSE_MS + 1) * _COARSE_MS


def rows_reply(context: ReplyContext, rows: Rows, took_ms: int, base_path: str) -> Reply:
    """Return the reply of an operation; *base_path* is the collection's raw path, for Location."""
    match rows:
        case RowPage():
            return json_reply(context, _page(rows, took_ms))
        case SingleRow(row=row):
            return json_reply(context, row)
        case Written():
            return _written(context, rows, took_ms, base_path)
        case _:
            assert_never(rows)


def _page(page: RowPage, took_ms: int) -> bytes:
    fields = "".join([f'"{name}":{value},' for name, value in page.meta])
    meta = f'],"meta":{{"count":{page.count},{fields}"took_ms":{took_ms}}}}}'
    # Each + would copy all rows.
    return b"".join((b'{"resource":[', page.rows, meta.encode()))


def _written(context: ReplyContext, written: Written, took_ms: int, base_path: str) -> Reply:
    if written.continued:
        return _continue_reply(context, written, took_ms)
    status = 201 if written.created else 200
    headers: Pairs = ()
    if written.location is not None:
        headers = (("Location", f"{base_path}/{written.location}"),)
    meta = f'"meta":{{"count":{written.count},"took_ms":{took_ms}}}}}'.encode()
    items = [_item(item) for item in written.items or ()]
    if written.bare:
        return json_reply(context, items[0] if items else b"{" + meta, status)
    if written.items is None:
        return json_reply(context, b"{" + meta, status, headers)
    body = b'{"resource":[' + b",".join(items) + b"]," + meta
    return json_reply(context, body, status, headers)


def _continue_reply(context: ReplyContext, written: Written, took_ms: int) -> Reply:
    items = written.items or ()
    errors = [index for index, item in enumerate(items) if isinstance(item, Failure)]
    meta = msgspec.json.encode(
        {
            "count": len(items),
            "succeeded": len(items) - len(errors),
            "failed": len(errors),
            "errors": errors,
            "took_ms": took_ms,
        }
    )
    body = b'{"resource":[' + b",".join(map(_item, items)) + b'],"meta":' + meta + b"}"
    return json_reply(context, body, 201 if written.created else 200)


def _item(item: bytes | Failure | None) -> bytes:
    if item is None:
        return b"null"
    if isinstance(item, Failure):
        return msgspec.json.encode({"error": _error_entry(item.error)})
    return item


def _error_entry(error: FaucetError) -> Mapping[str, object]:
    return {
        "code": error.kind.status,
        "type": error.kind.type,
        "message": error.message,
        "context": {name: value for name, value in error.context.items() if value is not None},
    }


def error_reply(context: ReplyContext, error: FaucetError, allow: tuple[str, ...] = ()) -> Reply:
    """Return the envelope of *error*; *allow* are the methods of the route, for a 405."""
    headers: Pairs = ()
    if error.kind is UNAUTHORIZED:
        headers = (("WWW-Authenticate", 'Bearer realm="faucet"'),)
    elif error.kind.retry_after is not None:
        headers = (("Retry-After", str(error.kind.retry_after)),)
    elif allow:
        headers = (("Allow", ", ".join(allow)),)
    described = {**_error_entry(error), "request_id": context.request_id}
    body = msgspec.json.encode({"error": described})
    return json_reply(context, body, error.kind.status, headers)
