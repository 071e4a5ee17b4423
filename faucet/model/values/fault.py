"""Why a value does not fit its column, and its position between values that do. Pure."""

import msgspec

from faucet.errors import ErrorKind
from faucet.model.filters.condition import Scalar


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """
    The position of a value that its column cannot hold.

    It is between *below*, the greatest smaller value that the column can hold, and *above*, the
    least greater one; None if there is none. *itself* is set instead for a value that the database
    orders correctly.
    """

    below: Scalar = None
    above: Scalar = None
    itself: Scalar = None


class ValueFault(Exception):  # noqa: N818 - not an error if it only means "equals nothing"
    """
    A value that does not fit its column.

    The kind OUT_OF_RANGE means that the value is valid but the column cannot hold it, so that it
    equals nothing; *gap* is then its position, if its kind is ordered.
    """

    def __init__(self, kind: ErrorKind, message: str, gap: Gap | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.gap = gap
