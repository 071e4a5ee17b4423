"""The body of a request: required before it is received, and bounded. Pure."""

from faucet.errors import BODY_TOO_LARGE, TOO_MANY_BODIES, RequestError
from faucet.model.request import BodyState, HttpRequest

_MOST_DIGITS = 19


class BodyRequiredError(Exception):
    """
    The request is admitted, and needs its body of at most *limit* bytes, which is not received yet.

    Whoever receives it asks for an answer again, from the beginning: a caller can delay its body
    for as long as the server allows, and by then may no longer have the permission.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit


def received_body(request: HttpRequest, limit: int) -> bytes:
    """
    Return the body of *request*, at most *limit* bytes.

    Raises `BodyRequiredError` if it is not received yet, and `RequestError` BODY_TOO_LARGE if it is
    larger, or declared to be, or TOO_MANY_BODIES if it was given up.
    """
    declared = request.headers.get("content-length") or "0"
    if declared.isdecimal() and int(declared[:_MOST_DIGITS]) > limit:
        raise _too_large(limit)
    match request.body:
        case bytes(body) if len(body) <= limit:
            return body
        case BodyState.NOT_RECEIVED:
            raise BodyRequiredError(limit)
        case BodyState.GIVEN_UP:
            raise RequestError(TOO_MANY_BODIES)
        case _:
            raise _too_large(limit)


def _too_large(limit: int) -> RequestError:
    return RequestError(BODY_TOO_LARGE, f"the body is larger than {limit} bytes", limit=limit)
