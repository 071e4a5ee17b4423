"""Effective limits: those at the top of a manifest, tightened by the levels below. Pure."""

from functools import lru_cache
from typing import Any

import msgspec
from msgspec import UNSET

from faucet.model.manifest.sections import Limits
from faucet.model.manifest.units import UnitError, parse_duration
from faucet.model.settings import LimitSettings, PartialLimits


def read_limits(limits: Limits) -> PartialLimits:
    """Return the bounds that *limits* sets; a duration that cannot be parsed counts as absent."""
    page, timeout = limits.page, limits.statement_timeout
    try:
        seconds = None if timeout is UNSET else parse_duration(timeout)
    except UnitError:
        seconds = None
    return PartialLimits(
        page_default=None if page.default is UNSET else page.default,
        page_max=None if page.max is UNSET else page.max,
        batch=None if limits.batch is UNSET else limits.batch,
        statement_timeout=seconds,
    )


def top_limits(limits: PartialLimits) -> LimitSettings:
    """Return the built-in bounds, replaced by *limits*, those of the top of the manifest."""
    return _cap_page(msgspec.structs.replace(LimitSettings(), **_present(limits)))


def tighten(base: LimitSettings, limits: PartialLimits) -> LimitSettings:
    """Return *base* with each bound lowered to that of *limits*; none is ever raised."""
    lowered = {name: min(getattr(base, name), bound) for name, bound in _present(limits).items()}
    return _cap_page(msgspec.structs.replace(base, **lowered))


def join(first: PartialLimits, second: PartialLimits) -> PartialLimits:
    """Return the limits that have the effect of *first* and then *second*."""
    bounds = _present(second)
    for name, bound in _present(first).items():
        bounds[name] = min(bound, bounds.get(name, bound))
    return PartialLimits(**bounds)


@lru_cache(maxsize=1024)  # keys and grants have few pairs of limits, and every request asks
def tightest(first: LimitSettings, second: LimitSettings) -> LimitSettings:
    """Return the lower of each bound."""
    return LimitSettings(
        **{
            name: min(getattr(first, name), getattr(second, name))
            for name in msgspec.structs.asdict(first)
        }
    )


def _present(limits: PartialLimits) -> dict[str, Any]:
    return {
        name: bound for name, bound in msgspec.structs.asdict(limits).items() if bound is not None
    }


def _cap_page(limits: LimitSettings) -> LimitSettings:
    """Return *limits* with a page that is no larger than its maximum."""
    page = min(limits.page_default, limits.page_max)
    return msgspec.structs.replace(limits, page_default=page)
