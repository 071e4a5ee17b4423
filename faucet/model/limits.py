"""Limits, each declared once, and how the levels of a manifest tighten them. Pure."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec import UNSET

from faucet.model.manifest.sections import Limits
from faucet.model.manifest.units import UnitError, parse_duration


class LimitSettings(msgspec.Struct, frozen=True, kw_only=True, cache_hash=True):
    """Effective bounds. *statement_timeout* is in seconds."""

    page_default: int = 25
    page_max: int = 1000
    batch: int = 1000
    statement_timeout: float = 30.0


class PartialLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of a role or grant; None inherits."""

    page_default: int | None = None
    page_max: int | None = None
    batch: int | None = None
    statement_timeout: float | None = None


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """
    A limit: the *name* of its setting, its *place* below ``limits``, and its bounds.

    *read* parses it if it is written as text; *unit* follows it in messages.
    """

    name: str
    place: tuple[str, ...]
    least: float
    most: float = float("inf")
    read: Callable[[str], float] | None = None
    unit: str = ""

    def written(self, limits: Limits) -> Any:
        """Return the limit as *limits* has it: a number, a text, or UNSET."""
        value: Any = limits
        for key in self.place:
            value = getattr(value, key)
        return value

    def value(self, limits: Limits) -> Any:
        """Return the limit of *limits* as a number; None where absent or impossible to parse."""
        written = self.written(limits)
        try:
            return None if written is UNSET else self.read(written) if self.read else written
        except UnitError:
            return None


_LARGEST_PAGE: Final = 1_000_000

LIMITS: Final = (
    Limit(name="page_default", place=("page", "default"), least=1, most=_LARGEST_PAGE),
    Limit(name="page_max", place=("page", "max"), least=1, most=_LARGEST_PAGE),
    Limit(name="batch", place=("batch",), least=1, most=_LARGEST_PAGE),
    Limit(
        name="statement_timeout",
        place=("statement_timeout",),
        least=0.001,
        read=parse_duration,
        unit="s",
    ),
)


def read_limits(limits: Limits) -> PartialLimits:
    """Return the bounds that *limits* sets; a duration that cannot be parsed counts as absent."""
    return PartialLimits(**{limit.name: limit.value(limits) for limit in LIMITS})


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
