"""One operation on the rows of a table, whichever way it came."""

from collections.abc import Callable

import msgspec

from faucet.model.headers import Headers
from faucet.model.request import TargetName
from faucet.model.surface import Verb


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a caller asks for: *verb* on *target*, in the terms of the HTTP contract.

    *query* is encoded as in a URL, *key* is the raw key of one row in a path, None without.
    *receive* returns the body, as described by *headers*; what it raises ends the operation. It is
    called once the operation is admitted and its query is known to be good. A *typed* operation
    must declare what its body is.
    """

    target: TargetName
    verb: Verb
    query: str
    key: str | None
    headers: Headers
    receive: Callable[[], bytes]
    typed: bool
