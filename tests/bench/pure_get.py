"""The pure part of a governed GET: all of `answer`, with an executor that returns canned rows.

A key, a role with a row filter, 31 columns; filter, order and limit from the caller. Prints the CPU
time in µs of a known shape with new literals, of the same planned again with its statement compiled
before (warm), and of one seen for the first time (cold). Given the root of another checkout,
measures that one too, alternating with this one, and prints the ratios.

    python tests/bench/pure_get.py [CHECKOUT]
"""

import asyncio
import hashlib
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

_KEY: Final = "faucet_" + "b" * 64
_TEXTS: Final = tuple(f"note_{number:02d}" for number in range(10))
_NUMBERS: Final = tuple(f"amount_{number:02d}" for number in range(10))
_OTHERS: Final = tuple(f"at_{number:02d}" for number in range(9))
_SPECS: Final = (
    "id bigint pk",
    "store_id int",
    *(f"{name} text null" for name in _TEXTS),
    *(f"{name} int null" for name in _NUMBERS),
    *(f"{name} timestamptz null" for name in _OTHERS),
)
_ROWS: Final = ((25, ",".join(['{"id":1,"store_id":7}'] * 25)),)
_SENT: Final = (
    ("host", "localhost:8080"),
    ("user-agent", "bench/1"),
    ("accept", "application/json"),
    ("accept-encoding", "gzip"),
    ("connection", "keep-alive"),
    ("x-api-key", _KEY),
)
_WARM: Final = 1500
_COLD: Final = 60
_ROUNDS: Final = 5
_TRIES: Final = 3


def _manifest() -> dict[str, Any]:
    grant = {"service": "shop", "tables": ["items"], "verbs": ["GET"]}
    digest = hashlib.sha256(_KEY.encode()).hexdigest()
    return {
        "version": 1,
        "services": {"shop": {"driver": "postgres", "dsn": "postgresql://nobody@127.0.0.1:1/no"}},
        "roles": {"clerk": {"grants": [{**grant, "rows": "store_id = {claims.store_id}"}]}},
        "keys": {"k": {"role": "clerk", "hash": [f"sha256:{digest}"], "claims": {"store_id": 7}}},
    }


class _Canned:
    """An executor that has the answer already."""

    def __init__(self, fetched: Any) -> None:
        self._fetched = fetched

    async def fetch(self, _call: Any, *_limits: Any, **_options: Any) -> Any:
        return self._fetched


async def _no_body(_limit: int) -> bytes:
    return b""


def _request(query: str) -> Any:
    """The request of *query*, as this checkout and older ones take it."""
    from faucet.model import request as nouns

    headers: Any = nouns.Headers(_SENT) if hasattr(nouns, "Headers") else _SENT
    made: Any = nouns.HttpRequest
    later = {} if hasattr(nouns, "BodyState") else {"read_body": _no_body}
    return made(
        method="GET",
        path="/api/v1/shop/_table/items",
        query=query,
        headers=headers,
        peer="127.0.0.1",
        **later,
    )


def _warm() -> Iterator[str]:
    for number in itertools.count():
        yield (
            f"filter=amount_03%20%3E%20{number}%20AND%20note_04%20%3D%20%27n{number}%27"
            "&order=-amount_05,id&limit=25"
        )


def _cold() -> Iterator[str]:
    for order, text, amount in itertools.product(_OTHERS, _TEXTS, _NUMBERS):
        yield f"filter={amount}%20%3E%205%20AND%20{text}%20%3D%20%27n%27&order=-{order},id&limit=25"


async def _typical(
    answer: Callable[..., Any], generation: Any, queries: Iterator[str], times: int
) -> float:
    """The median of *times* requests, in µs of the process's CPU time."""
    taken = []
    for query in itertools.islice(queries, times):
        began = time.process_time()
        reply = await answer(generation, _request(query))
        taken.append(time.process_time() - began)
        assert reply.status == 200, reply.body
    return statistics.median(taken) * 1e6


async def _measure() -> dict[str, float]:
    import faucet
    from faucet.extension.executor import Fetched
    from faucet.request.pipeline import answer
    from tests import factories, plane

    assert Path(faucet.__file__).is_relative_to(Path.cwd()), faucet.__file__
    catalog = factories.catalog(factories.relation("items", *_SPECS))
    plane.introspect = lambda *_arguments, **_options: {"shop": catalog}  # type: ignore[attr-defined]
    cold = _cold()
    async with plane.plane(_manifest()) as opened:
        executors = {"shop": _Canned(Fetched(rows=_ROWS))}
        generation = msgspec.structs.replace(opened.generation, executors=executors)
        unknown = _without_known_reads(generation)
        await _typical(answer, generation, _warm(), 200)
        known = [await _typical(answer, generation, _warm(), _WARM) for _ in range(_ROUNDS)]
        warm = [await _typical(answer, unknown, _warm(), _WARM) for _ in range(_ROUNDS)]
        first = [await _typical(answer, generation, cold, _COLD) for _ in range(_ROUNDS)]
    return {"known": min(known), "warm": min(warm), "cold": min(first)}


def _without_known_reads(generation: Any) -> Any:
    """The same generation, which plans every read again; older checkouts always do."""
    if not hasattr(generation, "known_reads"):
        return generation
    from faucet.request.known_reads import KnownReads

    return msgspec.structs.replace(generation, known_reads=KnownReads(size=0))


def _measured_in(checkout: Path) -> dict[str, float]:
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    ran = subprocess.run(
        [sys.executable, __file__, "--json"],
        cwd=checkout,
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(ran.stdout)


def _best(results: list[dict[str, float]]) -> dict[str, float]:
    return {name: min(result[name] for result in results) for name in results[0]}


def _print(name: str, best: dict[str, float]) -> None:
    figures = ", ".join(f"{what} {best[what]:7.1f} µs" for what in best)
    print(f"{name}: {figures}")


def main(arguments: list[str]) -> None:
    if arguments == ["--json"]:
        print(json.dumps(asyncio.run(_measure())))
        return
    here = Path(__file__).resolve().parents[2]
    checkouts = [here, *(Path(argument).resolve() for argument in arguments)]
    # Alternating, since the machine has other work, which comes and goes.
    runs = [[_measured_in(checkout) for checkout in checkouts] for _ in range(_TRIES)]
    best = [_best(list(results)) for results in zip(*runs, strict=True)]
    for checkout, result in zip(checkouts, best, strict=True):
        _print(str(checkout), result)
    for result in best[1:]:
        ratios = ", ".join(f"{name} {best[0][name] / result[name]:.2f}" for name in result)
        print(f"ratio of this checkout to the other: {ratios}")


if __name__ == "__main__":
    main(sys.argv[1:])
