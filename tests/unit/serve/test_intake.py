"""What the server takes for a request: one meaning of each head, and limits on all its parts."""

import asyncio
import socket

import pytest

from faucet.errors import UNAUTHORIZED, RequestError
from faucet.request.intake import received_body
from tests.unit.serve.serving import plain, serving

pytestmark = pytest.mark.anyio

_HOST = b"Host: test\r\n"
_CHUNKED = b"POST /x HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n"
_NEXT = b"GET /smuggled HTTP/1.1\r\nHost: test\r\n\r\n"


async def _echo(_generation, request):
    body = received_body(request, 2**20)
    shown = " ".join(f"{name}={value}" for name, value in request.headers)
    return plain(f"<{request.method} {request.path} [{shown}] {len(body)}>".encode())


def _head(*lines: bytes, target: bytes = b"/x", version: bytes = b"1.1") -> bytes:
    return b"".join(
        (
            b"POST ",
            target,
            b" HTTP/",
            version,
            b"\r\n",
            *(line + b"\r\n" for line in lines),
            b"\r\n",
        )
    )


_AMBIGUOUS = {
    "content-length and transfer-encoding": _head(
        b"Host: a", b"Content-Length: 4", b"Transfer-Encoding: chunked"
    )
    + b"0\r\n\r\n",
    "transfer-encoding and content-length": _head(
        b"Host: a", b"Transfer-Encoding: chunked", b"Content-Length: 4"
    )
    + b"0\r\n\r\n",
    "content-length twice": _head(b"Host: a", b"Content-Length: 0", b"Content-Length: 0"),
    "two content-lengths": _head(b"Host: a", b"Content-Length: 0", b"Content-Length: 5"),
    "a list of lengths": _head(b"Host: a", b"Content-Length: 0, 0"),
    "a signed length": _head(b"Host: a", b"Content-Length: +0"),
    "a negative length": _head(b"Host: a", b"Content-Length: -1"),
    "a length with a digit separator": _head(b"Host: a", b"Content-Length: 0_0"),
    "a hexadecimal length": _head(b"Host: a", b"Content-Length: 0x0"),
    "an empty length": _head(b"Host: a", b"Content-Length: "),
    "a length beyond 64 bits": _head(b"Host: a", b"Content-Length: 18446744073709551616"),
    "a folded header": _head(b"Host: a", b"X-A: 1", b" 2"),
    "a header folded by a tab": _head(b"Host: a", b"X-A: 1", b"\t2"),
    "a first header that is folded": _head(b" X: y", b"Host: a"),
    "line feeds alone": b"POST /x HTTP/1.1\nHost: a\n\n",
    "a line feed in the head": b"POST /x HTTP/1.1\r\nHost: a\nX: y\r\n\r\n",
    "a carriage return alone": _head(b"Host: a", b"X: a\rb"),
    "a space before the colon": _head(b"Host: a", b"Transfer-Encoding : chunked") + b"0\r\n\r\n",
    "a tab before the colon": _head(b"Host: a", b"Content-Length\t: 0"),
    "a space in a name": _head(b"Host: a", b"Content Length: 0"),
    "a nameless header": _head(b"Host: a", b": 0"),
    "another coding before chunked": _head(b"Host: a", b"Transfer-Encoding: gzip, chunked")
    + b"0\r\n\r\n",
    "another coding after chunked": _head(b"Host: a", b"Transfer-Encoding: chunked, gzip"),
    "chunked twice": _head(b"Host: a", b"Transfer-Encoding: chunked, chunked") + b"0\r\n\r\n",
    "two transfer-encodings": _head(
        b"Host: a", b"Transfer-Encoding: identity", b"Transfer-Encoding: chunked"
    )
    + b"0\r\n\r\n",
    "identity": _head(b"Host: a", b"Transfer-Encoding: identity"),
    "a quoted coding": _head(b"Host: a", b'Transfer-Encoding: "chunked"') + b"0\r\n\r\n",
    "a coding with a parameter": _head(b"Host: a", b"Transfer-Encoding: chunked;q=1")
    + b"0\r\n\r\n",
    "an empty coding": _head(b"Host: a", b"Transfer-Encoding: "),
    "a vertical tab before the coding": _head(b"Host: a", b"Transfer-Encoding: \x0bchunked"),
    "chunked in HTTP/1.0": _head(b"Transfer-Encoding: chunked", version=b"1.0") + b"0\r\n\r\n",
    "NUL in a value": _head(b"Host: a", b"X: a\0b"),
    "a control character in a value": _head(b"Host: a", b"X: a\x01b"),
    "no Host": _head(b"X: y"),
    "two Hosts": _head(b"Host: a", b"Host: b"),
    "the same Host twice": _head(b"Host: a", b"Host: a"),
    "two names in Host": _head(b"Host: a, b"),
    "a path in Host": _head(b"Host: a/b"),
    "a user in Host": _head(b"Host: u@a"),
    "a user and a password in Host": _head(b"Host: u:p@a"),
    "two ports in Host": _head(b"Host: a:1:2"),
    "two names and a port in Host": _head(b"Host: a:b:3"),
    "a name as a port in Host": _head(b"Host: a:b"),
    "a port alone in Host": _head(b"Host: :80"),
    "a port of six digits in Host": _head(b"Host: a:800000"),
    "a port beyond 16 bits in Host": _head(b"Host: a:65536"),
    "an address of IPv6 without brackets in Host": _head(b"Host: ::1"),
    "an open bracket in Host": _head(b"Host: [::1"),
    "a URL in Host": _head(b"Host: http://a"),
    "the absolute form of the same host": _head(b"Host: a", target=b"http://a/x"),
    "the absolute form without Host": _head(b"X: y", target=b"http://a/x"),
    "a target of two slashes and a user": _head(b"Host: a", target=b"http://u@a/x"),
    "a space in Host": _head(b"Host: a b"),
    "the absolute form": _head(b"Host: a", target=b"http://b/x"),
    "the authority form": b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
    "the asterisk form": b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "a target without slash": _head(b"Host: a", target=b"x"),
    "a target that is not ASCII": _head(b"Host: a", target=b"/\xff"),
    "a control character in the target": _head(b"Host: a", target=b"/a\x01b"),
    "HTTP/0.9": b"GET /x\r\n\r\n",
    "HTTP/1.2": _head(b"Host: a", version=b"1.2"),
    "HTTP/2 over an HTTP/1 connection": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a lower-case method": b"get /x HTTP/1.1\r\nHost: a\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}


