"""A real PgBouncer for tests and scripts, in front of a PostgreSQL."""

import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self
from urllib.parse import urlsplit

from tests.servers.child import await_answer, end
from tests.servers.postgresql import free_port, unprivileged_user

_SYSTEM: Final = Path("/usr/sbin/pgbouncer")
NO_SETTINGS: Final[Mapping[str, str]] = MappingProxyType({})


class PgBouncerMissingError(RuntimeError):
    """PgBouncer is not installed."""

    def __init__(self) -> None:
        super().__init__("no PgBouncer found: run `apt-get install pgbouncer`")


def find_pgbouncer() -> Path:
    """Return the program, or raise `PgBouncerMissingError`."""
    if _SYSTEM.exists():
        return _SYSTEM
    if on_path := shutil.which("pgbouncer"):
        return Path(on_path)
    raise PgBouncerMissingError


class PgBouncer:
    """
    One pooler on a free port of 127.0.0.1, for every database of the server of *server_dsn*.

    Each user of a database has *size* connections to the server, which the clients share.
    *settings* are added to its configuration.
    """

    def __init__(
        self, server_dsn: str, size: int = 2, settings: Mapping[str, str] = NO_SETTINGS
    ) -> None:
        self._program = find_pgbouncer()
        self._server = urlsplit(server_dsn)
        self._folder = Path(tempfile.mkdtemp(prefix="faucet-pgbouncer-"))
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self._settings = {
            "pool_mode": "transaction",
            "default_pool_size": str(size),
            **settings,
        }

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def dsn(self, server_dsn: str) -> str:
        """Return the URL of the same database through the pooler."""
        parts = urlsplit(server_dsn)
        credentials = f"{parts.username}:{parts.password or ''}"
        return parts._replace(netloc=f"{credentials}@127.0.0.1:{self.port}").geturl()

    def start(self) -> None:
        """Start it, and return when it takes connections."""
        settings = self._folder / "pgbouncer.ini"
        settings.write_text(self._configuration())
        users = self._folder / "users.txt"
        users.write_text(f'"{self._server.username}" "{self._server.password or ""}"\n')
        user = unprivileged_user()
        if user:
            for path in (self._folder, settings, users):
                shutil.chown(path, user)
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._program), str(settings)],
                cwd=self._folder,
                user=user,
                extra_groups=() if user else None,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._await_answer()

    def stop(self) -> None:
        """End it at once, with its connections."""
        process, self._process = self._process, None
        end(process, signal.SIGTERM, 10)

    def _configuration(self) -> str:
        host, port = self._server.hostname, self._server.port or 5432
        lines = [
            "[databases]",
            f"* = host={host} port={port}",
            "[pgbouncer]",
            "listen_addr = 127.0.0.1",
            f"listen_port = {self.port}",
            "unix_socket_dir =",
            "auth_type = scram-sha-256",
            f"auth_file = {self._folder / 'users.txt'}",
            "max_client_conn = 500",
            *(f"{name} = {value}" for name, value in self._settings.items()),
        ]
        return "\n".join(lines) + "\n"

    def _await_answer(self) -> None:
        assert self._process is not None
        if not await_answer(self._process, self._answers):
            log = (self._folder / "log").read_text(errors="replace")
            self.stop()
            raise RuntimeError(f"PgBouncer did not start:\n{log[-4000:]}")

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
        except OSError:
            return False
        return True
