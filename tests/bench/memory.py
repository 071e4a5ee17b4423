"""What clients that stop cost in memory: responses that nobody reads, and half-open connections.

Prints the resident memory of a server process before, at most, right after, a minute later, and
when connections that nobody uses have been closed, which is after 75 seconds.

    PYTHONPATH=. python tests/bench/memory.py [unread_responses] [half_open]
"""

import re
import resource
import socket
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

from tests.servers.faucet_process import FaucetProcess

_READERS = 1000
_ROWS = 64
_ROW_BYTES = 64 * 1024
_HALF_OPEN = 10_000
_OWN_FILES = 100
_LATER_SECONDS = 60
_CLOSED_SECONDS = 25
_ANSWER_SECONDS = 120
_MANIFEST = """\
version: 1
server: {host: 127.0.0.1}
auth: {anonymous: visitor}
services: {shop: {driver: sqlite, dsn: shop.db}}
roles: {visitor: {grants: [{service: shop, tables: [large], verbs: [GET]}]}}
"""
_GET = b"GET /api/v1/shop/_table/large?limit=1000 HTTP/1.1\r\nHost: a\r\n\r\n"


def _prepare(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "shop.db")) as database:
        database.execute("CREATE TABLE large (id INTEGER PRIMARY KEY, body TEXT)")
        rows = ((number, "x" * _ROW_BYTES) for number in range(_ROWS))
        database.executemany("INSERT INTO large VALUES (?, ?)", rows)
        database.commit()
    (folder / "faucet.yaml").write_text(_MANIFEST)


def resident(server: FaucetProcess) -> dict[str, int]:
    """Return the MiB that are resident, and that were at most."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return {name: int(kib) // 1024 for name, kib in re.findall(r"(VmRSS|VmHWM):\s+(\d+)", status)}


def _connections(server: FaucetProcess) -> int:
    """Return how many sockets are open."""
    count = 0
    for path in Path(f"/proc/{server.process.pid}/fd").iterdir():
        with suppress(OSError):
            count += path.readlink().name.startswith("socket:")
    return count


def _connect(server: FaucetProcess, open_: ExitStack) -> socket.socket:
    client = open_.enter_context(socket.socket())
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", urlsplit(server.url).port))
    return client


def _unread_responses(server: FaucetProcess, open_: ExitStack) -> str:
    """Request a large response on each of many connections, and read none."""
    for _ in range(_READERS):
        _connect(server, open_).sendall(_GET)
    deadline = time.monotonic() + _ANSWER_SECONDS
    while len(server.events("Answered")) < _READERS and time.monotonic() < deadline:
        time.sleep(0.5)
    statuses = Counter(line["status"] for line in server.events("Answered"))
    size = _ROWS * _ROW_BYTES >> 20
    return f"{_READERS} responses of {size} MiB to readers that stop: {dict(statuses)}"


def _half_open(server: FaucetProcess, open_: ExitStack) -> str:
    """Open connections, half of which send nothing, and half a part of a head."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = min(_HALF_OPEN, files - _OWN_FILES)
    for number in range(count):
        client = _connect(server, open_)
        if number % 2:
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 1000)
    return f"{count} half-open connections"


def _measure(load: Callable[[FaucetProcess, ExitStack], str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _prepare(folder)
        with FaucetProcess(folder, "-p", "0") as server, ExitStack() as open_:
            server.listening()
            server.get("/api/v1/shop/_table/large?limit=1")
            before = resident(server)["VmRSS"]
            began = time.monotonic()
            print(load(server, open_), flush=True)
            after, taken = resident(server), time.monotonic() - began
            opened = _connections(server)
            time.sleep(_LATER_SECONDS)
            later, left = resident(server), _connections(server)
            time.sleep(_CLOSED_SECONDS)
            closed, kept = resident(server), _connections(server)
            answer = server.get("/healthz").status_code
    print(f"  before {before} MiB; after {taken:.0f} s {after['VmRSS']} MiB, {opened} sockets")
    print(f"  a minute later {later['VmRSS']} MiB, {left} sockets; at most {later['VmHWM']} MiB")
    print(f"  without idle connections {closed['VmRSS']} MiB, {kept} sockets")
    print(f"  then /healthz: {answer}", flush=True)


def main() -> None:
    """Measure those named, or both, on a new server each."""
    for load in (_unread_responses, _half_open):
        if len(sys.argv) == 1 or load.__name__[1:] in sys.argv[1:]:
            _measure(load)


if __name__ == "__main__":
    main()
