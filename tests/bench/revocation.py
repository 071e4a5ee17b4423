"""How long a key that was removed from the manifest is still accepted, under hostile load.

Prints the median and the longest of the times in milliseconds between an edit and its service, and
of what the server's process used of the processors meanwhile, which other programs do not lengthen,
for each kind of load, on one worker; and the statuses of a request with the key right after: 401,
or 503 or 0 if no connection is to be had. Those who make the load are processes of their own.

    PYTHONPATH=. python tests/bench/revocation.py [KIND...]
"""

import hashlib
import http.client
import itertools
import json
import multiprocessing
import os
import socket
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from tests.servers.faucet_process import FaucetProcess
from tests.servers.hanging import HangingServer

_TIMES = 20
_WARM_SECONDS = 2.0
_WAIT_SECONDS = 60.0
_PAUSE = 0.005
_SENDERS = 2
_BODIES = 7
_HEADS = 300
_FILES = 128
_WIDTH = 40
_TERMS = 14
_BODY_BYTES = 10 * 2**20 - 64
_KEY = "faucet_" + "7" * 64
_ITEMS = "/api/v1/shop/_table/items"
_PART = b"POST /api/v1/shop/_table/items HTTP/1.1\r\nHost: a\r\nX: "

_Address = tuple[str, int]


def _manifest(hanging: int, *, with_key: bool) -> dict[str, Any]:
    grant = {"service": "shop", "tables": ["items"], "verbs": ["GET", "POST"]}
    slow = f"postgresql://faucet@127.0.0.1:{hanging}/slow"
    digest = "sha256:" + hashlib.sha256(_KEY.encode()).hexdigest()
    keys = {"leaked": {"role": "clerk", "hash": [digest]}} if with_key else {}
    services = {"shop": {"driver": "sqlite", "dsn": "shop.db"}}
    if hanging:
        services["slow"] = {"driver": "postgres", "dsn": slow}
    return {
        "version": 1,
        "server": {"host": "127.0.0.1"},
        "auth": {"anonymous": "visitor"},
        "services": services,
        "roles": {
            "visitor": {"grants": [grant, *([{**grant, "service": "slow"}] if hanging else [])]},
            "clerk": {"grants": [grant]},
        },
        "keys": keys,
    }


class _Edited:
    """A server whose manifest is edited."""

    def __init__(self, folder: Path, faucet: FaucetProcess, hanging: int) -> None:
        self._folder = folder
        self._faucet = faucet
        self._hanging = hanging
        self._read = 0
        url = urlsplit(faucet.url)
        self.address = str(url.hostname), int(url.port or 0)
        self._connection = http.client.HTTPConnection(*self.address, timeout=_WAIT_SECONDS)

    def edit(self, *, with_key: bool) -> tuple[float, float]:
        """
        Replace the manifest as editors do; return in how many milliseconds it is in service, and
        how many the process used.
        """
        manifest = json.dumps(_manifest(self._hanging, with_key=with_key))
        self._read = len(self._faucet.lines)
        (self._folder / "new.tmp").write_text(manifest)
        (self._folder / "new.tmp").rename(self._folder / "faucet.yaml")
        began, used = time.monotonic(), self._used()
        while time.monotonic() < began + _WAIT_SECONDS:
            lines = self._faucet.lines[self._read :]
            self._read += len(lines)
            if any('"event":"Switched"' in line for line in lines):
                return (time.monotonic() - began) * 1000, self._used() - used
            time.sleep(_PAUSE)
        raise TimeoutError(f"not in service within {_WAIT_SECONDS} s")

    def _used(self) -> float:
        """Return how many milliseconds of the processors the process has used."""
        threads = Path(f"/proc/{self._faucet.process.pid}/task").glob("*/schedstat")
        return sum(int(each.read_text().split()[0]) for each in threads) / 1e6

    def status(self) -> int:
        """Return the status of a request with the key, or 0 if no connection is to be had."""
        try:
            self._connection.request("GET", f"{_ITEMS}?limit=1", None, {"X-API-Key": _KEY})
            response = self._connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return 0
        return response.status


def _ask(connection: http.client.HTTPConnection, *request: Any) -> None:
    try:
        connection.request(*request)
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        connection.close()


