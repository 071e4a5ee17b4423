"""The process of a server: waited for until it answers, and ended."""

import signal
import subprocess
from collections.abc import Callable
from typing import Any, Final

_POLLS: Final = 600
_POLL_SECONDS: Final = 0.05


def await_answer(process: subprocess.Popen[Any], answers: Callable[[], bool]) -> bool:
    """Return whether *answers* became true before *process* ended, or half a minute was over."""
    for _ in range(_POLLS):
        if answers():
            return True
        # Waiting for the end is the pause between two tries, and notices a failed start.
        try:
            process.wait(_POLL_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        break
    return False


def end(process: subprocess.Popen[Any] | None, number: signal.Signals, patience: float) -> None:
    """End *process* by signal *number*, or after *patience* seconds by force."""
    if process is None or process.poll() is not None:
        return
    process.send_signal(number)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