@pytest.mark.fault("attacks.codings")
@pytest.mark.parametrize("data", _AMBIGUOUS.values(), ids=_AMBIGUOUS)
async def test_an_ambiguous_head_is_refused_and_nothing_after_it_is_a_request(data: bytes):
    async with serving(_echo) as server:
        received = await server.raw(data + _NEXT)

    assert received.startswith(b"HTTP/1.1 400 ")
    assert received.count(b"HTTP/1.1 ") == 1
    assert b"smuggled" not in received


async def _show_target(_generation, request):
    return plain(f"<{request.path} {request.query}>".encode())


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        (b"/x%2Fy%2C,z", b"</x%2Fy%2C,z >"),
        (b"/x%41?a=%42&b=c?d", b"</x%41 a=%42&b=c?d>"),
        (b"/x?a=%42", b"</x a=%42>"),
        (b"/%zz", b"</%zz >"),
        (b"/" + b"%41" * 19_000, b"</" + b"%41" * 19_000 + b" >"),
    ],
)
async def test_a_target_arrives_as_it_was_sent(target: bytes, shown: bytes):
    head = b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n"

    async with serving(_show_target) as server:
        received = await server.raw(head + b"\r\n" + head + b"Connection: close\r\n\r\n")

    assert received.count(shown) == 2


_BAD_CHUNKS = {
    "a signed size": b"+3\r\nabc\r\n0\r\n\r\n",
    "a negative size": b"-3\r\nabc\r\n0\r\n\r\n",
    "a size with a prefix": b"0x3\r\nabc\r\n0\r\n\r\n",
    "a size with a separator": b"0_3\r\nabc\r\n0\r\n\r\n",
    "a size beyond 64 bits": b"10000000000000003\r\nabc\r\n0\r\n\r\n",
    "no size": b"\r\nabc\r\n0\r\n\r\n",
    "a space before the size": b" 3\r\nabc\r\n0\r\n\r\n",
    "a line feed after the size": b"3\nabc\r\n0\r\n\r\n",
    "a line feed after the content": b"3\r\nabc\n0\r\n\r\n",
    "more content than the size": b"3\r\nabcd\r\n0\r\n\r\n",
    "a line feed in an extension": b"3;a\nb\r\nabc\r\n0\r\n\r\n",
    "NUL in an extension": b"3;a\0b\r\nabc\r\n0\r\n\r\n",
    "a bad trailer": b"3\r\nabc\r\n0\r\nX : y\r\n\r\n",
    "trailers above their limit": b"3\r\nabc\r\n0\r\n" + b"X-A: 12345\r\n" * 2000 + b"\r\n",
    "a trailer above its limit": b"3\r\nabc\r\n0\r\nX: " + b"a" * 9000 + b"\r\n\r\n",
    "a content-length as a trailer above its limit": b"0\r\nContent-Length: " + b"1" * 9000,
}


