"""Deadlines that pause, and least rates, on a clock that the test moves."""

import heapq
import itertools
from collections.abc import Callable
from typing import Any, cast

import pytest

from faucet.serve.deadline import Deadline, LeastRate


class _Timer:
    def __init__(self) -> None:
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class _Clock:
    """The timers of an event loop, whose time moves only by `pass_`."""

    def __init__(self) -> None:
        self._now = 0.0
        self._order = itertools.count()
        self._timers: list[tuple[float, int, _Timer, Callable[[], None]]] = []

    def time(self) -> float:
        return self._now

    def call_later(self, delay: float, callback: Callable[[], None]) -> _Timer:
        timer = _Timer()
        heapq.heappush(self._timers, (self._now + delay, next(self._order), timer, callback))
        return timer

    def pass_(self, seconds: float) -> None:
        end = self._now + seconds
        while self._timers and self._timers[0][0] <= end:
            self._now, _, timer, callback = heapq.heappop(self._timers)
            if not timer.cancelled:
                callback()
        self._now = end


@pytest.fixture
def clock() -> Any:
    return cast("Any", _Clock())


def test_a_deadline_expires_once_after_its_time(clock: Any):
    expired: list[float] = []
    deadline = Deadline(clock, lambda: 10.0, lambda: expired.append(clock.time()))
    deadline.start()

    clock.pass_(9)
    deadline.start()
    clock.pass_(100)

    assert expired == [10.0]
    assert not deadline.running


def test_a_deadline_that_is_stopped_does_not_expire_and_starts_anew(clock: Any):
    expired: list[float] = []
    deadline = Deadline(clock, lambda: 10.0, lambda: expired.append(clock.time()))
    deadline.start()
    clock.pass_(9)
    deadline.stop()
    clock.pass_(100)
    deadline.start()
    clock.pass_(100)

    assert expired == [119.0]


def test_pauses_do_not_count(clock: Any):
    expired: list[float] = []
    deadline = Deadline(clock, lambda: 10.0, lambda: expired.append(clock.time()))
    deadline.start()
    for _ in range(3):
        clock.pass_(3)
        deadline.pause()
        deadline.pause()
        clock.pass_(100)
        assert deadline.running
        deadline.resume()
        deadline.resume()
    clock.pass_(100)

    assert expired == [310.0]


def test_a_deadline_may_start_with_a_pause_and_be_stopped_in_one(clock: Any):
    expired: list[float] = []
    deadline = Deadline(clock, lambda: 10.0, lambda: expired.append(clock.time()))
    deadline.start(paused=True)
    clock.pass_(100)
    deadline.stop()
    deadline.resume()
    clock.pass_(100)
    deadline.start(paused=True)
    clock.pass_(100)
    deadline.resume()
    clock.pass_(100)

    assert expired == [310.0]


def test_a_deadline_moves_with_what_arrived(clock: Any):
    expired: list[float] = []
    allowed = 10.0
    deadline = Deadline(clock, lambda: allowed, lambda: expired.append(clock.time()))
    deadline.start()
    clock.pass_(5)
    allowed = 25.0
    clock.pass_(100)

    assert expired == [25.0]


class _Buffer:
    """What is left to send, and whether the connection was aborted."""

    def __init__(self, clock: Any, left: int) -> None:
        self.left = left
        self.aborted: list[float] = []
        self.watch = LeastRate(
            clock,
            left=lambda: self.left,
            window=lambda: 10.0,
            expected=lambda: 1000,
            expire=lambda: self.aborted.append(clock.time()),
        )


def test_a_reader_that_stops_is_noticed_within_two_windows(clock: Any):
    buffer = _Buffer(clock, 50_000)
    buffer.watch.start()
    clock.pass_(5)
    buffer.left -= 1000
    clock.pass_(100)

    assert buffer.aborted == [20.0]


def test_a_reader_below_the_rate_is_noticed(clock: Any):
    buffer = _Buffer(clock, 50_000)
    buffer.watch.start()
    clock.pass_(5)
    buffer.left -= 999
    clock.pass_(100)

    assert buffer.aborted == [10.0]


def test_a_reader_above_the_rate_may_take_as_long_as_it_needs(clock: Any):
    buffer = _Buffer(clock, 50_000)
    buffer.watch.start()
    while buffer.left:
        clock.pass_(9)
        buffer.left -= 1000
        clock.pass_(1)
    clock.pass_(100)

    assert buffer.aborted == []


def test_nothing_left_to_send_is_not_watched(clock: Any):
    buffer = _Buffer(clock, 0)
    buffer.watch.start()
    clock.pass_(100)
    buffer.left = 10
    clock.pass_(100)
    buffer.watch.start()
    buffer.watch.stop()
    clock.pass_(100)

    assert buffer.aborted == []
