"""Threads for the work of requests are shared between those who ask for it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from faucet.workers import Workers

pytestmark = pytest.mark.anyio


class _Gate:
    """Work that keeps its thread until the gate is opened."""

    def __init__(self) -> None:
        self.opened = threading.Event()

    def work(self) -> str:
        self.opened.wait()
        return "done"


@pytest.fixture
def gate() -> Iterator[_Gate]:
    made = _Gate()
    yield made
    made.opened.set()


async def _quick(workers: Workers, owner: str) -> str:
    async with asyncio.timeout(20):
        return await workers.run(lambda: "quick", owner)


async def test_an_owner_keeps_at_most_half_of_the_threads_busy(gate: _Gate):
    workers = Workers("tests", 2)
    busy = [asyncio.create_task(workers.run(gate.work, "ann")) for _ in range(5)]
    await asyncio.sleep(0)

    assert await _quick(workers, "bob") == "quick"

    gate.opened.set()
    assert await asyncio.gather(*busy) == ["done"] * 5


async def test_work_that_is_given_up_counts_until_its_thread_is_free(gate: _Gate):
    workers = Workers("tests", 2)
    for _ in range(2):
        given_up = asyncio.create_task(workers.run(gate.work, "ann"))
        await asyncio.sleep(0)
        given_up.cancel()
        with suppress(asyncio.CancelledError):
            await given_up
    waiting = asyncio.create_task(workers.run(gate.work, "ann"))

    assert await _quick(workers, "bob") == "quick"

    gate.opened.set()
    assert await waiting == "done"
    assert await _quick(workers, "ann") == "quick"


async def test_one_who_stops_waiting_does_not_keep_the_turn_of_the_next(gate: _Gate):
    workers = Workers("tests", 2)
    running = asyncio.create_task(workers.run(gate.work, "ann"))
    await asyncio.sleep(0)
    waiting = [asyncio.create_task(workers.run(gate.work, "ann")) for _ in range(2)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    gate.opened.set()

    async with asyncio.timeout(20):
        assert await running == "done"
        assert await waiting[1] == "done"


async def test_work_that_was_given_up_keeps_its_thread_busy():
    workers, end, begun = Workers("test", 1), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        end.wait()

    waiting = asyncio.ensure_future(workers.run(work))
    await asyncio.to_thread(begun.wait)
    waiting.cancel()
    await asyncio.wait([waiting])
    busy = workers.busy
    end.set()
    await workers.run(lambda: None)

    assert busy
    assert not workers.busy
