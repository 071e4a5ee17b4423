"""Bounds only tighten on the way down."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from faucet.model.limits import tighten, tightest, top_limits
from faucet.model.manifest.access import Limits, PageLimits
from faucet.model.settings import LimitSettings

_NUMBERS = st.just(UNSET) | st.integers(1, 5000)
_LIMITS = st.builds(
    Limits,
    page=st.builds(PageLimits, default=_NUMBERS, max=_NUMBERS),
    batch=_NUMBERS,
    statement_timeout=st.just(UNSET) | st.integers(1, 60).map("{}s".format),
)


def test_the_top_replaces_the_built_in_bounds():
    limits = top_limits(Limits(page=PageLimits(max=5000), statement_timeout="1m"))

    assert limits == LimitSettings(page_max=5000, statement_timeout=60.0)


def test_a_page_is_never_larger_than_its_maximum():
    assert top_limits(Limits(page=PageLimits(max=10))).page_default == 10


@pytest.mark.promise("sec-14")
@given(top=_LIMITS, below=_LIMITS)
def test_no_bound_is_ever_raised(top: Limits, below: Limits):
    base = top_limits(top)

    lowered = tighten(base, below)

    assert tightest(base, lowered) == lowered
