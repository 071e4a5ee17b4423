"""Memory that is free goes back to the system, without a call for every change."""

import subprocess
import sys
import threading

import pytest

from faucet.serve.memory import Returning, find_heap, resident_bytes

_MIB = 2**20


def test_memory_that_threads_freed_between_what_they_keep_goes_back():
    heap = find_heap()
    if heap is None:
        pytest.skip("only glibc can return memory")
    kept: list[bytes] = []

    def fill() -> None:
        blocks = [b"x" * (64 * 1024) for _ in range(1600)]
        kept.extend(blocks[::100])

    thread = threading.Thread(target=fill)
    thread.start()
    thread.join()
    resident, idle = resident_bytes(), heap.idle_bytes()

    heap.trim()

    assert resident - resident_bytes() > 50 * _MIB
    assert idle - heap.idle_bytes() > 50 * _MIB
    assert len(kept) == 16


def test_memory_is_returned_once_for_each_growth():
    size, calls = 100, 0

    def trim() -> None:
        nonlocal size, calls
        size -= 5
        calls += 1

    returning = Returning(trim, lambda: size * _MIB)

    def look(at: int) -> int:
        nonlocal size
        size = at
        returning.check()
        return calls

    # 105 leaves 100, 116 leaves 111, and 95 leaves 90.
    assert [look(at) for at in (104, 105, 116, 90, 94, 95, 94, 95)] == [0, 1, 2, 2, 2, 3, 3, 4]


_MANY_THREADS = """
import ctypes, sys, threading
from faucet.serve.memory import share_heaps
if sys.argv[1] == "shared":
    share_heaps()
every = threading.Barrier(9)
def fill():
    block = b"x" * 100_000
    every.wait()
    every.wait()
for _ in range(8):
    threading.Thread(target=fill).start()
every.wait()
ctypes.CDLL(None).malloc_stats()
every.wait()
"""


def _heaps(how: str) -> int:
    """Return how many heaps eight threads use that allocate at once."""
    run = subprocess.run(
        [sys.executable, "-c", _MANY_THREADS, how], capture_output=True, text=True, check=True
    )
    return run.stderr.count("Arena ")


def test_threads_share_two_heaps():
    if find_heap() is None:
        pytest.skip("only glibc has several heaps")

    assert (_heaps("shared"), _heaps("by default") > 2) == (2, True)
