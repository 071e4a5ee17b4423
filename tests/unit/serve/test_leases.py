"""Counting what runs."""

import asyncio

import pytest

from faucet.serve.leases import Leases

pytestmark = pytest.mark.anyio


async def test_nothing_taken_has_ended():
    assert await Leases().wait_until_empty(0)


async def test_it_ends_with_the_last_one():
    leases = Leases()
    leases.take()
    leases.take()
    leases.give()

    waiting = asyncio.create_task(leases.wait_until_empty(5))
    await asyncio.sleep(0)
    assert not waiting.done()
    leases.give()

    assert await waiting


async def test_the_limit_is_told_from_the_end():
    leases = Leases()
    leases.take()

    assert not await leases.wait_until_empty(0.01)
    assert len(leases) == 1
