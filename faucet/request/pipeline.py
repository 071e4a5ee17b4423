"""The order of the request plane: `answer`, independent of the server, and `perform`."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Container, Iterable, Mapping
from typing import Final, assert_never

from faucet.errors import (
    INTERNAL,
    METHOD_NOT_ALLOWED,
    UNKNOWN_ROUTE,
    URL_TOO_LONG,
    FaucetError,
    RequestError,
)
from faucet.model.plan import Plan, ReadPlan
from faucet.model.request import ApiRequest, Caller, HttpRequest, Reply, TargetName
from faucet.model.routes import ROUTES, Route, RouteName
from faucet.model.rows import RowPage, Rows, SingleRow, Written
from faucet.model.surface import Verb
from faucet.request import encode, views
from faucet.request.authenticate import authenticate
from faucet.request.authorize import Admission, admit, authorize, visible_service
from faucet.request.context import RequestContext, Trace, open_trace, reply_context
from faucet.request.execute import Session, execute
from faucet.request.generation import Generation
from faucet.request.known_reads import split
from faucet.request.parse import BodyContext, build_request, parse_body, parse_query
from faucet.request.plan import plan, plan_read
from faucet.request.route import RouteMatch, find_route, key_parts

_URL_LIMIT: Final = 60 * 1024
# What is longer is planned on a thread, since it would keep every other request waiting.
_QUICK_BODY: Final = 8 * 1024
_QUICK_QUERY: Final = 2 * 1024

_VERBS: Final = {verb.value: verb for verb in Verb}

OpenHandler = Callable[[RequestContext], Awaitable[Reply]]
Handler = Callable[[RequestContext, Caller], Awaitable[Reply]]


async def answer(generation: Generation, request: HttpRequest, trace: Trace | None = None) -> Reply:
    """
    Return the reply to *request* on *generation*, errors included, and fill *trace*.

    Only unexpected exceptions are raised: the server logs them and answers with `failure`.
    """
    trace = trace or open_trace(request)
    try:
        return await _reply(generation, request, trace)
    except FaucetError as error:
        return failure(generation, trace, error)


def failure(generation: Generation, trace: Trace, error: BaseException) -> Reply:
    """Return the reply of a request that failed with *error*; an internal one is reported."""
    verdict = error if isinstance(error, FaucetError) else FaucetError(INTERNAL)
    if verdict.kind is INTERNAL:
        generation.process.report(trace.request_id, error)
    trace.failed(verdict)
    allow: tuple[str, ...] = ()
    if verdict.kind is METHOD_NOT_ALLOWED and trace.route is not None:
        allow = ROUTES[trace.route].methods
    return encode.error_reply(reply_context(generation, trace), verdict, allow)


async def perform(
    generation: Generation, caller: Caller, target: TargetName, request: ApiRequest
) -> Rows:
    """
    Return the result of *request* by *caller* on *target*: everything after parsing.

    Raises `FaucetError` for what is hidden or not granted, does not fit the table, or is rejected
    by the database.
    """
    admission = admit(generation.surface, caller.principal, target, request.verb)
    planned = plan(authorize(request, admission, caller))
    return await _execute(generation, caller, admission, planned)


async def _execute(
    generation: Generation, caller: Caller, admission: Admission, planned: Plan
) -> Rows:
    return await execute(planned, _session(generation, caller, admission))


def _session(generation: Generation, caller: Caller, admission: Admission) -> Session:
    service = admission.service.name
    return Session(
        role=caller.principal.role,
        service=service,
        executor=generation.executors[service],
        render_context=generation.render_contexts[service],
        statements=generation.statements,
    )


async def _reply(generation: Generation, request: HttpRequest, trace: Trace) -> Reply:
    match = _matched(request)
    if isinstance(match, RequestError):
        # Errors in a path are reported to authenticated callers only.
        _authenticated(generation, request, trace)
        raise match
    name = trace.route = match.route.name
    context = RequestContext(generation=generation, request=request, match=match, trace=trace)
    if match.route.open:
        _check_method(context)
        return await _OPEN_HANDLERS[name](context)
    caller = _authenticated(generation, request, trace)
    _check_service(context, caller)
    _check_method(context)
    return await _HANDLERS[name](context, caller)


def _matched(request: HttpRequest) -> RouteMatch | RequestError:
    if len(request.path) + len(request.query) >= _URL_LIMIT:
        return RequestError(URL_TOO_LONG)
    try:
        return find_route(request.path, request.matched) or RequestError(UNKNOWN_ROUTE)
    except RequestError as fault:
        return fault


def _authenticated(generation: Generation, request: HttpRequest, trace: Trace) -> Caller:
    now = generation.process.clock()
    principal = authenticate(request, generation.authentication, now)
    trace.authenticated(principal)
    return Caller(principal=principal, now=now)


def _check_service(context: RequestContext, caller: Caller) -> None:
    service = context.trace.service = context.match.parameters.get("service")
    if service is not None:
        visible_service(context.generation.surface, caller.principal, service)


def _check_method(context: RequestContext) -> None:
    methods, method = context.match.route.operations, context.request.method
    if method not in methods:
        message = f"this route allows {', '.join(methods)}, not {method}"
        raise RequestError(METHOD_NOT_ALLOWED, message)


async def _records(context: RequestContext, caller: Caller) -> Reply:
    generation, trace = context.generation, context.trace
    service, table = context.match.parameters["service"], context.match.parameters["table"]
    verb = _VERBS[context.request.method]
    trace.table, trace.action = table, verb.value
    # Query and body are only parsed for callers that may do this at all.
    target = TargetName(service=service, name=table)
    admission = admit(generation.surface, caller.principal, target, verb)
    if verb is Verb.GET:
        planned = await _planned_read(context, caller, admission)
    else:
        planned = await _planned_write(context, caller, admission, verb)
    rows = await _execute(generation, caller, admission, planned)
    trace.rows = _count(rows)
    took_ms = (time.perf_counter() - trace.began) * 1000
    return encode.rows_reply(context.reply, rows, took_ms, context.request.path)


async def _planned_read(context: RequestContext, caller: Caller, admission: Admission) -> Plan:
    """Return the plan of a GET; where its shape is known, only its values are read."""
    query, key, known = context.request.query, _key(context), context.generation.known_reads
    question = split(admission, caller, query, key)
    if question is not None and (recalled := known.recall(question, admission, caller)) is not None:
        return recalled

    def planned() -> ReadPlan:
        parameters = parse_query(Verb.GET, query, single=key is not None)
        request = build_request(Verb.GET, parameters, None, key)
        made = plan_read(authorize(request, admission, caller))
        if len(query) > _QUICK_QUERY:
            # Writing a long statement takes longer than planning it; it is found by `_execute`.
            _session(context.generation, caller, admission).compiled(made.select)
        return made

    made = await asyncio.to_thread(planned) if len(query) > _QUICK_QUERY else planned()
    if question is not None:
        known.remember(question, made, admission.service.values)
    return made


async def _planned_write(
    context: RequestContext, caller: Caller, admission: Admission, verb: Verb
) -> Plan:
    """Return the plan of a write, whose body is read once its query is known to be good."""
    request, key = context.request, _key(context)
    parameters = parse_query(verb, request.query, single=key is not None)
    body_context = BodyContext(
        column_names=admission.resource.known,
        max_records=admission.limits.batch,
        single=key is not None,
    )
    raw = await request.read_body(context.generation.surface.server.max_body)

    def planned() -> Plan:
        body = parse_body(verb, raw, request.headers, body_context)
        asked = build_request(verb, parameters, body, key)
        return plan(authorize(asked, admission, caller))

    # Reading megabytes of JSON would keep every other request waiting.
    return await asyncio.to_thread(planned) if len(raw) > _QUICK_BODY else planned()


def _key(context: RequestContext) -> tuple[str, ...] | None:
    raw_key = context.match.parameters.get("id")
    return None if raw_key is None else key_parts(raw_key)


def _count(rows: Rows) -> int:
    match rows:
        case SingleRow():
            return 1
        case RowPage() | Written():
            return rows.count
        case _:
            assert_never(rows)


_OPEN_HANDLERS: Final[Mapping[RouteName, OpenHandler]] = {
    RouteName.HEALTH: views.health,
    RouteName.READY: views.readiness,
    RouteName.HOME: views.home,
    RouteName.DOCS: views.docs,
    RouteName.DOCS_ASSET: views.docs,
}
_HANDLERS: Final[Mapping[RouteName, Handler]] = {
    RouteName.OPENAPI: views.openapi,
    RouteName.TABLES: views.tables,
    RouteName.RECORDS: _records,
    RouteName.RECORD: _records,
    RouteName.SERVICE_OPENAPI: views.openapi,
    RouteName.GENERATION: views.generation_status,
}


def check_handlers(
    routes: Iterable[Route], open_handlers: Container[RouteName], handlers: Container[RouteName]
) -> None:
    """Raise `LookupError` for a route of *routes* without a handler of its kind."""
    for route in routes:
        if route.name not in (open_handlers if route.open else handlers):
            raise LookupError(f"the route {route.name} has no handler")


check_handlers(ROUTES.values(), _OPEN_HANDLERS, _HANDLERS)
