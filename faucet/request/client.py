"""Where a request comes from: the rightmost hop that is not one of our proxies. Pure."""

from functools import lru_cache
from typing import Final

from faucet.model.network import Networks, among, read_address
from faucet.model.request import HttpRequest

# Peers ask again and again, and reading an address takes as long as finding a key.
_peer_address: Final = lru_cache(maxsize=1024)(read_address)


def client_address(request: HttpRequest, trusted: Networks) -> str | None:
    """
    Return the caller's address, or None where it cannot be told.

    `X-Forwarded-For` is believed only from a peer in *trusted*: all its headers are one list, read
    from the right up to the first hop outside *trusted*. A hop on that way that is no plain address
    (a name, a port, nothing) ends the search with None. Where every hop is trusted, the first one
    asks.
    """
    address = _peer_address(request.peer)
    if address is None or not among(address, trusted):
        return None if address is None else str(address)
    for hop in reversed(_hops(request)):
        address = read_address(hop)
        if address is None or not among(address, trusted):
            break
    return None if address is None else str(address)


def _hops(request: HttpRequest) -> list[str]:
    return [
        hop.strip(" \t")
        for value in request.headers.get_all("x-forwarded-for")
        for hop in value.split(",")
    ]
