"""The order of the request plane: `answer`, independent of the server, and `perform`."""

import time
from collections.abc import Awaitable, Callable, Container, Iterable, Mapping
from functools import partial
from typing import Final, assert_never

import msgspec

from faucet.errors import (
    INTERNAL,
    METHOD_NOT_ALLOWED,
    SCHEMA_CHANGED,
    UNKNOWN_ROUTE,
    URL_TOO_LONG,
    ExecutionError,
    FaucetError,
    RequestError,
)
from faucet.model.plan import Plan, ReadPlan
from faucet.model.request import Caller, HttpRequest, Reply, TargetName
from faucet.model.routes import ROUTES, Route, RouteName
from faucet.model.rows import RowPage, Rows, SingleRow, Written
from faucet.model.surface import Verb
from faucet.request import encode, views
from faucet.request.authenticate import authenticate, brings_credential
from faucet.request.authorize import Admission, admit, authorize, visible_service
from faucet.request.context import RequestContext, Trace, open_trace, reply_context
from faucet.request.execute import Session, execute
from faucet.request.generation import Generation
from faucet.request.intake import received_body
from faucet.request.known_reads import split
from faucet.request.operation import Operation
from faucet.request.origin import check_host, check_origin
from faucet.request.parse import BodyContext, build_request, parse_body, parse_query
from faucet.request.plan import plan, plan_read
from faucet.request.route import RouteMatch, find_route, key_parts

_URL_LIMIT: Final = 60 * 1024
# What is longer is planned on a thread, since it would keep every other request waiting. A column
# of the table costs as much as a few characters of the query.
_QUICK_BODY: Final = 8 * 1024
_QUICK_QUERY: Final = 768
_CHARACTERS_OF_COLUMN: Final = 4

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# Orchestrators send the address of the process, or anything else, as the host.
_PROBES: Final = frozenset({RouteName.HEALTH, RouteName.READY})
_VERBS: Final = {verb.value: verb for verb in Verb}

OpenHandler = Callable[[RequestContext], Awaitable[Reply]]
Handler = Callable[[RequestContext, Caller], Awaitable[Reply]]


async def answer(generation: Generation, request: HttpRequest, trace: Trace | None = None) -> Reply:
    """
    Return the reply to *request* on *generation*, errors included, and fill *trace*.

    Raises `BodyRequiredError` if it needs a body that is not received yet. Other exceptions are
    unexpected: the server logs them and answers with `failure`.
    """
    trace = trace or open_trace(request)
    if request.method == "HEAD":
        # The server leaves out the body, and sends its length.
        request = msgspec.structs.replace(request, method="GET")
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


async def perform(generation: Generation, caller: Caller, operation: Operation) -> Rows:
    """
    Return the result of *operation* by *caller*: admitted, planned and executed.

    Raises `FaucetError` for what is hidden or not granted, is malformed, does not fit the table, or
    is rejected by the database.
    """
    # Query and body are only parsed for callers that may do this at all.
    admission = admit(generation.surface, caller.principal, operation.target, operation.verb)
    asked = _Asked(caller=caller, operation=operation, admission=admission)
    session = _session(generation, caller, admission)
    if operation.verb is Verb.GET:
        planned = await _plan_read(generation, asked, session)
    else:
        planned = await _plan_write(asked, session)
    return await _execute(generation, session, planned)


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """An operation that is admitted."""

    caller: Caller
    operation: Operation
    admission: Admission

    def key(self) -> tuple[str, ...] | None:
        raw = self.operation.key
        return None if raw is None else key_parts(raw, len(self.admission.resource.key))


async def _execute(generation: Generation, session: Session, planned: Plan) -> Rows:
    share = generation.shares[session.service]
    await share.take(session.owner)
    try:
        return await execute(planned, session)
    except ExecutionError as error:
        if error.kind is SCHEMA_CHANGED:
            generation.process.schema_changed(session.service)
        raise
    finally:
        share.give_back(session.owner)


def _session(generation: Generation, caller: Caller, admission: Admission) -> Session:
    service = admission.service.name
    return Session(
        role=caller.principal.role,
        service=service,
        executor=generation.executors[service],
        render_context=generation.render_contexts[service],
        statements=generation.statements,
        workers=generation.process.workers,
        # All callers without a name are one: nothing distinguishes them.
        owner=caller.principal.name or "",
    )


async def _reply(generation: Generation, request: HttpRequest, trace: Trace) -> Reply:
    match = _match_route(request)
    if isinstance(match, RequestError) or match.route.name not in _PROBES:
        check_host(request.headers, generation.surface.server.allowed_hosts)
    if isinstance(match, RequestError):
        # Errors in a path are reported to authenticated callers only.
        _identify_caller(generation, request, trace)
        raise match
    name = trace.route = match.route.name
    context = RequestContext(generation=generation, request=request, match=match, trace=trace)
    if request.method == "OPTIONS":
        return encode.options_reply(context.reply, match.route.methods)
    if match.route.open:
        _check_method(context)
        return await _OPEN_HANDLERS[name](context)
    caller = _identify_caller(generation, request, trace)
    if request.method not in _SAFE and not _brings_credential(context):
        check_origin(request.headers, generation.surface.server.cors)
    _check_service(context, caller)
    _check_method(context)
    return await _HANDLERS[name](context, caller)