@pytest.mark.parametrize("chunks", _BAD_CHUNKS.values(), ids=_BAD_CHUNKS)
async def test_a_malformed_chunked_body_is_refused_and_nothing_after_it_is_a_request(chunks: bytes):
    async with serving(_echo) as server:
        received = await server.raw(_CHUNKED + b"\r\n" + chunks + _NEXT)

    assert b" 200 " not in received
    assert b"smuggled" not in received


@pytest.mark.fault("attacks.trailers")
@pytest.mark.promise("sec-25")
async def test_a_trailer_is_not_a_header():
    async with serving(_echo) as server:
        received = await server.raw(
            _CHUNKED + b"Connection: close\r\n\r\n3\r\nabc\r\n0\r\n"
            b"X-API-Key: k\r\nX-Forwarded-For: 10.9.9.9\r\n"
            b"Expect: 100-continue\r\nHost: other\r\n\r\n"
        )

    assert received.endswith(b"<POST /x [host=test transfer-encoding=chunked connection=close] 3>")


@pytest.mark.fault("attacks.trailers")
async def test_a_trailer_that_arrives_after_the_response_does_not_become_part_of_the_next_request():
    async def answer(_generation, request):
        if request.path == "/x":
            raise RequestError(UNAUTHORIZED)
        return await _echo(_generation, request)

    async with serving(answer) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(_CHUNKED + b"\r\n")
        first = await reader.readuntil(b"}}")
        writer.write(
            b"0\r\nX-API-Key: k\r\n\r\nGET /y HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n"
        )
        second = await reader.read()
        writer.close()

    assert first.startswith(b"HTTP/1.1 401 ")
    assert second.endswith(b"<GET /y [host=b connection=close] 0>")


_ENDS = (b"Connection: close", b"Proxy-Connection: close", b"connection: x, CLOSE")


@pytest.mark.fault("attacks.trailers")
@pytest.mark.parametrize("trailer", _ENDS)
async def test_a_trailer_that_ends_the_connection_leaves_no_request_without_an_answer(
    trailer: bytes,
):
    async with serving(_echo) as server:
        received = await server.raw(
            _CHUNKED + b"\r\n3\r\nabc\r\n0\r\n" + trailer + b"\r\n\r\n" + _NEXT
        )

    head, _, _ = received.partition(b"\r\n\r\n")
    assert received.count(b"HTTP/1.1 200 ") == 1
    assert b"connection: close" in head.lower()


@pytest.mark.fault("attacks.trailers")
@pytest.mark.parametrize("trailer", _ENDS)
async def test_a_trailer_that_ends_the_connection_after_the_response_closes_it(trailer: bytes):
    async def answer(_generation, _request):
        raise RequestError(UNAUTHORIZED)

    async with serving(answer) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(_CHUNKED + b"\r\n")
        first = await reader.readuntil(b"}}")
        writer.write(b"0\r\n" + trailer + b"\r\n\r\n" + _NEXT)
        async with asyncio.timeout(30):
            second = await reader.read()
        writer.close()

    assert first.startswith(b"HTTP/1.1 401 ")
    assert second == b""


@pytest.mark.fault("attacks.trailers")
@pytest.mark.parametrize(
    "trailer",
    [
        b"Connection: keep-alive",
        b"Connection: upgrade\r\nUpgrade: h2c",
        b"Host: other",
    ],
)
async def test_any_other_trailer_changes_nothing_for_the_next_request(trailer: bytes):
    async with serving(_echo) as server:
        received = await server.raw(
            _CHUNKED + b"\r\n0\r\n" + trailer + b"\r\n\r\n"
            b"GET /y HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n"
        )

    assert received.count(b"HTTP/1.1 200 ") == 2
    assert received.endswith(b"<GET /y [host=b connection=close] 0>")


@pytest.mark.fault("attacks.framing")
@pytest.mark.parametrize(
    "endless",
    [b"0\r\nX: ", b"0\r\n", b"3;", b"3\r\nabc\r\n3;a="],
    ids=["trailer", "trailers", "extension", "second extension"],
)
async def test_endless_framing_is_cut_off(endless: bytes):
    async with serving(_echo) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(_CHUNKED + b"\r\n" + endless)
        part = b"A: b\r\n" * 2000 if endless == b"0\r\n" else b"a" * 12000
        sent = 0
        async with asyncio.timeout(20):
            try:
                while not reader.at_eof() and sent < 64:
                    writer.write(part)
                    await writer.drain()
                    await asyncio.sleep(0)
                    sent += 1
            except ConnectionError:
                pass
            received = await reader.read() if sent == 64 else b""
        writer.close()

    assert sent < 64
    assert b" 200 " not in received


