"""The end of the server."""

import asyncio
import socket

import pytest

from faucet.serve.listen import ListenError, address_of, open_sockets
from tests.unit.serve.serving import plain, serving

pytestmark = pytest.mark.anyio


async def test_a_request_in_flight_is_answered_and_probes_see_the_end_coming():
    entered, go = asyncio.Event(), asyncio.Event()

    async def answer(_generation, request):
        if request.path == "/slow":
            entered.set()
            await go.wait()
        return plain(request.path.encode())

    async with serving(answer) as server:
        slow = asyncio.create_task(server.send("GET /slow HTTP/1.1"))
        await entered.wait()
        server.server.stop()
        probe = await server.send("GET /readyz HTTP/1.1")
        draining = server.switch.drain.begun
        go.set()

        assert (await slow).endswith(b"/slow")
        assert probe.endswith(b"/readyz")
        assert draining


async def test_a_request_without_end_is_cut_off_at_the_limit():
    entered = asyncio.Event()

    async def answer(_generation, _request):
        entered.set()
        await asyncio.Event().wait()

    async with serving(answer, limits={"shutdown_timeout": 0.2}) as server:
        slow = asyncio.create_task(server.send("GET /slow HTTP/1.1"))
        await entered.wait()
        server.server.stop()

        assert b" 200 " not in await slow


def test_port_0_is_one_free_port_for_all_addresses():
    sockets = open_sockets("localhost", 0)
    try:
        ports = {one.getsockname()[1] for one in sockets}
        address = address_of("localhost", sockets)
    finally:
        for one in sockets:
            one.close()

    assert len(ports) == 1
    assert address == f"http://localhost:{ports.pop()}"


def _has_ipv6() -> bool:
    try:
        open_sockets("::1", 0)[0].close()
    except ListenError:
        return False
    return True


@pytest.mark.fault("connections.hosts")
@pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize("host", ["::", "0::0"])
def test_the_address_of_all_hosts_is_that_of_both_protocols(host: str):
    sockets = open_sockets(host, 0)
    try:
        port = sockets[0].getsockname()[1]
        for address in ("127.0.0.1", "::1"):
            socket.create_connection((address, port), timeout=5).close()
    finally:
        for one in sockets:
            one.close()


def test_a_port_that_is_taken_is_said_in_one_line():
    (taken,) = open_sockets("127.0.0.1", 0)
    port = taken.getsockname()[1]
    try:
        with pytest.raises(ListenError, match=r"^Address already in use$"):
            open_sockets("127.0.0.1", port)
    finally:
        taken.close()


def test_a_name_that_is_no_host_is_said_too():
    with pytest.raises(ListenError, match=r"^[^\n]+$"):
        open_sockets("no such host", 80)
