"""A Faucet of its own process, in a folder, on a free port."""

import json
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Self

import httpx

SECONDS = 30.0
"""How long anything may take before a test gives up on it."""

_LISTENING = re.compile(r"Faucet is listening on (http://\S+), generation (\d+)")


def _limit_files(most: int) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class FaucetProcess:
    """
    ``python -m faucet serve`` with *arguments*, started in *folder*; ends with the block.

    Only *environment* and what a Python needs is in its environment. The code is this checkout's,
    or with *python* what is installed there. It may open no more than *files*.
    *module* is what is run in the place of ``faucet``.
    """

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        python: Path | None = None,
        files: int | None = None,
        module: str = "faucet",
    ) -> None:
        self.lines: list[str] = []
        self._more = threading.Condition()
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith("FAUCET_")
        }
        code = {} if python else {"PYTHONPATH": str(Path(__file__).parents[2])}
        self.process = subprocess.Popen(
            [str(python or sys.executable), "-m", module, "serve", *arguments],
            cwd=folder,
            env={**inherited, **code, **(environment or {})},
            preexec_fn=None if files is None else partial(_limit_files, files),  # noqa: PLW1509
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(SECONDS)
        self._reader.join(SECONDS)
        assert self.process.stderr is not None
        self.process.stderr.close()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._more:
                self.lines.append(line)
                self._more.notify_all()
        with self._more:
            self._more.notify_all()

    def _wait(self, found: Callable[[], Any]) -> Any:
        """Return what *found* gives as soon as it is something; look after each line logged."""
        deadline = time.monotonic() + SECONDS
        with self._more:
            while not (value := found()):
                left = deadline - time.monotonic()
                ended = self.process.poll() is not None and not self._reader.is_alive()
                assert left > 0, f"not within {SECONDS} s:\n" + "".join(self.lines)
                assert not ended, "the process ended:\n" + "".join(self.lines)
                self._more.wait(min(left, 0.5))
            return value

    def listening(self) -> Self:
        """Wait until it takes connections."""
        self._wait(lambda: _LISTENING.search("".join(self.lines)))
        return self

    def ready(self) -> Self:
        """Wait until it takes connections and every database has answered."""
        self.listening()
        self._wait(lambda: self.get("/readyz").json()["status"] == "ok")
        return self

    @property
    def url(self) -> str:
        """Where it listens, by an address that can be connected to."""
        found = _LISTENING.search("".join(self.lines))
        assert found, "call `listening` first"
        return found[1].replace("0.0.0.0", "127.0.0.1")

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the lines of a JSON log with that event."""
        lines = [json.loads(line) for line in self.lines if line.startswith("{")]
        return [line for line in lines if line.get("event") == name]

    def event(self, name: str, nth: int = 1, **fields: Any) -> dict[str, Any]:
        """Wait for the *nth* line with that event and *fields*."""
        found = self._wait(
            lambda: [
                line
                for line in self.events(name)
                if all(line.get(field) == value for field, value in fields.items())
            ][nth - 1 : nth]
        )
        return dict(found[0])

    def says(self, words: str, times: int = 1) -> None:
        """Wait until *words* are in that many lines of the log."""
        self._wait(lambda: sum(words in line for line in self.lines) >= times)

    def generation(self, number: int) -> Self:
        """Wait until generation *number* serves."""
        self._wait(lambda: [e for e in self.events("Switched") if e["generation"] >= number])
        return self

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Return the answer to a GET."""
        return httpx.get(self.url + path, headers=headers, timeout=SECONDS, trust_env=False)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def ended(self) -> int:
        """Wait for the end; return the exit code."""
        code = self.process.wait(SECONDS)
        self._reader.join(SECONDS)
        return code

    def stop(self) -> int:
        """Ask it to end as an orchestrator does; return the exit code."""
        self.signal(signal.SIGTERM)
        return self.ended()
