"""A body is required before it is received, and has a limit whatever its sender declares."""

import pytest

from faucet.errors import BODY_TOO_LARGE, RequestError
from faucet.model.headers import Headers
from faucet.model.request import BodyState, HttpRequest
from faucet.request.intake import BodyRequiredError, received_body


def _request(body: bytes | BodyState, declared: str | None = None) -> HttpRequest:
    headers = Headers([] if declared is None else [("content-length", declared)])
    return HttpRequest(
        method="POST", path="/", query="", headers=headers, peer="192.0.2.1", body=body
    )


@pytest.mark.parametrize("declared", [None, "10", "0"])
def test_a_body_that_is_not_received_is_required_with_its_limit(declared: str | None):
    with pytest.raises(BodyRequiredError) as required:
        received_body(_request(BodyState.NOT_RECEIVED, declared), 10)
    assert required.value.limit == 10


@pytest.mark.parametrize(
    ("body", "declared"),
    [
        (BodyState.NOT_RECEIVED, "11"),
        (BodyState.NOT_RECEIVED, "9" * 5000),
        (BodyState.TOO_LARGE, None),
        (BodyState.TOO_LARGE, "1"),
        (b"12345678901", None),
        (b"12345678901", "1"),
    ],
)
def test_a_body_above_the_limit_is_refused_whatever_its_declared_length(
    body: bytes | BodyState, declared: str | None
):
    with pytest.raises(RequestError) as caught:
        received_body(_request(body, declared), 10)
    assert caught.value.kind is BODY_TOO_LARGE


def test_a_body_of_exactly_the_limit_is_returned():
    assert received_body(_request(b"1234567890", "10"), 10) == b"1234567890"
