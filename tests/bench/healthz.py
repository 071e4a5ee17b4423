"""How quickly `/healthz` responds while expensive requests are sent without a break.

Prints the median, the 99th percentile and the longest of its times in milliseconds, for each kind
of request, on one worker, and with none: what else the machine does. Those who send the requests
are processes of their own, so that only the server and the machine delay the probe.

    PYTHONPATH=. python tests/bench/healthz.py [KIND...]
"""

import http.client
import itertools
import json
import multiprocessing
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg

from tests.servers.faucet_process import FaucetProcess
from tests.servers.postgresql import PostgresServer

_SECONDS = 8.0
_PAUSE = 0.01
_SENDERS = 2
_TERMS = 1000
_WIDTH = 200
_RECORDS = 999
_OUTPUTS = 1400
_LARGE_ROWS = 400
_LARGE_CELL = 64 * 1024
_BODY_BYTES = 10 * 2**20 - 64
_LONG_QUERY = 58 * 1024

_Request = tuple[str, str, bytes | None]
_GRANT = "tables: ['*'], verbs: ['*'], rows: all"
_MANIFEST = """\
version: 1
server: {{host: 127.0.0.1}}
auth: {{anonymous: visitor}}
limits: {{page: {{default: 1000, max: 1000}}, batch: 1000}}
services:
  lite: {{driver: sqlite, dsn: shop.db}}
  post: {{driver: postgres, dsn: "{dsn}"}}
roles:
  visitor:
    grants:
      - {{service: lite, {grant}}}
      - {{service: post, {grant}}}
"""


def _statements() -> Iterator[str]:
    wide = ", ".join(f"c{number} integer" for number in range(_WIDTH))
    zeros = ", ".join("0" for _ in range(_WIDTH))
    yield f"CREATE TABLE wide (id integer PRIMARY KEY, {wide})"
    for number in range(_RECORDS):
        yield f"INSERT INTO wide VALUES ({number + 1}, {zeros})"
    yield "CREATE TABLE large (id integer PRIMARY KEY, body text)"
    for number in range(_LARGE_ROWS):
        yield f"INSERT INTO large VALUES ({number}, '{'x' * _LARGE_CELL}')"


def _prepare(folder: Path, dsn: str) -> None:
    with closing(sqlite3.connect(folder / "shop.db")) as database, database:
        for statement in _statements():
            database.execute(statement)
    with psycopg.connect(dsn) as postgres:
        for statement in _statements():
            postgres.execute(statement.encode())
    (folder / "faucet.yaml").write_text(_MANIFEST.format(dsn=dsn, grant=_GRANT))


def _new_filter(number: int) -> str:
    """Return a filter of many terms whose shape was never asked for."""
    bits = f"{number:0{_TERMS}b}"
    return " or ".join(f"c{index % _WIDTH}{'=<'[bit == '1']}1" for index, bit in enumerate(bits))


def _get(table: str, **parameters: str) -> _Request:
    query = "&".join(f"{name}={quote(value)}" for name, value in parameters.items())
    return "GET", f"/{table}?{query}", None


def _write(method: str, table: str, body: object) -> _Request:
    return method, f"/{table}", json.dumps(body, separators=(",", ":")).encode()


def _terms(number: int) -> _Request:
    return _get("wide", filter=_new_filter(number), fields="id", limit="1")


def _medium(number: int) -> _Request:
    """Just short enough to be planned at once."""
    terms = " or ".join(f"c{index % 9}{'=<'[number >> index & 1]}1" for index in range(140))
    return _get("wide", filter=terms, fields="id", limit="1")


def _outputs(number: int) -> _Request:
    fields = ",".join(f"c{index % _WIDTH} AS a{number}_{index}" for index in range(_OUTPUTS))
    return _get("wide", fields=fields, limit="1")


def _rows(_number: int) -> _Request:
    return _get("wide", limit="1000")


def _patch(number: int) -> _Request:
    values = {f"c{index}": number for index in range(_WIDTH)}
    return _write("PATCH", "wide", [{"id": each + 1, **values} for each in range(_RECORDS)])


def _differing(number: int) -> _Request:
    """A statement of its own for each record."""
    records = [
        {"id": each + 1, **{f"c{index}": 1 for index in range(_WIDTH) if index % 12 != each % 12}}
        for each in range(number % 2, _RECORDS)
    ]
    return _write("PATCH", "wide", records)


def _response(_number: int) -> _Request:
    return _get("large", limit="1000")


def _body(_number: int) -> _Request:
    return _body_of(b"1,")


