"""What is answered from the surface and the process alone, without a database."""

import hashlib

import msgspec

from faucet.errors import NOT_GRANTED, UNKNOWN_ROUTE, AuthorizationError, RequestError
from faucet.model.request import HttpRequest, Principal, Reply
from faucet.request import encode
from faucet.request.authorize import reachable, visible_service
from faucet.request.generation import Generation
from faucet.request.parse.query import refuse_parameters
from faucet.request.route import OpenApi, ServiceDoc


def tables(
    generation: Generation,
    stamp: encode.Stamp,
    principal: Principal,
    request: HttpRequest,
    service: str,
) -> Reply:
    """Return the tables and views of *service* that the caller may use, by name."""
    view = visible_service(generation.surface, principal, service)
    reachable(generation.surface, service)
    refuse_parameters(request.query)
    return encode.list_reply(
        stamp,
        [
            {"name": name, "type": view.resources[name].relation.kind.value}
            for name in sorted(view.resources)
            if view.resources[name].grants
        ],
    )


def openapi(
    generation: Generation,
    stamp: encode.Stamp,
    principal: Principal,
    request: HttpRequest,
    route: OpenApi | ServiceDoc,
) -> Reply:
    """Return the OpenAPI document of what the caller may do."""
    surface = generation.surface
    if not surface.server.docs:
        raise RequestError(UNKNOWN_ROUTE)
    refuse_parameters(request.query)
    if isinstance(route, ServiceDoc):
        reachable(surface, route.service)
        scope, body = route.service, surface.service_openapi[principal.role, route.service]
    else:
        scope, body = "", surface.openapi[principal.role]
    named = f"{surface.fingerprint}\0{principal.role}\0{scope}".encode()
    etag = f'"{hashlib.sha256(named).hexdigest()[:32]}"'
    condition = ", ".join(value for name, value in request.headers if name == "if-none-match")
    return encode.document(stamp, body, etag, condition or None)


def generation_status(
    generation: Generation, stamp: encode.Stamp, principal: Principal, request: HttpRequest
) -> Reply:
    """Return number, fingerprint and newest reload, for a role with the system grant."""
    if not _may_see_system(generation, principal):
        message = f'the role "{principal.role}" has no system grant'
        raise AuthorizationError(NOT_GRANTED, message)
    refuse_parameters(request.query)
    return encode.json_reply(stamp, msgspec.json.encode(generation.process.status()))


def _may_see_system(generation: Generation, principal: Principal) -> bool:
    role = generation.surface.roles.get(principal.role)
    return role is not None and "GET" in role.system


def readiness(generation: Generation, stamp: encode.Stamp, principal: Principal | None) -> Reply:
    """Return whether requests can be served; which service cannot only with the system grant."""
    checks = generation.process.readiness()
    services = generation.surface.services
    broken = [name for name, state in checks.items() if state == "unreachable"]
    if (
        generation.process.draining()
        or generation.number == 0
        or any(services[name].required for name in broken if name in services)
    ):
        status = "unready"
    else:
        status = "degraded" if any(state != "ok" for state in checks.values()) else "ok"
    told: dict[str, object] = {"status": status}
    if principal is not None and _may_see_system(generation, principal):
        told["checks"] = dict(sorted(checks.items()))
    code = 503 if status == "unready" else 200
    if principal is None:
        return encode.public_reply(stamp, told, code)
    return encode.json_reply(stamp, msgspec.json.encode(told), code)
