"""The order of the request plane: `answer`, which knows no server."""

import asyncio
import time
import uuid
from typing import Final

from faucet.errors import (
    INTERNAL,
    METHOD_NOT_ALLOWED,
    UNKNOWN_ROUTE,
    URL_TOO_LONG,
    FaucetError,
    RequestError,
)
from faucet.model.request import Caller, HttpRequest, Principal, Reply
from faucet.model.surface import Verb
from faucet.request import encode, views
from faucet.request.authenticate import authenticate
from faucet.request.authorize import admit, authorize, visible_service
from faucet.request.execute import Session, execute
from faucet.request.generation import Generation
from faucet.request.parse import BodyContext, build_request, parse_body, parse_query
from faucet.request.plan import plan
from faucet.request.route import (
    ALLOWED,
    Docs,
    Health,
    Home,
    OpenApi,
    Ready,
    Record,
    Records,
    Route,
    ServiceDoc,
    Tables,
    find_route,
    key_parts,
)

_URL_LIMIT: Final = 60 * 1024
_ID_LIMIT: Final = 128
_QUICK_BODY: Final = 64 * 1024


async def answer(generation: Generation, request: HttpRequest) -> Reply:
    """
    Return the reply to *request* on *generation*, errors included.

    Only what nobody foresaw escapes: the server logs it and answers with `crashed`.
    """
    exchange = _Exchange(generation, request)
    try:
        return await exchange.reply()
    except FaucetError as error:
        if error.kind is INTERNAL:
            generation.process.report(exchange.stamp.request_id, error)
        return encode.error_reply(exchange.stamp, error, exchange.allowed)


def crashed(generation: Generation, request: HttpRequest) -> tuple[str, Reply]:
    """Return the request id and the 500 of a request that met a bug."""
    stamp = _stamp(generation, request)
    return stamp.request_id, encode.error_reply(stamp, FaucetError(INTERNAL))


def _stamp(generation: Generation, request: HttpRequest) -> encode.Stamp:
    sent = next((value for name, value in request.headers if name == "x-request-id"), "")
    kept = 0 < len(sent) <= _ID_LIMIT and sent.isascii() and sent.isprintable()
    return encode.Stamp(
        request_id=sent if kept else uuid.uuid4().hex,
        generation=generation.number,
        key_header=generation.surface.auth.api_key_header,
    )


class _Exchange:
    """One request on its way through the stages."""

    def __init__(self, generation: Generation, request: HttpRequest) -> None:
        self.generation = generation
        self.request = request
        self.stamp = _stamp(generation, request)
        self.allowed: tuple[str, ...] = ()
        self._began = time.perf_counter()

    async def reply(self) -> Reply:
        route, fault = _routed(self.request)
        if isinstance(route, Health | Ready | Home | Docs):
            return self._open(route)
        principal = self._authenticated()
        if fault is not None:
            raise fault
        if route is None:
            raise _unknown_route()
        if isinstance(route, Tables | Records | Record | ServiceDoc):
            visible_service(self.generation.surface, principal, route.service)
        self._check_method(route)
        match route:
            case Records() | Record():
                return await self._operation(route, principal)
            case Tables(service=service):
                return views.tables(self.generation, self.stamp, principal, self.request, service)
            case OpenApi() | ServiceDoc():
                # A document is rendered when it is first asked for, which may take long.
                return await asyncio.to_thread(
                    views.openapi, self.generation, self.stamp, principal, self.request, route
                )
            case _:
                return views.generation_status(self.generation, self.stamp, principal, self.request)

    def _authenticated(self) -> Principal:
        now = self.generation.process.clock()
        principal = authenticate(self.request, self.generation.authentication, now)
        self.stamp = encode.named(self.stamp, principal)
        return principal

    def _check_method(self, route: Route) -> None:
        allowed = ALLOWED[type(route)]
        if self.request.method not in allowed:
            self.allowed = allowed
            message = f"this route takes {', '.join(allowed)}, not {self.request.method}"
            raise RequestError(METHOD_NOT_ALLOWED, message)

    def _open(self, route: Route) -> Reply:
        """Answer what asks for no credential."""
        self._check_method(route)
        surface = self.generation.surface
        match route:
            case Health():
                return encode.public_reply(self.stamp, {"status": "ok"})
            case Ready():
                asked = any(
                    name in ("authorization", self.generation.authentication.key_header)
                    for name, _value in self.request.headers
                )
                principal = self._authenticated() if asked else None
                return views.readiness(self.generation, self.stamp, principal)
            case Home() if surface.server.docs:
                return encode.redirect(self.stamp, "/docs")
            case _:
                page = self.generation.process.docs(self.request.path)
                if not surface.server.docs or page is None:
                    raise _unknown_route()
                return encode.stamped(self.stamp, page)

    async def _operation(self, route: Records | Record, principal: Principal) -> Reply:
        generation, request = self.generation, self.request
        verb, single = Verb(request.method), isinstance(route, Record)
        admission = admit(generation.surface, principal, (route.service, route.table), verb)
        key = key_parts(route.raw_key) if isinstance(route, Record) else None
        parameters = parse_query(verb, request.query, single=single)
        body = None
        if verb is not Verb.GET:
            context = BodyContext(
                column_names=admission.resource.known,
                max_records=admission.limits.batch,
                single=single,
            )
            raw = await request.read_body(generation.surface.server.max_body)
            if len(raw) > _QUICK_BODY:
                # Reading megabytes of JSON would keep every other request waiting.
                body = await asyncio.to_thread(parse_body, verb, raw, request.headers, context)
            else:
                body = parse_body(verb, raw, request.headers, context)
        asked = build_request(verb, parameters, body, key)
        authorized = authorize(
            asked, admission, Caller(principal=principal, now=generation.process.clock())
        )
        session = Session(
            role=principal.role,
            service=route.service,
            executor=generation.executors[route.service],
            render_context=generation.render_contexts[route.service],
            statements=generation.statements,
        )
        rows = await execute(plan(authorized, generation.facts), session)
        took_ms = (time.perf_counter() - self._began) * 1000
        return encode.rows_reply(self.stamp, rows, took_ms, request.path)


def _routed(request: HttpRequest) -> tuple[Route | None, RequestError | None]:
    """Return the route and what is wrong with the URL; neither is told before who asks is known."""
    if len(request.path) + len(request.query) >= _URL_LIMIT:
        return None, RequestError(URL_TOO_LONG)
    try:
        return find_route(request.path), None
    except RequestError as fault:
        return None, fault


def _unknown_route() -> RequestError:
    return RequestError(UNKNOWN_ROUTE)
