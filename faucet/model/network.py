"""Addresses and networks, as trusted proxies and `allow_from` name them. Pure."""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Networks = tuple[Network, ...]

_LONGEST: Final = 128
"""No address is longer, its zone included, so that what is kept is bounded in bytes."""


def read_address(text: str) -> Address | None:
    """
    Return the address that *text* spells, or None.

    An IPv4 address in IPv6 clothes (the peer of a dual-stack socket) is the IPv4 address; a zone is
    dropped.
    """
    return _read(text) if len(text) <= _LONGEST else None


@lru_cache(maxsize=4096)  # reading one costs more than looking a key up
def _read(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return address
    return address.ipv4_mapped or ipaddress.IPv6Address(int(address))


def read_networks(texts: Iterable[str]) -> Networks:
    """Return the networks; a lone address is one. Raises `ValueError` for what is neither."""
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def among(address: Address, networks: Networks) -> bool:
    """Whether *address* lies in one of *networks*."""
    return any(address in network for network in networks)
