"""`faucet` in a process that reports, on standard error, when its event loop is blocked."""

import asyncio
import json
import signal
import sys
import time
from typing import Any, Final

import uvloop

from faucet.cli import main

_TICK: Final = 0.02
_BLOCKED: Final = 0.2
"""Seconds of CPU of one callback, beyond which the loop counts as blocked."""

_new_event_loop = uvloop.new_event_loop


def _report(event: str, **fields: object) -> None:
    sys.stderr.write(json.dumps({"event": event, **fields}) + "\n")
    sys.stderr.flush()


class _Watch:
    """Measures the CPU time of the loop's thread from one tick to the next; waiting takes none."""

    def __init__(self, loop: Any) -> None:
        self._loop = loop
        self._last = 0.0
        self._most = 0.0

    def start(self) -> None:
        self._last = time.thread_time()
        self._loop.add_signal_handler(signal.SIGUSR1, self._answer)
        self._loop.call_later(_TICK, self._tick)

    def _tick(self) -> None:
        now = time.thread_time()
        taken, self._last = now - self._last, now
        if self._settled:
            self._most = max(self._most, taken)
            if taken > _BLOCKED:
                _report("LoopBlocked", cpu_ms=round(taken * 1000))
        self._loop.call_later(_TICK, self._tick)

    _settled = False

    def _answer(self) -> None:
        """Report, and measure from now on: what precedes the first signal is the start."""
        tasks = [task for task in asyncio.all_tasks(self._loop) if not task.done()]
        _report("Tasks", count=len(tasks), most_cpu_ms=round(self._most * 1000))
        self._settled = True


def _watched_loop() -> Any:
    loop = _new_event_loop()
    loop.call_soon(_Watch(loop).start)
    return loop


if __name__ == "__main__":
    uvloop.new_event_loop = _watched_loop
    main(prog_name="faucet")
