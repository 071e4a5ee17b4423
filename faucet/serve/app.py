"""The routes as a Litestar application, and the outer one that calls the current generation."""

import asyncio
from typing import Any, Final

from litestar import HttpMethod, Litestar, Request, Response, route
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from faucet.model.routes import ROUTES, Route, RouteName
from faucet.serve.agents import Agents
from faucet.serve.bodies import Bodies
from faucet.serve.exchange import EXCHANGE, ClientGoneError, Exchange
from faucet.serve.respond import Respond
from faucet.serve.running import Asgi, AsgiReceive, AsgiScope, AsgiSend
from faucet.serve.switch import Switch

_MOST_BODIES: Final = 16
"""How many bodies of the largest size may be received at once."""

_REFRESH_SECONDS: Final = 3.0
"""How long a request waits for its tables to be read again."""

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


def shell(switch: Switch, agents: Agents | None = None) -> Asgi:
    """
    Return the application that a server runs for the life of the process.

    Each phase of a request reads `switch.current` once and holds a lease on it. A request with a
    body has two: one that admits its caller, and, once the body is received, one that decides
    everything again. One whose tables have changed has another, once they are read again. The raw
    path is passed on, since Litestar routes on the decoded path, where `a%2Fb` would be two
    segments. What agents send goes to *agents*.
    """

    phases = _Phases(switch)

    async def serve(scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> None:
        if scope["type"] != "http":
            await _refuse(scope, receive, send)
            return

        exchange, requests = Exchange(), switch.drain.requests
        scope |= {"path": scope["raw_path"].decode("latin-1"), EXCHANGE: exchange}
        requests.take()
        try:
            answer = agents if agents is not None and agents.serves(scope) else phases
            await answer(scope, receive, send)
        except asyncio.CancelledError:
            exchange.accept_end()
            exchange.abandon()
        except ClientGoneError:
            exchange.abandon()
        finally:
            requests.give()

    return serve


class _Phases:
    """Passes a request to the generation in service, as often as it takes."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._bodies = Bodies(self._most)

    def _most(self) -> int:
        return _MOST_BODIES * self._switch.current.generation.surface.server.max_body

    async def __call__(self, scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> None:
        exchange: Exchange = scope[EXCHANGE]
        await self._phase(scope, receive, send)
        if exchange.wanted is not None:
            exchange.body = await self._bodies.receive(exchange, receive, exchange.wanted)
            await self._phase(scope, receive, send)
        if exchange.outdated:
            await self._switch.wait_for_turn(_REFRESH_SECONDS)
            await self._phase(scope, receive, send)

    async def _phase(self, scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> None:
        running = self._switch.current
        with running.lease(scope[EXCHANGE]):
            # Litestar changes the scope.
            await running.app(dict(scope), receive, send)


async def _refuse(scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> None:
    """Reject websockets, and confirm the lifespan messages of a server."""
    await receive()
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
