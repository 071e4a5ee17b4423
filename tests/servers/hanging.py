"""A server that accepts connections and never answers."""

import socket
from typing import Self


class HangingServer:
    """Listens on a free port of 127.0.0.1 until the block ends."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self._clients: list[socket.socket] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        for each in (self._listener, *self._clients):
            each.close()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def waiting(self) -> int:
        """Return how many clients still wait for an answer."""
        while True:
            try:
                client, _ = self._listener.accept()
            except BlockingIOError:
                break
            client.setblocking(False)
            self._clients.append(client)
        return sum(map(_is_open, self._clients))


def _is_open(client: socket.socket) -> bool:
    try:
        while client.recv(65_536):
            pass
    except BlockingIOError:
        return True
    except ConnectionError:
        return False
    return False
