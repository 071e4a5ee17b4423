"""The client address of a request: the rightmost hop that is not a trusted proxy. Pure."""

from functools import lru_cache

from faucet.model.network import Address, Networks, among, read_address
from faucet.model.request import HttpRequest


@lru_cache(maxsize=1024)
def _read_peer(peer: str) -> tuple[Address | None, str | None]:
    """Return the address of a peer, and its text; peers send many requests."""
    address = read_address(peer)
    return address, None if address is None else str(address)


def client_address(request: HttpRequest, trusted: Networks) -> str | None:
    """
    Return the caller's address, or None if it cannot be determined.

    `X-Forwarded-For` is only used from a peer in *trusted*: all its headers are one list, read from
    the right up to the first hop outside *trusted*. A hop on the way that is not a plain address (a
    name, a port, nothing) ends the search with None. If every hop is trusted, the first one is the
    client.
    """
    address, text = _read_peer(request.peer)
    if address is None or not trusted or not among(address, trusted):
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
