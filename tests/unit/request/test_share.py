"""No principal holds more than half of a pool, and what is given back goes to those who wait."""

import asyncio

import pytest

from faucet.errors import POOL_EXHAUSTED, ExecutionError
from faucet.model.settings import PoolSettings
from faucet.request.execute.share import Share

pytestmark = pytest.mark.anyio


def _share(size: int = 4, patience: float = 60.0) -> Share:
    return Share(PoolSettings(size=size, acquire_timeout=patience, max_lifetime=60.0))


class _Holder:
    """A task that holds a share until it is released."""

    def __init__(self, share: Share, principal: str) -> None:
        self.holds = False
        self.release = asyncio.Event()
        self.task = asyncio.create_task(self._hold(share, principal))

    async def _hold(self, share: Share, principal: str) -> None:
        await share.take(principal)
        self.holds = True
        try:
            await self.release.wait()
        finally:
            share.give_back(principal)

    async def end(self) -> None:
        self.release.set()
        await self.task


async def _turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def _holders(share: Share, principals: str) -> list[_Holder]:
    made = [_Holder(share, principal) for principal in principals]
    await _turns()
    return made


@pytest.mark.parametrize(("size", "most"), [(1, 1), (2, 1), (3, 1), (4, 2), (10, 5)])
async def test_a_principal_holds_half_of_the_pool_and_another_one_too(size: int, most: int):
    share = _share(size)

    one, other = await _holders(share, "a" * 10), await _holders(share, "b" * 10)

    for holders in (one, other):
        assert sum(each.holds for each in holders) == most
    for each in one + other:
        each.release.set()
    await asyncio.gather(*(each.task for each in one + other))
    assert (share._held, share._waiting) == ({}, {})


async def test_those_who_wait_are_served_in_their_order():
    share = _share(2)
    first, second, third = await _holders(share, "aaa")

    await first.end()
    await _turns()
    assert (second.holds, third.holds) == (True, False)
    await second.end()
    await _turns()
    assert third.holds
    await third.end()


async def test_whoever_waits_too_long_gets_an_error_and_leaves_nothing():
    share = _share(2, patience=0.01)
    (holder,) = await _holders(share, "a")

    with pytest.raises(ExecutionError) as raised:
        await share.take("a")

    assert raised.value.kind is POOL_EXHAUSTED
    await holder.end()
    await share.take("a")
    assert share._held == {"a": 1}
    share.give_back("a")
    assert (share._held, share._waiting) == ({}, {})


@pytest.mark.parametrize("at_once", [False, True], ids=["while it waits", "when its turn comes"])
async def test_who_is_cancelled_while_waiting_leaves_its_turn_to_the_next(at_once: bool):
    share = _share(2)
    first, second, third = await _holders(share, "aaa")

    if at_once:
        first.release.set()
        await asyncio.sleep(0)  # the turn is given, but the task has not run yet
    second.task.cancel()
    await asyncio.gather(second.task, return_exceptions=True)
    await first.end()
    await _turns()

    assert third.holds
    await third.end()
    assert (share._held, share._waiting) == ({}, {})
