"""Replies from the surface and the process only, without a database."""

import hashlib
from collections.abc import Mapping
from functools import partial

import msgspec

from faucet.caches import cache_uses
from faucet.errors import NOT_GRANTED, UNKNOWN_ROUTE, AuthorizationError, RequestError
from faucet.model.request import Caller, Principal, Reply
from faucet.request import encode
from faucet.request.authenticate import authenticate, brings_credential
from faucet.request.authorize import reachable, visible_service
from faucet.request.context import RequestContext
from faucet.request.generation import Generation
from faucet.request.parse.query import refuse_parameters


async def health(context: RequestContext) -> Reply:
    """Return that the process is alive."""
    return encode.public_reply(context.reply, {"status": "ok"})


async def readiness(context: RequestContext) -> Reply:
    """
    Return whether requests can be served; with the system grant, also the state of each service.

    A credential is not required, but an invalid one is rejected.
    """
    generation, request = context.generation, context.request
    principal = None
    if brings_credential(request.headers, generation.authentication):
        now = generation.process.clock()
        principal = authenticate(request, generation.authentication, now)
        context.trace.authenticated(principal)
    checks = generation.process.readiness()
    status = _readiness(generation, checks)
    shown: dict[str, object] = {"status": status}
    if principal is not None and _may_see_system(generation, principal):
        shown["checks"] = dict(sorted(checks.items()))
    code = 503 if status == "unready" else 200
    if principal is None:
        return encode.public_reply(context.reply, shown, code)
    return encode.json_reply(context.reply, msgspec.json.encode(shown), code)


def _readiness(generation: Generation, checks: Mapping[str, str]) -> str:
    services = generation.surface.services
    broken = [name for name, state in checks.items() if state == "unreachable"]
    if (
        generation.process.draining()
        or generation.number == 0
        or any(services[name].required for name in broken if name in services)
    ):
        return "unready"
    return "degraded" if any(state != "ok" for state in checks.values()) else "ok"


async def home(context: RequestContext) -> Reply:
    """Return a redirect to the interactive reference, if there is one."""
    server = context.generation.surface.server
    if server.docs:
        return encode.redirect(context.reply, f"{server.root_path}/docs")
    return await docs(context)


async def docs(context: RequestContext) -> Reply:
    """Return the interactive reference, or one of its assets."""
    page = context.generation.process.docs(context.request.path)
    if not context.generation.surface.server.docs or page is None:
        raise RequestError(UNKNOWN_ROUTE)
    return encode.with_headers(context.reply, page)


async def tables(context: RequestContext, caller: Caller) -> Reply:
    """Return the tables and views of a service that the caller may use, by name."""
    surface, service = context.generation.surface, context.match.parameters["service"]
    view = visible_service(surface, caller.principal, service)
    reachable(surface, service)
    refuse_parameters(context.request.query)
    return encode.list_reply(
        context.reply,
        [
            {"name": name, "type": view.resources[name].relation.kind.value}
            for name in sorted(view.resources)
            if view.resources[name].grants
        ],
    )


async def openapi(context: RequestContext, caller: Caller) -> Reply:
    """Return the OpenAPI document of what the caller may do, on one service or on all."""
    # A document is rendered on first use, which may take long.
    workers, principal = context.generation.process.workers, caller.principal
    return await workers.run(partial(_openapi, context, principal.role), principal.name or "")


def _openapi(context: RequestContext, role: str) -> Reply:
    surface = context.generation.surface
    if not surface.server.docs:
        raise RequestError(UNKNOWN_ROUTE)
    refuse_parameters(context.request.query)
    service = context.match.parameters.get("service")
    if service is not None:
        reachable(surface, service)
        body = surface.service_openapi[role, service]
    else:
        body = surface.openapi[role]
    named = f"{surface.fingerprint}\0{role}\0{service or ''}".encode()
    etag = f'"{hashlib.sha256(named).hexdigest()[:32]}"'
    condition = ", ".join(context.request.headers.get_all("if-none-match"))
    return encode.document(context.reply, body, etag, condition or None)


async def generation_status(context: RequestContext, caller: Caller) -> Reply:
    """Return number, fingerprint and latest reload, for a role with the system grant."""
    generation, principal = context.generation, caller.principal
    if not _may_see_system(generation, principal):
        message = f'the role "{principal.role}" has no system grant'
        raise AuthorizationError(NOT_GRANTED, message)
    refuse_parameters(context.request.query)
    uses = cache_uses()
    status = {
        **msgspec.structs.asdict(generation.process.status()),
        "caches": {"bytes": sum(use.bytes for use in uses.values()), **uses},
    }
    return encode.json_reply(context.reply, msgspec.json.encode(status))


def _may_see_system(generation: Generation, principal: Principal) -> bool:
    role = generation.surface.roles.get(principal.role)
    return role is not None and "GET" in role.system
