"""Addresses and networks, as trusted proxies and `allow_from` name them. Pure."""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Networks = tuple[Network, ...]

_LONGEST: Final = 128
"""No address is longer, including its zone, so that cached values are bounded in bytes."""


def read_address(text: str) -> Address | None:
    """
    Return the address in *text*, or None.

    An IPv4-mapped IPv6 address (the peer of a dual-stack socket) is the IPv4 address; a zone is
    dropped.
    """
    return _read(text) if len(text) <= _LONGEST else None


@lru_cache(maxsize=4096)  # parsing one costs more than looking up a key
def _read(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return address
    return address.ipv4_mapped or ipaddress.IPv6Address(int(address))


def read_networks(texts: Iterable[str]) -> Networks:
    """Return the networks; a single address is one. Raises `ValueError` for anything else."""
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def among(address: Address, networks: Networks) -> bool:
    """Return whether *address* is in one of *networks*."""
    return any(address in network for network in networks)