def _match_route(request: HttpRequest) -> RouteMatch | RequestError:
    if len(request.path) + len(request.query) >= _URL_LIMIT:
        return RequestError(URL_TOO_LONG)
    try:
        return find_route(request.path, request.matched) or RequestError(UNKNOWN_ROUTE)
    except RequestError as fault:
        return fault


def _identify_caller(generation: Generation, request: HttpRequest, trace: Trace) -> Caller:
    now = generation.process.clock()
    principal = authenticate(request, generation.authentication, now)
    trace.authenticated(principal)
    return Caller(principal=principal, now=now)


def _brings_credential(context: RequestContext) -> bool:
    return brings_credential(context.request.headers, context.generation.authentication)


def _check_service(context: RequestContext, caller: Caller) -> None:
    service = context.trace.service = context.match.parameters.get("service")
    if service is not None:
        visible_service(context.generation.surface, caller.principal, service)


def _check_method(context: RequestContext) -> None:
    route, method = context.match.route, context.request.method
    if method not in route.operations:
        message = f"this route allows {', '.join(route.methods)}, not {method}"
        raise RequestError(METHOD_NOT_ALLOWED, message)


async def _records(context: RequestContext, caller: Caller) -> Reply:
    generation, trace, request = context.generation, context.trace, context.request
    server, parameters = generation.surface.server, context.match.parameters
    verb = _VERBS[request.method]
    trace.table, trace.action = parameters["table"], request.method
    operation = Operation(
        target=TargetName(service=parameters["service"], name=parameters["table"]),
        verb=verb,
        query=request.query,
        key=parameters.get("id"),
        headers=request.headers,
        receive=partial(received_body, request, server.max_body),
        # A web page can send a body without a content type to any server, but no credential.
        typed=verb is not Verb.GET and not _brings_credential(context),
    )
    rows = await perform(generation, caller, operation)
    trace.rows = row_count(rows)
    took_ms = encode.coarse_ms(time.perf_counter() - trace.began)
    return encode.rows_reply(context.reply, rows, took_ms, server.root_path + request.path)


async def _plan_read(generation: Generation, asked: _Asked, session: Session) -> Plan:
    """Return the plan of a GET; where its shape is known, only its values are read."""
    admission, caller, key = asked.admission, asked.caller, asked.key()
    question = split(admission, caller, asked.operation.query, key)
    if question is None:
        return await _plan_new_read(asked, key, session)
    known = generation.known_reads
    recalled = known.recall(question, admission, caller)
    if recalled is not None:
        return recalled
    made = await _plan_new_read(asked, key, session)
    known.remember(question, made, admission.service.values)
    return made


async def _plan_new_read(asked: _Asked, key: tuple[str, ...] | None, session: Session) -> ReadPlan:
    query, admission, caller = asked.operation.query, asked.admission, asked.caller

    def planned() -> ReadPlan:
        parameters = parse_query(Verb.GET, query, single=key is not None)
        request = build_request(Verb.GET, parameters, None, key)
        return plan_read(authorize(request, admission, caller))

    def prepared() -> ReadPlan:
        made = planned()
        # Writing a long statement takes longer than planning it.
        session.prepare(made.select)
        if made.count is not None:
            session.prepare(made.count)
        return made

    cost = len(query) + _CHARACTERS_OF_COLUMN * len(admission.resource.relation.columns)
    return await session.run_on_thread(prepared) if cost > _QUICK_QUERY else planned()


async def _plan_write(asked: _Asked, session: Session) -> Plan:
    """Return the plan of a write, whose body is read once its query is known to be good."""
    operation, admission, key = asked.operation, asked.admission, asked.key()
    verb = operation.verb
    parameters = parse_query(verb, operation.query, single=key is not None)
    body_context = BodyContext(
        column_names=admission.resource.known,
        max_records=admission.limits.batch,
        single=key is not None,
        typed=operation.typed,
    )
    raw = operation.receive()

    def planned() -> Plan:
        body = parse_body(verb, raw, operation.headers, body_context)
        request = build_request(verb, parameters, body, key)
        return plan(authorize(request, admission, asked.caller))

    # Reading megabytes of JSON would keep every other request waiting.
    return await session.run_on_thread(planned) if len(raw) > _QUICK_BODY else planned()


def row_count(rows: Rows) -> int:
    """Return how many rows an operation returned or wrote."""
    match rows:
        case RowPage() | Written():
            return rows.count
        case SingleRow():
            return 1
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
