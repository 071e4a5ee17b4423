"""How many examples a property test tries."""

import os
from typing import Final

from hypothesis import settings

_EFFORT: Final = int(os.environ.get("FAUCET_TEST_EFFORT", "1"))

DEFAULT: Final = 100 * _EFFORT
"""For tests that name no number: those that reach no database."""


def examples(count: int) -> settings:
    """Return settings for *count* examples, times the variable FAUCET_TEST_EFFORT."""
    return settings(max_examples=count * _EFFORT)
