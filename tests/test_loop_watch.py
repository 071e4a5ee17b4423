"""The watch over event loops sees what Faucet does on them, and nothing else."""

import asyncio
import time

import pytest

from faucet.request.parse.json_body import read_body_json
from tests.loop_watch import watched_loops

pytestmark = [pytest.mark.anyio, pytest.mark.blocks_loop(reason="to see that it is found")]

_LEAST = 0.03


async def test_work_of_faucet_on_a_loop_is_found_with_its_stack():
    body = b"[" + b"1," * 200_000 + b"1]"

    with watched_loops() as longest:
        await asyncio.sleep(0)
        read_body_json(body)

    assert longest.seconds > _LEAST
    assert "json_body.py" in longest.stack


async def test_work_of_a_test_is_not_found():
    with watched_loops() as longest:
        await asyncio.sleep(0)
        end = time.thread_time() + 2 * _LEAST
        while time.thread_time() < end:
            pass

    assert longest.seconds == 0


async def test_work_on_a_thread_is_not_found():
    body = b"[" + b"1," * 200_000 + b"1]"

    with watched_loops() as longest:
        await asyncio.to_thread(read_body_json, body)

    assert longest.seconds < _LEAST
