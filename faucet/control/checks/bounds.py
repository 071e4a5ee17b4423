"""FCT1221: quantities that are zero, unlimited, or beyond what can be meant. Pure."""

from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import UNSET

from faucet.control.checks.subject import Subject, grants
from faucet.diagnostics import Address, Diagnostic, dotted
from faucet.model.bounds import MOST_PORT
from faucet.model.manifest.sections import Limits, Manifest
from faucet.model.manifest.units import UnitError, parse_duration, parse_size

CODE = "FCT1221"

_LARGEST_PAGE: Final = 1_000_000
_LARGEST_BODY: Final = 2**30


class _Quantity(msgspec.Struct, frozen=True, kw_only=True):
    """A quantity as written, and the numbers between which it must lie, in its own unit."""

    value: int | str
    address: Address
    least: float
    most: float


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each number, duration and size out of its bounds."""
    for quantity in _quantities(subject.manifest):
        if message := _fault(quantity):
            yield Diagnostic(code=CODE, message=message, address=quantity.address)
    for limits, address in _limits(subject.manifest):
        page = limits.page
        if page.default is not UNSET and page.max is not UNSET and page.default > page.max:
            yield Diagnostic(
                code=CODE,
                message=f"a page of {page.default} rows is more than the {page.max} it may have",
                hint="lower the default, or raise the maximum",
                address=(*address, "limits", "page", "default"),
            )


def readable(manifest: Manifest) -> bool:
    """Return whether every quantity can be read, so that they may be compared."""
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
        return f"{dotted(quantity.address)} may be {quantity.most:,.0f} at most"
    return ""


def _read(text: str) -> float:
    return parse_size(text) if text.endswith("B") else parse_duration(text)


def _quantities(manifest: Manifest) -> Iterator[_Quantity]:
    server = manifest.server
    yield _quantity(server.port, ("server", "port"), 0, MOST_PORT)
    yield _quantity(server.shutdown_timeout, ("server", "shutdown_timeout"), 0)
    yield _quantity(server.max_body, ("server", "max_body"), 1, _LARGEST_BODY)
    for name, provider in manifest.auth.jwt.items():
        yield _quantity(provider.leeway, ("auth", "jwt", name, "leeway"), 0, 3600)
    for name, service in manifest.services.items():
        pool = ("services", name, "pool")
        yield _quantity(service.pool.size, (*pool, "size"), 1, 10_000)
        yield _quantity(service.pool.acquire_timeout, (*pool, "acquire_timeout"), 0.001)
        yield _quantity(service.pool.max_lifetime, (*pool, "max_lifetime"), 1)
    for limits, address in _limits(manifest):
        here = (*address, "limits")
        yield _quantity(limits.page.default, (*here, "page", "default"), 1, _LARGEST_PAGE)
        yield _quantity(limits.page.max, (*here, "page", "max"), 1, _LARGEST_PAGE)
        yield _quantity(limits.batch, (*here, "batch"), 1, _LARGEST_PAGE)
        yield _quantity(limits.statement_timeout, (*here, "statement_timeout"), 0.001)


def _quantity(
    value: object, address: Address, least: float, most: float = float("inf")
) -> _Quantity:
    # What is absent, or a reference whose value is known later, is within every bound.
    if not isinstance(value, int | str) or (isinstance(value, str) and "${" in value):
        return _Quantity(value=1, address=address, least=0, most=1)
    return _Quantity(value=value, address=address, least=least, most=most)


def _limits(manifest: Manifest) -> Iterator[tuple[Limits, Address]]:
    yield manifest.limits, ()
    for name, service in manifest.services.items():
        yield service.limits, ("services", name)
    for name, role in manifest.roles.items():
        yield role.limits, ("roles", name)
    for placed in grants(manifest):
        yield placed.grant.limits, placed.address
    for name, key in manifest.keys.items():
        yield key.limits, ("keys", name)