_LARGE = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n" + b"a" * 90_000
_SMALL = b"GET /x HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 9_000 + b"\r\n\r\n"


@pytest.mark.parametrize(("at_once", "count"), [(_LARGE, 1), (_SMALL * 10, 10)], ids=["one", "ten"])
async def test_requests_that_are_read_at_once_do_not_count_as_the_head_of_the_next(
    at_once: bytes, count: int
):
    async with serving(_echo) as server:
        sending = socket.create_connection(("127.0.0.1", server.port))
        sending.sendall(at_once)  # before the loop can read any of it
        reader, writer = await asyncio.open_connection(sock=sending)
        async with asyncio.timeout(20):
            for _ in range(count):
                await reader.readuntil(b">")
            writer.write(b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            received = await reader.read()
        writer.close()

    assert received.startswith(b"HTTP/1.1 200 ")
    assert b"<GET /last " in received


async def test_a_body_in_chunks_of_one_byte_is_read():
    async with serving(_echo) as server:
        body = b"1\r\na\r\n" * 50_000 + b"0\r\n\r\n"
        received = await server.raw(_CHUNKED + b"Connection: close\r\n\r\n" + body)

    assert received.endswith(b" 50000>")


async def test_a_body_whose_chunks_are_mostly_extensions_is_refused():
    async with serving(_echo) as server:
        body = (b"1;" + b"a" * 2000 + b"\r\na\r\n") * 200
        received = await server.raw(_CHUNKED + b"Connection: close\r\n\r\n" + body)

    assert b" 200 " not in received


@pytest.mark.parametrize(
    "upgrade",
    [
        b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\n",
    ],
    ids=["h2c", "websocket"],
)
async def test_an_offer_of_another_protocol_is_ignored_and_ends_the_connection(upgrade: bytes):
    async with serving(_echo) as server:
        received = await server.raw(b"GET /x HTTP/1.1\r\nHost: a\r\n" + upgrade + b"\r\n" + _NEXT)

    assert received.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in received
    assert b"smuggled" not in received


@pytest.mark.parametrize("length", [b"Content-Length: 3", b"Transfer-Encoding: chunked"])
async def test_a_request_with_a_body_that_offers_another_protocol_is_refused(length: bytes):
    async with serving(_echo) as server:
        received = await server.raw(
            b"POST /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
            + length
            + b"\r\n\r\n"
            + _NEXT
        )

    assert received.startswith(b"HTTP/1.1 400 ")
    assert b"smuggled" not in received


async def test_what_precedes_a_malformed_request_is_answered_before_the_connection_is_closed():
    async with serving(_echo) as server:
        received = await server.raw(
            b"GET /first HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n\r\n" + _NEXT
        )

    assert received.count(b"HTTP/1.1 200 ") == 1
    assert b"<GET /first " in received
    assert b"smuggled" not in received


async def test_a_connection_queues_a_bounded_number_of_requests():
    entered, go = asyncio.Event(), asyncio.Event()
    handled = []

    async def answer(_generation, request):
        handled.append(request.path)
        entered.set()
        await go.wait()
        return plain(b"")

    async with serving(answer) as server:
        sending = asyncio.create_task(server.raw(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n" * 1000))
        await entered.wait()
        go.set()
        received = await sending

    assert received.count(b"HTTP/1.1 200 ") == len(handled) <= 20


@pytest.mark.parametrize(
    "host", [b"example.com", b"example.com:8080", b"127.0.0.1:80", b"[::1]:8080", b"[::1]", b""]
)
async def test_a_usual_host_is_accepted(host: bytes):
    async with serving(_echo) as server:
        received = await server.raw(
            b"GET /x HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n"
        )

    assert received.startswith(b"HTTP/1.1 200 ")


async def test_http_1_0_needs_no_host_and_ends_the_connection():
    async with serving(_echo) as server:
        received = await server.raw(b"GET /x HTTP/1.0\r\n\r\n")

    assert received.startswith(b"HTTP/1.1 200 ")
    assert received.endswith(b"<GET /x [] 0>")


@pytest.mark.fault("attacks.heads")
@pytest.mark.parametrize(("count", "status"), [(199, b"200"), (200, b"400"), (9000, b"400")])
async def test_a_head_has_a_bounded_number_of_headers(count: int, status: bytes):
    head = b"GET /x HTTP/1.1\r\nHost: a\r\n" + b"a:b\r\n" * (count - 1)
    async with serving(_echo) as server:
        received = await server.raw(head + b"Connection: close\r\n\r\n")

    assert received.startswith(b"HTTP/1.1 " + status)
