"""Time limits of one connection: a deadline that can be paused, and a least rate of sending."""

from asyncio import AbstractEventLoop, TimerHandle
from collections.abc import Callable


class Deadline:
    """
    Calls *expire* once *allowed* seconds have passed since `start`, not counting pauses.

    *allowed* is asked again when the time is over, and may have grown meanwhile.
    """

    __slots__ = ("_allowed", "_began", "_expire", "_handle", "_loop", "_paused")

    def __init__(
        self, loop: AbstractEventLoop, allowed: Callable[[], float], expire: Callable[[], None]
    ) -> None:
        self._loop = loop
        self._allowed = allowed
        self._expire = expire
        self._handle: TimerHandle | None = None
        self._began = 0.0
        self._paused: float | None = None

    @property
    def running(self) -> bool:
        """Whether it was started and neither stopped nor expired; also while paused."""
        return self._handle is not None or self._paused is not None

    def start(self, *, paused: bool = False) -> None:
        """Start, *paused* at first or not; nothing happens if it runs."""
        if self.running:
            return
        self._began = self._loop.time()
        if paused:
            self._paused = self._began
        else:
            self._handle = self._loop.call_later(self._allowed(), self._check)

    def stop(self) -> None:
        """Stop; it may be started again."""
        self._paused = None
        self._cancel()

    def pause(self) -> None:
        """Stop counting, if it runs."""
        if self._handle is not None:
            self._cancel()
            self._paused = self._loop.time()

    def resume(self) -> None:
        """Go on counting, if it is paused."""
        if self._paused is not None:
            self._began += self._loop.time() - self._paused
            self._paused = None
            self._arm()

    def _cancel(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _arm(self) -> None:
        left = self._began + self._allowed() - self._loop.time()
        self._handle = self._loop.call_later(max(left, 0.0), self._check)

    def _check(self) -> None:
        self._handle = None
        if self._loop.time() < self._began + self._allowed():
            self._arm()
        else:
            self._expire()


class LeastRate:
    """
    Calls *expire* when *left*, the bytes yet to be sent, decreases by less than *expected* bytes
    within *window* seconds. It stops by itself when nothing is left.
    """

    __slots__ = ("_before", "_expected", "_expire", "_handle", "_left", "_loop", "_window")

    def __init__(
        self,
        loop: AbstractEventLoop,
        *,
        left: Callable[[], int],
        window: Callable[[], float],
        expected: Callable[[], float],
        expire: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._left = left
        self._window = window
        self._expected = expected
        self._expire = expire
        self._handle: TimerHandle | None = None
        self._before = 0

    def start(self) -> None:
        """Start, if something is left and it does not run yet."""
        if self._handle is None and (left := self._left()):
            self._before = left
            self._handle = self._loop.call_later(self._window(), self._check)

    def stop(self) -> None:
        """Stop; it may be started again."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _check(self) -> None:
        self._handle = None
        left = self._left()
        if left and self._before - left < self._expected():
            self._expire()
        else:
            self.start()
