"""The filter parameter as a predicate. Pure."""

from faucet.errors import FILTER_TOO_LARGE, RequestError
from faucet.model.bounds import MOST_FILTER_BYTES
from faucet.model.filters.grammar import parse_filter
from faucet.model.filters.predicate import Predicate
from faucet.model.filters.tokens import FilterError


def read_filter(text: str) -> Predicate | None:
    """Return the predicate of *text*, None for a blank one; raises `RequestError`."""
    # Measured before it is parsed: the body of a write may be a thousand times larger.
    if len(text) > MOST_FILTER_BYTES or len(text.encode("utf-8", "replace")) > MOST_FILTER_BYTES:
        message = f"the filter is longer than {MOST_FILTER_BYTES // 1024} KiB"
        raise RequestError(FILTER_TOO_LARGE, message, parameter="filter")
    try:
        return parse_filter(text)
    except FilterError as fault:
        raise RequestError(
            fault.kind, fault.message, parameter="filter", position=fault.position
        ) from None
