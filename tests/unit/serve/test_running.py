"""Start and end of one generation."""

import asyncio
from contextlib import asynccontextmanager
from typing import Any

import pytest

from faucet.serve.running import Running

pytestmark = pytest.mark.anyio


def _running(told: list[str], *, fails: bool = False) -> Running:
    @asynccontextmanager
    async def lifespan():
        if fails:
            raise OSError("no")
        told.append("opened")
        yield
        told.append("closed")

    async def release() -> None:
        told.append("released")

    nothing: Any = None
    return Running(generation=nothing, app=nothing, lifespan=lifespan(), release=release)


async def test_it_is_open_until_retired():
    told: list[str] = []
    running = _running(told)

    await running.start()
    assert told == ["opened"]

    assert await running.retire(5)
    assert told == ["opened", "closed", "released"]


async def test_it_waits_for_its_leases():
    told: list[str] = []
    running = _running(told)
    await running.start()
    running.leases.take()

    retiring = asyncio.create_task(running.retire(5))
    await asyncio.sleep(0)
    assert told == ["opened"]
    running.leases.give()

    assert await retiring
    assert told == ["opened", "closed", "released"]


async def test_the_limit_ends_it_with_leases_left():
    told: list[str] = []
    running = _running(told)
    await running.start()
    running.leases.take()

    assert not await running.retire(0.01)
    assert told == ["opened", "closed", "released"]


async def test_a_failed_start_raises_here_and_gives_back_what_it_took():
    told: list[str] = []

    with pytest.raises(OSError):
        await _running(told, fails=True).start()

    assert told == ["released"]
