"""What many distinct shapes of requests cost in memory: each is planned and rendered once.

Prints the resident memory of a server process before, at most, right after, and a minute later, for
reads of SQLite with distinct filters, half of which come a second time.

    PYTHONPATH=. python tests/bench/shapes.py [SHAPES]
"""

import http.client
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, urlsplit

from tests.bench.memory import resident
from tests.servers.faucet_process import FaucetProcess

_SHAPES = 10_000
_WIDTH = 40
_TERMS = 14
_LATER_SECONDS = 60
_MANIFEST = """\
version: 1
server: {host: 127.0.0.1}
auth: {anonymous: visitor}
services: {shop: {driver: sqlite, dsn: shop.db}}
roles: {visitor: {grants: [{service: shop, tables: [items], verbs: [GET]}]}}
"""


def _prepare(folder: Path) -> None:
    columns = ", ".join(f"c{number} INTEGER" for number in range(_WIDTH))
    with closing(sqlite3.connect(folder / "shop.db")) as database:
        database.execute(f"CREATE TABLE items (id INTEGER PRIMARY KEY, {columns})")
    (folder / "faucet.yaml").write_text(_MANIFEST)


def _url(number: int) -> str:
    """Return the URL of a shape of its own for each *number*."""
    terms = (
        f"c{(number + index) % _WIDTH} {'=<'[number >> index & 1]} {index}"
        for index in range(_TERMS)
    )
    where = " and ".join(terms)
    return f"/api/v1/shop/_table/items?filter={quote(where)}&limit=1"


def _ask(server: FaucetProcess, shapes: int) -> Counter[int]:
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(server.url).port, timeout=60)
    statuses: Counter[int] = Counter()
    for number in range(shapes):
        for _ in range(1 + number % 2):
            connection.request("GET", _url(number))
            response = connection.getresponse()
            response.read()
            statuses[response.status] += 1
    return statuses


def main(shapes: int) -> None:
    """Send reads of *shapes* distinct shapes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _prepare(folder)
        with FaucetProcess(folder, "-p", "0") as server:
            server.listening()
            server.get("/api/v1/shop/_table/items?limit=1")
            before = resident(server)["VmRSS"]
            statuses = _ask(server, shapes)
            after = resident(server)["VmRSS"]
            time.sleep(_LATER_SECONDS)
            later = resident(server)
    print(f"{shapes} shapes: {dict(statuses)}")
    print(f"  before {before} MiB, after {after} MiB, a minute later {later['VmRSS']} MiB")
    print(f"  at most {later['VmHWM']} MiB", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _SHAPES)
