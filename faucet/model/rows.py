"""Results from a database, already in the contract's JSON."""

import msgspec

from faucet.errors import FaucetError


class RowPage(msgspec.Struct, frozen=True, kw_only=True):
    """
    *rows* is the JSON of the rows joined by commas, without brackets.

    *meta* is what the envelope says of the page beside the *count* of its rows, in order, each
    value as JSON text.
    """

    rows: bytes
    count: int
    meta: tuple[tuple[str, str], ...]


class SingleRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row as a JSON object."""

    row: bytes


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A record of a batch that failed while others were written."""

    error: FaucetError


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """
    The outcome of a write.

    *items* are the rows to return, in the order of the request; with *continued* one for each
    record, `Failure` if it failed and None if the row may not be returned; *count* is how many rows
    were changed; *location* the key of a single new row. *created* means that rows were inserted,
    *bare* that the response is one object instead of a list; *items* None means that only ``meta``
    may be returned.
    """

    items: tuple[bytes | Failure | None, ...] | None
    count: int
    created: bool = False
    continued: bool = False
    bare: bool = False
    location: str | None = None


Rows = RowPage | SingleRow | Written