def _send_bodies(address: _Address, number: int) -> None:
    """Send the largest body again and again, of another kind in each process."""
    item = (b"1,", b"[],", b'"",', b"{},", b"[[[[]]]],", b'"a1",', b"123456,")[number % 7]
    body = b'{"resource":[' + item * (_BODY_BYTES // len(item)) + b"1]}"
    connection = http.client.HTTPConnection(*address, timeout=_WAIT_SECONDS)
    while True:
        _ask(connection, "POST", _ITEMS, body, {"Content-Type": "application/json"})


def _send_shapes(address: _Address, number: int) -> None:
    connection = http.client.HTTPConnection(*address, timeout=_WAIT_SECONDS)
    for shape in itertools.count(number * 10**8):
        terms = (
            f"c{(shape + index) % _WIDTH} {'=<>'[shape // 3**index % 3]} {index}"
            for index in range(_TERMS)
        )
        _ask(connection, "GET", f"{_ITEMS}?filter={quote(' and '.join(terms))}&limit=1")


def _send_slow(address: _Address, _number: int) -> None:
    connection = http.client.HTTPConnection(*address, timeout=_WAIT_SECONDS)
    while True:
        _ask(connection, "GET", "/api/v1/slow/_table/items")


def _keep_open(address: _Address, count: int, part: bytes) -> None:
    """Keep *count* connections open, each of which sends *part* of a head."""
    kept: list[socket.socket] = []
    while True:
        while len(kept) < count:
            with suppress(OSError):
                kept.append(socket.create_connection(address, 1.0))
                kept[-1].setblocking(False)
                kept[-1].send(part) if part else None
        time.sleep(0.05)
        kept = [each for each in kept if _is_open(each)]


def _is_open(connection: socket.socket) -> bool:
    try:
        if connection.recv(4096):
            return True
    except BlockingIOError:
        return True
    except OSError:
        pass
    connection.close()
    return False


def _send_heads(address: _Address, _number: int) -> None:
    _keep_open(address, _HEADS, _PART)


def _exhaust(address: _Address, number: int) -> None:
    _keep_open(address, 2 * _FILES, _PART if number % 2 else b"")


_KINDS: dict[str, tuple[Callable[[_Address, int], None] | None, int]] = {
    "nothing": (None, 0),
    "hung": (_send_slow, _SENDERS),
    "bodies": (_send_bodies, _BODIES),
    "descriptors": (_exhaust, _SENDERS),
    "heads": (_send_heads, 1),
    "shapes": (_send_shapes, _SENDERS),
}


@contextmanager
def _load(kind: str, address: _Address) -> Iterator[None]:
    send, count = _KINDS[kind]
    context = multiprocessing.get_context("fork")
    senders = [
        context.Process(target=send, args=(address, number), daemon=True) for number in range(count)
    ]
    for sender in senders:
        sender.start()
    try:
        time.sleep(_WARM_SECONDS)
        yield
    finally:
        for sender in senders:
            sender.kill()
            sender.join()


def _measure(kind: str, folder: Path, hanging: int) -> None:
    (folder / "faucet.yaml").write_text(json.dumps(_manifest(hanging, with_key=True)))
    files = _FILES if kind == "descriptors" else None
    with FaucetProcess(folder, "-p", "0", files=files) as faucet:
        edited, times, after = _Edited(folder, faucet.listening(), hanging), [], Counter[int]()
        with _load(kind, edited.address):
            for _ in range(_TIMES):
                times.append(edited.edit(with_key=False))
                after[edited.status()] += 1
                edited.edit(with_key=True)
    assert 200 not in after
    statuses = Counter(line["status"] for line in faucet.events("Answered"))
    passed, used = map(sorted, zip(*times, strict=True))
    middle = len(times) // 2
    print(
        f"{kind:12} median {passed[middle]:6.0f}  longest {passed[-1]:6.0f}  "
        f"processors {used[middle]:5.0f} {used[-1]:5.0f}  "
        f"of {len(times)}; then {dict(after)}; load average {os.getloadavg()[0]:.1f}; "
        f"requests {dict(statuses)}",
        flush=True,
    )


def main() -> None:
    """Measure each kind of load on a server of its own."""
    columns = ", ".join(f"c{number} INTEGER" for number in range(_WIDTH))
    for kind in sys.argv[1:] or _KINDS:
        with tempfile.TemporaryDirectory() as name, HangingServer() as hanging:
            folder = Path(name)
            with closing(sqlite3.connect(folder / "shop.db")) as database:
                database.execute(f"CREATE TABLE items (id INTEGER PRIMARY KEY, {columns})")
            _measure(kind, folder, hanging.port if kind == "hung" else 0)


if __name__ == "__main__":
    main()
