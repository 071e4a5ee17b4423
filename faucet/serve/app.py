"""The routes as a Litestar application, and the outer one that calls the current generation."""

from typing import Any, Final

from litestar import HttpMethod, Litestar, Request, Response, route
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from faucet.model.routes import ROUTES, Route, RouteName
from faucet.serve.respond import Respond
from faucet.serve.running import Asgi, AsgiReceive, AsgiScope, AsgiSend
from faucet.serve.switch import Switch

_METHODS: Final = tuple(HttpMethod)


def build_app(respond: Respond) -> Litestar:
    """
    Return an application of all routes that passes each request to *respond*, with its route.

    Every route accepts every method that Litestar knows, including OPTIONS, which it would
    otherwise answer itself; a request without a route arrives as an exception, and is passed on
    without one.
    """
    unmatched = _Answer(respond, None)

    def pass_on(_request: Request[Any, Any, Any], _error: HTTPException) -> Response[bytes]:
        return unmatched

    return Litestar(
        [_handler(each, _Answer(respond, name)) for name, each in ROUTES.items()],
        exception_handlers={HTTPException: pass_on},
        logging_config=None,
        openapi_config=None,
        request_max_body_size=None,
    )


def _handler(of: Route, response: Response[bytes]) -> HTTPRouteHandler:
    async def handler() -> Response[bytes]:
        return response

    return route(_litestar_path(of.pattern), http_method=_METHODS, status_code=200)(handler)


def _litestar_path(pattern: str) -> str:
    """Return *pattern* with a type for every parameter, as Litestar requires it."""
    segments = (
        segment.replace("}", ":str}") if segment.endswith("}") and ":" not in segment else segment
        for segment in pattern.split("/")
    )
    return "/".join(segments)


class _Answer(Response[bytes]):
    """A Litestar response that runs the request plane on the raw connection."""

    def __init__(self, respond: Respond, matched: RouteName | None) -> None:
        super().__init__(b"")
        self._respond = respond
        self._matched = matched

    def to_asgi_response(self, *_arguments: Any, **_options: Any) -> Any:
        return self._asgi

    async def _asgi(self, scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> None:
        await self._respond(self._matched, scope, receive, send)


def shell(switch: Switch) -> Asgi:
    """
    Return the application that a server runs for the life of the process.

    Each request reads `switch.current` once and holds a lease on it. The raw path is passed on,
    since Litestar routes on the decoded path, where `a%2Fb` would be two segments.
    """

    async def serve(scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> None:
        if scope["type"] != "http":
            await _refuse(scope, receive, send)
            return

        running, requests = switch.current, switch.drain.requests
        running.leases.take()
        requests.take()
        try:
            scope["path"] = scope["raw_path"].decode("latin-1")
            await running.app(scope, receive, send)
        finally:
            requests.give()
            running.leases.give()

    return serve


async def _refuse(scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> None:
    """Reject websockets, and confirm the lifespan messages of a server."""
    await receive()
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
