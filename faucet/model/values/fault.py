"""Why a value does not fit its column, and where it stands between those that do. Pure."""

import msgspec

from faucet.errors import ErrorKind
from faucet.model.filters.condition import Scalar


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """
    Where a value stands that its column cannot hold.

    It lies between *below*, the greatest value that the column can hold under it, and *above*, the
    least one over it; None where there is none. A value that the database itself orders right is
    *itself* instead.
    """

    below: Scalar = None
    above: Scalar = None
    itself: Scalar = None


class ValueFault(Exception):  # noqa: N818 - it is no failure where it only means "equals nothing"
    """
    A value that does not fit its column.

    The kind OUT_OF_RANGE says that the value can be read and the column cannot hold it, so that it
    equals nothing there; *gap* then tells where it stands, if its kind is ordered.
    """

    def __init__(self, kind: ErrorKind, message: str, gap: Gap | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.gap = gap
