"""Runs a script through one transaction, without I/O. Pure."""

import threading
from typing import Final, Generic, TypeVar

import msgspec

from faucet.errors import DATABASE_UNAVAILABLE, TRANSACTION_CONFLICT, ExecutionError
from faucet.extension.executor import Fetched, Script, Step

T = TypeVar("T")

_ENDING: Final = frozenset({DATABASE_UNAVAILABLE, TRANSACTION_CONFLICT})


class Finished(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """What the script returned; the transaction may commit."""

    result: T


class Walk(Generic[T]):
    """
    A script with an enforced rule: what ends the transaction ends the script.

    After such an error there is no further step, and however the script ends, the walk ends with
    that error. Steps may run on a thread, one at a time; `close` may come during one.
    """

    def __init__(self, script: Script[T]) -> None:
        self._script = script
        self._fatal: ExecutionError | None = None
        self._lock = threading.Lock()
        self._busy = self._closed = False

    def start(self) -> Step | Finished[T]:
        """Return the first step."""
        return self._resume(None)

    def advance(self, outcome: Fetched | ExecutionError, *, ended: bool) -> Step | Finished[T]:
        """
        Return the step after the one that had *outcome*, or the script's result.

        *ended* means that the database has ended the transaction, whatever the error's kind. Raises
        what the script raises.
        """
        if isinstance(outcome, ExecutionError) and (ended or outcome.kind in _ENDING):
            self._fatal = outcome
        following = self._resume(outcome)
        while self._fatal is not None and not isinstance(following, Finished):
            following = self._resume(self._fatal)
        if self._fatal is not None:
            raise self._fatal
        return following

    def close(self) -> None:
        """Let the script clean up at its current step, or at the end of one that is running."""
        with self._lock:
            self._closed = True
            busy = self._busy
        if not busy:
            self._script.close()

    def _resume(self, outcome: Fetched | ExecutionError | None) -> Step | Finished[T]:
        self._enter()
        try:
            return self._run(outcome)
        finally:
            self._leave()

    def _enter(self) -> None:
        with self._lock:
            if self._closed:
                raise RuntimeError("the walk is closed")
            self._busy = True

    def _leave(self) -> None:
        with self._lock:
            self._busy = False
            closed = self._closed
        if closed:
            self._script.close()

    def _run(self, outcome: Fetched | ExecutionError | None) -> Step | Finished[T]:
        try:
            match outcome:
                case None:
                    return next(self._script)
                case Fetched():
                    return self._script.send(outcome)
                case _:
                    return self._script.throw(outcome)
        except StopIteration as end:
            return Finished(result=end.value)
        except Exception:
            if self._fatal is None:
                raise
        # Not from what the script raised: this error may be its cause, and keeps its own.
        raise self._fatal
