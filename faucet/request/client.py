"""Where a request comes from: the rightmost hop that is not one of our proxies. Pure."""

from functools import lru_cache

from faucet.model.network import Address, Networks, among, read_address
from faucet.model.request import HttpRequest


@lru_cache(maxsize=1024)
def _read_peer(peer: str) -> tuple[Address | None, str | None]:
    """The address of a peer, and its text; peers ask again and again."""
    address = read_address(peer)
    return address, None if address is None else str(address)


def client_address(request: HttpRequest, trusted: Networks) -> str | None:
    """
    Return the caller's address, or None where it cannot be determined.

    `X-Forwarded-For` is believed only from a peer in *trusted*: all its headers are one list, read
    from the right up to the first hop outside *trusted*. A hop on that way that is no plain address
    (a name, a port, nothing) ends the search with None. Where every hop is trusted, the first one
    asks.
    """
    address, text = _read_peer(request.peer)
    if address is None or not among(address, trusted):
        return text
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
