"""Sockets to listen on, and the address to announce."""

import socket
from typing import Final

_BACKLOG: Final = 2048
_EVERY_IPV6: Final = "::"
_EVERY_IPV4: Final = "0.0.0.0"  # noqa: S104 - only if the operator asks for every address


class ListenError(Exception):
    """The server cannot listen on the address; the message is the reason."""


def open_sockets(host: str, port: int) -> list[socket.socket]:
    """
    Return a bound socket for every address of *host*; port 0 selects one free port for all of them.

    The address `::` means every address of both protocols, on sockets of their own: a client of
    IPv4 keeps its address, on which networks of keys and proxies depend.

    Raises `ListenError` and leaves nothing open.
    """
    opened: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in _addresses(host, port):
            number = opened[0].getsockname()[1] if opened and not port else port
            found = socket.socket(family, kind, protocol)
            opened.append(found)
            _bind(found, (address[0], number, *address[2:]))
    except OSError as error:
        for found in opened:
            found.close()
        raise ListenError(str(error.strerror or error)) from error
    return opened


def _addresses(host: str, port: int) -> list[tuple[int, int, int, str, tuple[str | int, ...]]]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    if [address[0] for *_, address in found] == [_EVERY_IPV6]:
        found += socket.getaddrinfo(_EVERY_IPV4, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(found))  # type: ignore[arg-type]  # the stub has a narrower type


def _bind(found: socket.socket, address: tuple[str | int, ...]) -> None:
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if found.family == socket.AF_INET6:
        found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    found.bind(address)
    found.listen(_BACKLOG)
    found.setblocking(False)  # noqa: FBT003 - the standard library's own form


def address_of(host: str, sockets: list[socket.socket]) -> str:
    """Return the URL under which *sockets*, opened for *host*, are reached."""
    port = sockets[0].getsockname()[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
