"""Effective bounds: what the top of a manifest sets, and how everything below tightens it. Pure."""

import msgspec
from msgspec import UNSET

from faucet.model.manifest.sections import Limits
from faucet.model.manifest.units import parse_duration
from faucet.model.settings import LimitSettings


def top_limits(limits: Limits) -> LimitSettings:
    """Return the built-in bounds, replaced by what the top of the manifest says."""
    built_in = LimitSettings()
    page_max = built_in.page_max if limits.page.max is UNSET else limits.page.max
    page_default = built_in.page_default if limits.page.default is UNSET else limits.page.default
    timeout = limits.statement_timeout
    return LimitSettings(
        page_default=min(page_default, page_max),
        page_max=page_max,
        batch=built_in.batch if limits.batch is UNSET else limits.batch,
        statement_timeout=built_in.statement_timeout
        if timeout is UNSET
        else parse_duration(timeout),
    )


def tighten(base: LimitSettings, limits: Limits) -> LimitSettings:
    """Return *base* with each bound lowered to that of *limits*; none is ever raised."""
    page, batch, timeout = limits.page, limits.batch, limits.statement_timeout
    page_max = base.page_max if page.max is UNSET else min(base.page_max, page.max)
    page_default = (
        base.page_default if page.default is UNSET else min(base.page_default, page.default)
    )
    return LimitSettings(
        page_default=min(page_default, page_max),
        page_max=page_max,
        batch=base.batch if batch is UNSET else min(base.batch, batch),
        statement_timeout=base.statement_timeout
        if timeout is UNSET
        else min(base.statement_timeout, parse_duration(timeout)),
    )


def tightest(first: LimitSettings, second: LimitSettings) -> LimitSettings:
    """Return the lower of each bound."""
    return LimitSettings(
        **{
            name: min(getattr(first, name), getattr(second, name))
            for name in msgspec.structs.asdict(first)
        }
    )
