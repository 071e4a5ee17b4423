"""What a client may send, right and wrong: cases made from a seed. Pure."""

from collections.abc import Callable
from enum import Enum
from random import Random
from typing import Final

import msgspec

CANARY: Final = b"/smuggled"
"""A target that is only ever part of a body, a trailer or an extension."""
_CLOSING: Final = b"Connection: close\r\n"
"""A trailer that makes its request the last of the connection."""


class End(Enum):
    """What the client does after its last byte."""

    WAIT = "wait"
    HALF_CLOSE = "half-close"
    RESET = "reset"


class Reads(Enum):
    """How the client reads."""

    ALL = "all"
    SLOWLY = "slowly"
    NEVER = "never"


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """
    One connection: *pieces* are sent one by one. *intact* is the number of valid requests in them,
    up to one that *ends* the connection, None if they were changed.
    """

    name: str
    pieces: tuple[bytes, ...]
    end: End
    reads: Reads
    intact: int | None
    ends: bool = False

    @property
    def data(self) -> bytes:
        """Everything that is sent."""
        return b"".join(self.pieces)


def make_case(seed: int, number: int) -> Case:
    """Return the case *number* of *seed*, the same each time."""
    random = Random(f"{seed}:{number}")
    requests = [_request(random) for _ in range(random.choice((1, 1, 1, 2, 3, 10, 30)))]
    # More may not wait in a connection.
    data, intact = b"".join(requests), len(requests) <= 10
    last = next((at for at, one in enumerate(requests, 1) if _CLOSING in one), None)
    for _ in range(random.choice((0, 0, 1, 1, 2, 5))):
        data, intact = random.choice(_CHANGES)(random, data), False
    if not intact:
        # What was changed may have become a request.
        data = data.replace(CANARY, b"/changed")
    return Case(
        name=f"{seed}:{number}",
        pieces=_split(random, data),
        end=random.choices(tuple(End), (8, 2, 1))[0],
        reads=random.choices(tuple(Reads), (16, 3, 1))[0],
        intact=(last or len(requests)) if intact else None,
        ends=last is not None,
    )


_TABLE: Final = b"/api/v1/shop/_table/items"
_PATHS: Final = (
    b"/healthz",
    b"/readyz",
    b"/",
    b"/docs",
    b"/nowhere",
    b"/openapi.json",
    b"/api/v1/shop/_table",
    _TABLE,
    _TABLE + b"/1",
    _TABLE + b"/1%2C2,3",
    _TABLE + b"?limit=2&fields=id",
    _TABLE + b"?filter=id%20%3E%201%20AND%20name%20LIKE%20'a%25'",
    b"/api/v1/shop/_table/large?limit=5",
    b"/api/v1/shop/_table/%6Ctems",
    b"//api/v1/shop/../%2e%2e/_table/items",
)
_WORDS: Final = (
    b"id name AND OR NOT ( ) ' '' % _ \\ = != < > IN LIKE IS NULL BETWEEN 1 -1 1e999 1e-400 0x1"
    b" true"
    b' , . " \xff %00 %ff %c3%a9 %u1 & ; + = [ ] { } * COUNT(*) DISTINCT 9999999999999999999999 AS'
).split()
_METHODS: Final = (
    b"GET",
    b"GET",
    b"GET",
    b"POST",
    b"PUT",
    b"PATCH",
    b"DELETE",
    b"HEAD",
    b"OPTIONS",
)


def _request(random: Random) -> bytes:
    method = random.choice(_METHODS)
    framing, body = _body(random) if random.random() < 0.5 else (b"", b"")
    headers = b"".join(_header(random) for _ in range(random.choice((0, 1, 1, 3, 10))))
    line = method + b" " + _target(random) + b" HTTP/1.1\r\nHost: test\r\n"
    return line + headers + framing + b"\r\n" + body


def _target(random: Random) -> bytes:
    path = random.choice(_PATHS)
    if random.random() < 0.7:
        return path
    name = random.choice((b"filter", b"fields", b"order", b"group", b"ids", b"limit", b"count"))
    words = b"%20".join(random.choice(_WORDS) for _ in range(random.choice((1, 3, 9, 200))))
    return _TABLE + b"?" + name + b"=" + words.replace(b"\xff", b"%FF").replace(b'"', b"%22")


def _header(random: Random) -> bytes:
    return random.choice(
        (
            b"Accept: */*\r\n",
            b"X-Request-ID: " + random.choice((b"a", b"a b", b"x" * 200, b"")) + b"\r\n",
            b"X-API-Key: " + random.choice((b"k", b"faucet_" + b"0" * 64)) + b"\r\n",
            b"Authorization: " + random.choice((b"Bearer a.b.c", b"Basic eA==", b"")) + b"\r\n",
            b"X-Forwarded-For: 10.0.0.1, ::1,,x\r\n",
            b"Origin: http://evil.example\r\n",
            b"Expect: 100-continue\r\n",
            b"Content-Type: " + random.choice((b"text/plain", b"application/json")) + b"\r\n",
            b"If-None-Match: *\r\n",
            b"Cookie: a=b\r\n",
            b"X-"
            + b"a" * random.choice((1, 50, 2000))
            + b": "
            + b"b" * random.choice((0, 9, 9000))
            + b"\r\n",
        )
    )


