"""A surface as a Litestar application, and the shell that hands each request to the current one."""

from typing import Any, Final

from litestar import HttpMethod, Litestar, Request, Response, Router, route
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from faucet.model.surface import Surface
from faucet.serve.respond import Respond
from faucet.serve.running import Asgi, AsgiReceive, AsgiScope, AsgiSend
from faucet.serve.switch import Switch

# A mirror of request/route.py, which decides: a path that is missing here is answered all the same.
_SERVICE_PATHS: Final = (
    "/_doc",
    "/_table",
    "/_table/{relation:str}",
    "/_table/{relation:str}/{key:str}",
)
_METHODS: Final = tuple(HttpMethod)
_OTHER_PATHS: Final = (
    "/",
    "/docs",
    "/docs/{asset:str}",
    "/healthz",
    "/openapi.json",
    "/readyz",
    "/api/v1/system/generation",
)


def build_app(surface: Surface, respond: Respond) -> Litestar:
    """
    Return the routes of *surface*: a router per service, so they grow with services, not tables.

    Every route takes every method that Litestar knows, OPTIONS too, lest it answers that itself;
    what no route takes comes as an exception. All of it ends in *respond*, which alone decides.
    """

    straight = _Deferred(respond)

    def refused(_request: Request[Any, Any, Any], _error: HTTPException) -> Response[bytes]:
        return straight

    def operation(path: str) -> HTTPRouteHandler:
        # Each route needs a handler of its own: Litestar keeps its path in it.
        async def handler() -> Response[bytes]:
            return straight

        return route(path, http_method=_METHODS, status_code=200)(handler)

    services = [
        Router(f"/api/v1/{name}", route_handlers=[operation(path) for path in _SERVICE_PATHS])
        for name in surface.services
    ]
    return Litestar(
        [*map(operation, _OTHER_PATHS), *services],
        exception_handlers={HTTPException: refused},
        logging_config=None,
        openapi_config=None,
        request_max_body_size=None,
    )


class _Deferred(Response[bytes]):
    """What Litestar takes for a response and calls: the request plane, on the raw connection."""

    def __init__(self, respond: Respond) -> None:
        super().__init__(b"")
        self._respond = respond

    def to_asgi_response(self, *_arguments: Any, **_options: Any) -> Any:
        return self._respond


def shell(switch: Switch) -> Asgi:
    """
    Return the application that a server runs for the life of the process.

    Each request reads `switch.current` once and holds a lease on it. The path is handed on raw,
    since Litestar routes on what the server decoded, where `a%2Fb` would be two segments.
    """

    async def serve(scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> None:
        if scope["type"] != "http":
            await _refuse(scope, receive, send)
            return

        running, requests = switch.current, switch.requests
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
    """Say no to websockets, and yes to a server that tells of its lifespan."""
    await receive()
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
