"""Bounds only tighten on the way down."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from faucet.model.limits import LimitSettings, join, read_limits, tighten, tightest, top_limits
from faucet.model.manifest.access import Limits, PageLimits

_NUMBERS = st.just(UNSET) | st.integers(1, 5000)
_LIMITS = st.builds(
    Limits,
    page=st.builds(PageLimits, default=_NUMBERS, max=_NUMBERS),
    batch=_NUMBERS,
    statement_timeout=st.just(UNSET) | st.integers(1, 60).map("{}s".format),
)


def test_the_top_replaces_the_built_in_bounds():
    limits = top_limits(read_limits(Limits(page=PageLimits(max=5000), statement_timeout="1m")))

    assert limits == LimitSettings(page_max=5000, statement_timeout=60.0)


def test_a_page_is_never_larger_than_its_maximum():
    assert top_limits(read_limits(Limits(page=PageLimits(max=10)))).page_default == 10


@pytest.mark.promise("sec-14")
@given(top=_LIMITS, below=_LIMITS)
def test_no_bound_is_ever_raised(top: Limits, below: Limits):
    base = top_limits(read_limits(top))

    lowered = tighten(base, read_limits(below))

    assert tightest(base, lowered) == lowered


@given(top=_LIMITS, first=_LIMITS, second=_LIMITS)
def test_joined_limits_tighten_as_one_after_the_other(top: Limits, first: Limits, second: Limits):
    base = top_limits(read_limits(top))
    one, other = read_limits(first), read_limits(second)

    assert tighten(base, join(one, other)) == tighten(tighten(base, one), other)


def test_a_bound_that_is_absent_is_inherited():
    base = top_limits(read_limits(Limits(batch=7)))

    assert tighten(base, read_limits(Limits())) == base
