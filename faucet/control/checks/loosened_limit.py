"""FCT1220: a limit that is looser than what stands above it. Pure."""

from collections.abc import Iterator

import msgspec
from msgspec import UNSET

from faucet.control.checks.bounds import readable
from faucet.control.checks.subject import Subject, grants
from faucet.diagnostics import Address, Diagnostic
from faucet.model.limits import tighten, tightest, top_limits
from faucet.model.manifest.sections import Limits, Manifest
from faucet.model.manifest.units import parse_duration
from faucet.model.settings import LimitSettings

CODE = "FCT1220"


class _Level(msgspec.Struct, frozen=True, kw_only=True):
    """Limits somewhere in the manifest, and what bounds them."""

    limits: Limits
    above: LimitSettings
    address: Address


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each limit of a service, role, grant or key that is no tightening."""
    if not readable(subject.manifest):
        return
    for level in _levels(subject.manifest):
        for key, value, bound, shown in _compared(level):
            if value > bound:
                yield Diagnostic(
                    code=CODE,
                    message=f"limits only tighten on the way down: {shown} is the most here",
                    hint="lower it, or raise the one above",
                    address=(*level.address, "limits", *key),
                )


def _levels(manifest: Manifest) -> Iterator[_Level]:
    top = top_limits(manifest.limits)
    services = {name: tighten(top, service.limits) for name, service in manifest.services.items()}
    roles = {name: tighten(top, role.limits) for name, role in manifest.roles.items()}
    for name, service in manifest.services.items():
        yield _Level(limits=service.limits, above=top, address=("services", name))
    for name, role in manifest.roles.items():
        yield _Level(limits=role.limits, above=top, address=("roles", name))
    for placed in grants(manifest):
        above = roles[placed.role]
        if placed.grant.service is not UNSET:
            above = tightest(above, services.get(placed.grant.service, top))
        yield _Level(limits=placed.grant.limits, above=above, address=placed.address)
    for name, key in manifest.keys.items():
        above = roles.get(key.role, top)
        yield _Level(limits=key.limits, above=above, address=("keys", name))


def _compared(level: _Level) -> Iterator[tuple[tuple[str, ...], float, float, str]]:
    limits, above = level.limits, level.above
    if limits.page.default is not UNSET:
        bound = above.page_default
        yield ("page", "default"), limits.page.default, bound, str(bound)
    if limits.page.max is not UNSET:
        yield ("page", "max"), limits.page.max, above.page_max, str(above.page_max)
    if limits.batch is not UNSET:
        yield ("batch",), limits.batch, above.batch, str(above.batch)
    if limits.statement_timeout is not UNSET:
        seconds = parse_duration(limits.statement_timeout)
        bound_seconds = above.statement_timeout
        yield ("statement_timeout",), seconds, bound_seconds, f"{bound_seconds:g}s"
