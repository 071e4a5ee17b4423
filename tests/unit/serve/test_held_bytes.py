"""Many slow clients cannot fill the memory."""

import asyncio
import socket

import pytest

from faucet.events import Answered
from faucet.request.intake import received_body
from faucet.serve.held_bytes import HeldBytes
from tests.unit.serve.serving import plain, serving, until

pytestmark = pytest.mark.anyio


class _Connections:
    """Bytes held by the names of connections, and which of these were aborted."""

    def __init__(self, most: int, few: int | None = None) -> None:
        self.aborted: list[str] = []
        self.now = 0.0
        self.left: dict[str, int] = {}
        limit = None if few is None else (lambda: few)
        self._held = HeldBytes(lambda: most, limit, lambda: self.now)

    def add(self, name: str, size: int) -> None:
        self.left[name] = size
        self._held.add(name, size, lambda: self.aborted.append(name), lambda: self.left[name])

    def remove(self, name: str) -> None:
        self._held.remove(name)


def test_the_connection_that_waits_longest_is_aborted_first():
    connections = _Connections(100)

    for name in "abcd":
        connections.add(name, 40)

    assert connections.aborted == ["a", "b"]


def test_what_was_sent_does_not_count():
    connections = _Connections(100)

    for name in "abcd":
        connections.add(name, 60)
        connections.remove(name)
        connections.remove(name)

    assert connections.aborted == []


def test_a_connection_that_waits_again_counts_once_and_as_the_last():
    connections = _Connections(100)

    for name in "abaac":
        connections.add(name, 40)

    assert connections.aborted == ["b"]


def test_one_connection_alone_is_never_aborted():
    connections = _Connections(100)

    connections.add("a", 1000)

    assert connections.aborted == []


def test_where_room_is_little_a_client_that_stands_still_is_aborted():
    connections = _Connections(1000, few=100)

    for name in "abcd":
        connections.add(name, 40)
        connections.now += 0.25

    assert connections.aborted == ["a", "b"]


def test_where_room_is_little_a_client_may_stand_still_for_a_moment():
    connections = _Connections(1000, few=100)

    for name in "abcde":
        connections.add(name, 40)

    assert connections.aborted == []


def test_where_room_is_little_a_client_that_reads_is_not_aborted():
    connections = _Connections(1000, few=100)

    connections.add("reader", 40)
    for name in "abcd":
        connections.add(name, 40)
        connections.left["reader"] -= 1
        connections.now += 0.25

    assert connections.aborted == ["a", "b", "c"]


def test_a_client_that_stops_reading_is_aborted_like_others():
    connections = _Connections(1000, few=100)

    connections.add("reader", 40)
    connections.left["reader"] = 1
    for name in "abcd":
        connections.add(name, 40)
        connections.now += 0.25

    assert connections.aborted == ["a", "b", "reader"]


def test_clients_that_read_do_not_exceed_the_limit_either():
    connections = _Connections(100, few=50)

    for name in "abcd":
        connections.add(name, 40)
        for each in connections.left:
            connections.left[each] -= 1
        connections.now += 0.25

    assert len(connections.aborted) == 2


async def test_a_server_keeps_no_more_unread_responses_than_eight_of_the_largest():
    async def answer(_generation, _request):
        return plain(b"a" * 10_000_000)

    limits = {"max_response": 10_000_000, "body_timeout": 3600.0}
    clients = []
    async with serving(answer, limits=limits) as server:
        for _ in range(12):
            client = socket.socket()
            clients.append(client)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", server.port))
            client.send(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
        await until(lambda: len(server.published) == 12)
        open_ = server.server.server_state.connections
        await until(lambda: len(open_) < 12)
        left = await server.connections(len(open_))
        unsent = sum(each._written.latest_size for each in left)
        for client in clients:
            client.close()

    assert 0 < unsent <= 8 * 10_000_000


async def _complete(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Send the rest of a body; return the response, unless the connection was closed before."""
    try:
        writer.write(b"a" * 10)
        return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


@pytest.mark.fault("attacks.large_bodies")
async def test_a_server_receives_no_more_bodies_at_once_than_sixteen_of_the_largest():
    async def answer(_generation, request):
        return plain(f"<{len(received_body(request, 1000))}>".encode())

    head = b"POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n"
    limits = {"max_body": 1000, "body_timeout": 3600.0}
    async with serving(answer, limits=limits) as server:
        clients = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(17)]
        for _, writer in clients[:16]:
            writer.write(head + b"a" * 990)
        received = await server.connections(17)
        await until(lambda: sum(each._content == 990 for each in received) == 16)
        clients[16][1].write(head + b"a" * 990)
        await until(lambda: len(server.published) == 1)
        given_up = server.published[0]
        answers = [await _complete(*client) for client in clients]

    assert isinstance(given_up, Answered)
    assert (given_up.status, given_up.error) == (503, "too_many_bodies")
    assert sum(each.endswith(b"<1000>") for each in answers) == 16
