"""How much of a body is received, whatever its sender declares."""

from typing import Any

import pytest

from faucet.model.request import BodyState
from faucet.serve.exchange import ClientGoneError, receive_body

pytestmark = pytest.mark.anyio


def _receive(*chunks: bytes, gone: bool = False):
    left = list(chunks)

    async def receive() -> dict[str, Any]:
        if not left:
            assert gone, "received beyond the end"
            return {"type": "http.disconnect"}
        chunk = left.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": gone or bool(left)}

    return receive


def _ignore(_size: int) -> None:
    return


async def test_a_body_above_the_limit_is_not_received_to_its_end():
    assert await receive_body(_receive(b"12345", b"67890", b"1", gone=True), 10, _ignore) is (
        BodyState.TOO_LARGE
    )


async def test_a_body_of_exactly_the_limit_is_received():
    assert await receive_body(_receive(b"12345", b"67890"), 10, _ignore) == b"1234567890"


async def test_a_body_without_content_is_empty():
    assert await receive_body(_receive(b""), 10, _ignore) == b""


async def test_a_client_that_leaves_within_its_body_ends_the_request():
    with pytest.raises(ClientGoneError):
        await receive_body(_receive(b"12345", gone=True), 10, _ignore)