def _body_of(item: bytes) -> _Request:
    """The largest body, of one *item* with its comma again and again."""
    return "POST", "/wide", b'{"resource":[' + item * (_BODY_BYTES // len(item)) + b"1]}"


def _arrays(_number: int) -> _Request:
    return _body_of(b"[],")


def _nested(_number: int) -> _Request:
    return _body_of(b"[[[[[[]]]]]],")


def _strings(_number: int) -> _Request:
    return _body_of(b'"",')


def _points(_number: int) -> _Request:
    return _body_of(b"[12.345678,45.678901],")


def _names(_number: int) -> _Request:
    members = b",".join(b'"%x":""' % each for each in range(_BODY_BYTES // 11))
    return "POST", "/wide", b'{"resource":[{' + members + b"}]}"


def _bad(_number: int) -> _Request:
    return "POST", "/wide", b"[" * _BODY_BYTES


def _members(number: int) -> _Request:
    values = ",".join(str(number + each) for each in range(_TERMS - 1))
    return _get("wide", filter=f"c1 in ({values})", fields="id")


def _deep(number: int) -> _Request:
    bits = "".join("not (" if number >> bit & 1 else "(" for bit in range(60))
    return _get("wide", filter=bits + f"c{number % _WIDTH}=1" + ")" * 60, limit="1")


def _ids(number: int) -> _Request:
    return _get("wide", ids=",".join(str(number + each) for each in range(_RECORDS)), fields="id")


def _deleted(number: int) -> _Request:
    return _write("DELETE", "wide", {"ids": [10**6 + number + each for each in range(_RECORDS)]})


def _query(_number: int) -> _Request:
    return "GET", "/wide?" + "&" * _LONG_QUERY, None


def _parameters(number: int) -> _Request:
    return "GET", "/wide?" + "&".join(f"x{number + each}=" for each in range(7000)), None


def _encoded(_number: int) -> _Request:
    return "GET", "/wide?filter=" + "%20" * (_LONG_QUERY // 3) + "c1=1", None


_KINDS: dict[str, Callable[[int], _Request]] = {
    "terms": _terms,
    "medium": _medium,
    "outputs": _outputs,
    "rows": _rows,
    "patch": _patch,
    "differing": _differing,
    "response": _response,
    "body": _body,
    "arrays": _arrays,
    "nested": _nested,
    "strings": _strings,
    "points": _points,
    "names": _names,
    "bad": _bad,
    "members": _members,
    "deep": _deep,
    "ids": _ids,
    "deleted": _deleted,
    "query": _query,
    "parameters": _parameters,
    "encoded": _encoded,
}


def _ask(connection: http.client.HTTPConnection, path: str, request: _Request) -> int:
    method, target, body = request
    headers = {"Content-Type": "application/json"}
    connection.request(method, path + target, body, headers)
    response = connection.getresponse()
    response.read()
    return response.status


def _send(address: tuple[str, int], path: str, kind: str, sender: int, results: object) -> None:
    statuses: dict[object, int] = {}
    deadline = time.monotonic() + _SECONDS
    connection = http.client.HTTPConnection(*address, timeout=60)
    for number in itertools.count(1 + sender * 100_003):
        if time.monotonic() > deadline:
            break
        try:
            status: object = _ask(connection, path, _KINDS[kind](number))
        except (OSError, http.client.HTTPException) as error:
            status = type(error).__name__
            connection.close()
        statuses[status] = statuses.get(status, 0) + 1
    results.put(statuses)  # type: ignore[attr-defined]  # a queue


def _probe(address: tuple[str, int]) -> list[float]:
    connection = http.client.HTTPConnection(*address, timeout=60)
    times, deadline = [], time.monotonic() + _SECONDS
    while (began := time.monotonic()) < deadline:
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        times.append((time.monotonic() - began) * 1000)
        time.sleep(_PAUSE)
    return sorted(times)


def _measure(address: tuple[str, int], service: str, kind: str) -> None:
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    path = f"/api/v1/{service}/_table"
    senders = [
        context.Process(target=_send, args=(address, path, kind, sender, results))
        for sender in range(_SENDERS if kind in _KINDS else 0)
    ]
    for sender in senders:
        sender.start()
    times = _probe(address)
    statuses = [results.get() for _ in senders]
    for sender in senders:
        sender.join()
    middle, late = times[len(times) // 2], times[int(len(times) * 0.99)]
    figures = f"median {middle:6.1f}  p99 {late:7.1f}  longest {times[-1]:7.1f}"
    print(f"{service} {kind:10} {figures}  of {len(times)}; {statuses}", flush=True)


def main() -> None:
    """Measure each kind of request on each database."""
    kinds = sys.argv[1:] or ["nothing", *_KINDS]
    server = PostgresServer()
    server.start()
    try:
        with tempfile.TemporaryDirectory() as name:
            _prepare(Path(name), server.dsn)
            with FaucetProcess(Path(name), "-p", "0") as faucet:
                where = urlsplit(faucet.listening().url)
                address = (str(where.hostname), int(where.port or 0))
                for kind, service in itertools.product(kinds, ("lite", "post")):
                    _measure(address, service, kind)
    finally:
        server.remove()


if __name__ == "__main__":
    main()