def _body(random: Random) -> tuple[bytes, bytes]:
    content = _content(random)
    if random.random() < 0.5:
        return b"Content-Length: %d\r\n" % len(content), content
    return b"Transfer-Encoding: chunked\r\n", _chunks(random, content)


def _content(random: Random) -> bytes:
    return random.choice(
        (
            b"",
            b"{}",
            b'{"id":7,"name":"a"}',
            b'[{"id":8},{"id":9,"name":null}]',
            b'{"resource":[{"id":1,"name":"\\u0000"}]}',
            b"[" * 200,
            b'{"id":1e400}',
            b'{"id":' + b"9" * 500 + b"}",
            b'{"name":"' + b"a" * random.choice((10, 70_000)) + b'"}',
            b"\xff\xfe\x00",
            b"GET " + CANARY + b" HTTP/1.1\r\nHost: test\r\n\r\n",
        )
    )


def _chunks(random: Random, content: bytes) -> bytes:
    size = random.choice((1, 7, 4096)) if len(content) < 1000 else 65_536
    parts = [content[start : start + size] for start in range(0, len(content), size)]
    extension = random.choice((b"", b"", b";a", b";a=b", b';a="' + CANARY + b'"', b";" + b"x" * 60))
    chunks = b"".join(b"%x" % len(part) + extension + b"\r\n" + part + b"\r\n" for part in parts)
    trailers = random.choice(
        (
            b"",
            b"",
            b"X: y\r\n",
            _CLOSING,
            b"Host: other\r\nX-API-Key: k\r\n",
            b"X: " + CANARY + b"\r\n",
        )
    )
    return chunks + b"0\r\n" + trailers + b"\r\n"


_TOKENS: Final = (
    b"\r\n",
    b"\r",
    b"\n",
    b"\r\n\r\n",
    b"\x00",
    b" ",
    b"\t",
    b":",
    b"\xff",
    b"0",
    b"-1",
    b"99999999999999999999",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n",
    b"Content-Length: 5\r\n",
    b"Connection: close\r\n",
    b"Connection: Upgrade\r\nUpgrade: h2c\r\n",
    b"Host: other\r\n",
    b"HTTP/1.0",
    b"HTTP/2.0",
    b"GET / HTTP/1.1\r\nHost: test\r\n\r\n",
    b"0\r\n\r\n",
    b"%00",
    b"a" * 9000,
    b"a" * 70_000,
    b"X: y\r\n" * 12_000,
    b"\r\n" * 500,
    b"1;" * 5000,
)


def _insert(random: Random, data: bytes) -> bytes:
    place = _place(random, data)
    return data[:place] + random.choice(_TOKENS) + data[place:]


def _replace(random: Random, data: bytes) -> bytes:
    place = _place(random, data)
    token = random.choice(_TOKENS)
    return data[:place] + token + data[place + len(token) :]


def _flip(random: Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice((1, 3, 20))):
        changed[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _delete(random: Random, data: bytes) -> bytes:
    place = _place(random, data)
    return data[:place] + data[place + random.choice((1, 2, 20)) :] or b"\r\n"


def _double(random: Random, data: bytes) -> bytes:
    start, end = sorted((_place(random, data), _place(random, data)))
    return data[:end] + data[start:end] + data[end:]


def _cut(random: Random, data: bytes) -> bytes:
    return data[: _place(random, data)] or b"G"


def _lines(random: Random, data: bytes) -> bytes:
    """Exchange two lines."""
    lines = data.split(b"\r\n")
    one, other = random.randrange(len(lines)), random.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\r\n".join(lines)


def _noise(random: Random, _data: bytes) -> bytes:
    return random.randbytes(random.choice((1, 100, 70_000)))


_CHANGES: Final[tuple[Callable[[Random, bytes], bytes], ...]] = (
    _insert,
    _insert,
    _replace,
    _flip,
    _delete,
    _double,
    _cut,
    _lines,
    _noise,
)


def _place(random: Random, data: bytes) -> int:
    """Return a place in *data*, more often one in its first head than in its last body."""
    most = min(len(data), random.choice((30, 300, len(data))))
    return random.randrange(most + 1)


def _split(random: Random, data: bytes) -> tuple[bytes, ...]:
    if random.random() < 0.3 and len(data) < 600:
        return tuple(data[place : place + 1] for place in range(len(data)))
    places = sorted(random.randrange(len(data) + 1) for _ in range(random.choice((0, 0, 1, 2, 5))))
    bounds = zip([0, *places], [*places, len(data)], strict=True)
    return tuple(data[start:end] for start, end in bounds if start < end)
