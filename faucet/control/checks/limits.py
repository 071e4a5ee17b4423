"""FCT1220 and FCT1221: limits and other quantities. Pure."""

from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import UNSET

from faucet.control.checks.subject import Subject, written_grants
from faucet.diagnostics import Address, Diagnostic, dotted
from faucet.model.bounds import MOST_PORT
from faucet.model.limits import (
    LIMITS,
    LimitSettings,
    PartialLimits,
    read_limits,
    tighten,
    tightest,
    top_limits,
)
from faucet.model.manifest.sections import Limits, Manifest
from faucet.model.manifest.units import UnitError, parse_duration, parse_rate, parse_size

OUT_OF_BOUNDS: Final = "FCT1221"
LOOSENED_LIMIT: Final = "FCT1220"

_LARGEST_BODY: Final = 2**30
_LONGEST_WAIT: Final = 3600
_MOST_CONNECTIONS: Final = 1_000_000


class _Quantity(msgspec.Struct, frozen=True, kw_only=True):
    """A quantity as written, and its bounds, in its own unit."""

    value: int | str
    address: Address
    least: float
    most: float


def check_bounds(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each number, duration and size out of its bounds."""
    for quantity in _quantities(subject.manifest):
        if message := _fault(quantity):
            yield Diagnostic(code=OUT_OF_BOUNDS, message=message, address=quantity.address)
    for limits, address in _limits(subject.manifest):
        page = limits.page
        if page.default is not UNSET and page.max is not UNSET and page.default > page.max:
            yield Diagnostic(
                code=OUT_OF_BOUNDS,
                message=f"the default page size {page.default} exceeds the maximum {page.max}",
                hint="lower the default, or raise the maximum",
                address=(*address, "limits", "page", "default"),
            )


def readable(manifest: Manifest) -> bool:
    """Return whether every quantity can be parsed, so that they can be compared."""
    return not any(_fault(quantity) for quantity in _quantities(manifest))


def _fault(quantity: _Quantity) -> str:
    value = quantity.value
    if isinstance(value, str):
        try:
            value_read = _read(value)
        except UnitError as error:
            return str(error)
    else:
        value_read = value
    if value_read < quantity.least:
        return f"{dotted(quantity.address)} must be more than {value}"
    if value_read > quantity.most:
        return f"{dotted(quantity.address)} must be at most {quantity.most:,.0f}"
    return ""


def _read(text: str) -> float:
    if text.endswith("/s"):
        return parse_rate(text)
    return parse_size(text) if text.endswith("B") else parse_duration(text)


def _quantities(manifest: Manifest) -> Iterator[_Quantity]:
    server = manifest.server
    yield _quantity(server.port, ("server", "port"), 0, MOST_PORT)
    yield _quantity(server.shutdown_timeout, ("server", "shutdown_timeout"), 0)
    yield _quantity(server.head_timeout, ("server", "head_timeout"), 0.001, _LONGEST_WAIT)
    yield _quantity(server.body_timeout, ("server", "body_timeout"), 0.001, _LONGEST_WAIT)
    yield _quantity(server.min_rate, ("server", "min_rate"), 1, _LARGEST_BODY)
    yield _quantity(server.max_connections, ("server", "max_connections"), 1, _MOST_CONNECTIONS)
    yield _quantity(server.max_body, ("server", "max_body"), 1, _LARGEST_BODY)
    yield _quantity(server.max_response, ("server", "max_response"), 1, _LARGEST_BODY)
    for name, provider in manifest.auth.jwt.items():
        yield _quantity(provider.leeway, ("auth", "jwt", name, "leeway"), 0, 3600)
    for name, service in manifest.services.items():
        pool = ("services", name, "pool")
        yield _quantity(service.pool.size, (*pool, "size"), 1, 10_000)
        yield _quantity(service.pool.acquire_timeout, (*pool, "acquire_timeout"), 0.001)
        yield _quantity(service.pool.max_lifetime, (*pool, "max_lifetime"), 1)
        yield _quantity(service.catalog_refresh, ("services", name, "catalog_refresh"), 1)
    for limits, address in _limits(manifest):
        for limit in LIMITS:
            place = (*address, "limits", *limit.place)
            yield _quantity(limit.written(limits), place, limit.least, limit.most)


def _quantity(
    value: object, address: Address, least: float, most: float = float("inf")
) -> _Quantity:
    # An absent value, or a reference whose value is known later, is within every bound.
    if not isinstance(value, int | str) or (isinstance(value, str) and "${" in value):
        return _Quantity(value=1, address=address, least=0, most=1)
    return _Quantity(value=value, address=address, least=least, most=most)


def _limits(manifest: Manifest) -> Iterator[tuple[Limits, Address]]:
    yield manifest.limits, ()
    for name, service in manifest.services.items():
        yield service.limits, ("services", name)
    for name, role in manifest.roles.items():
        yield role.limits, ("roles", name)
    for grant, address in written_grants(manifest):
        yield grant.limits, address
    for name, key in manifest.keys.items():
        yield key.limits, ("keys", name)


class _Level(msgspec.Struct, frozen=True, kw_only=True):
    """Limits at one place of the manifest, and what bounds them."""

    limits: PartialLimits
    above: LimitSettings
    address: Address


def check_limits(subject: Subject) -> Iterator[Diagnostic]:
    """
    Yield a diagnostic for each limit of a service, role, grant or key that does not tighten the
    level above.
    """
    if not readable(subject.manifest):
        return
    for level in _levels(subject):
        for limit in LIMITS:
            value, bound = getattr(level.limits, limit.name), getattr(level.above, limit.name)
            if value is not None and value > bound:
                shown = f"{bound:g}{limit.unit}" if limit.unit else str(bound)
                yield Diagnostic(
                    code=LOOSENED_LIMIT,
                    message=f"this limit exceeds the limit of the level above, {shown}",
                    hint=f"set it to at most {shown}, or raise the limit above",
                    address=(*level.address, "limits", *limit.place),
                )


def _levels(subject: Subject) -> Iterator[_Level]:
    manifest = subject.manifest
    top = top_limits(read_limits(manifest.limits))
    services: dict[str, LimitSettings] = {}
    for name, service in manifest.services.items():
        limits = read_limits(service.limits)
        services[name] = tighten(top, limits)
        yield _Level(limits=limits, above=top, address=("services", name))
    roles = {name: tighten(top, role.limits) for name, role in subject.roles.items()}
    for name, role in subject.roles.items():
        yield _Level(limits=role.limits, above=top, address=("roles", name))
    for grant in subject.grants:
        above = tightest(roles[grant.role], services.get(grant.service, top))
        yield _Level(limits=grant.limits, above=above, address=grant.address)
    for name, key in manifest.keys.items():
        above = roles.get(key.role, top)
        yield _Level(limits=read_limits(key.limits), above=above, address=("keys", name))
