"""What a body may weigh, whatever its sender says of it."""

from typing import Any

import pytest

from faucet.errors import BODY_TOO_LARGE, RequestError
from faucet.serve.respond import http_request

pytestmark = pytest.mark.anyio


def _scope(**headers: str) -> dict[str, Any]:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": "http",
        "method": "POST",
        "raw_path": b"/",
        "query_string": b"",
        "headers": pairs,
    }


@pytest.mark.parametrize("headers", [{"content_length": "11"}, {"content_length": "1"}, {}])
async def test_a_body_over_the_limit_is_refused_whatever_its_declared_length(
    headers: dict[str, str],
):
    chunks = [b"12345", b"67890", b"1"]

    async def receive() -> dict[str, Any]:
        chunk = chunks.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(chunks)}

    request = http_request(_scope(**headers), receive)

    with pytest.raises(RequestError) as caught:
        await request.read_body(10)
    assert caught.value.kind is BODY_TOO_LARGE


async def test_a_body_of_exactly_the_limit_is_read():
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"1234567890", "more_body": False}

    assert await http_request(_scope(), receive).read_body(10) == b"1234567890"
