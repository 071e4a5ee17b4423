"""Files that are none, have no end, or are not this user's: said at once, in bounded memory."""

import ctypes
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.servers.faucet_process import SECONDS, FaucetProcess

pytestmark = pytest.mark.e2e

_MOST_MEMORY = 1 << 30
_OTHER_USER = 10001
_DROP_FROM_BOUNDING_SET = 24
_READS_ANYTHING = (1, 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
_MANIFEST = """\
version: 1
auth:
  anonymous: visitor
services:
  shop: {driver: sqlite, dsn: shop.db, required: true, label: one}
roles:
  visitor: {grants: [{service: shop, tables: [items], verbs: [GET]}]}
"""
_WITH_KEYS = _MANIFEST.replace(
    "services:",
    """\
  jwt:
    partner:
      jwks: {file: keys.json}
      algorithms: [RS256]
      issuer: https://partner.example
      audience: shop
      roles: {clerk: visitor}
      claims: [shop_id]
services:""",
)
_WITH_SECRET = _MANIFEST.replace(
    "services:", '  jwt: {own: {algorithms: [HS256], secret: "${file:secret}"}}\nservices:'
)


def _large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 30)


_KINDS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a pipe": (os.mkfifo, "not a regular file"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "not a regular file"),
    "a folder": (Path.mkdir, "it is a folder, not a file"),
    "too large": (_large, "longer than 4 MiB"),
}


@pytest.fixture
def folder() -> Iterator[Path]:
    # Folders of pytest are closed to other users.
    with tempfile.TemporaryDirectory() as name:
        found = Path(name)
        found.chmod(0o755)
        with closing(sqlite3.connect(found / "shop.db")) as database:
            database.execute("CREATE TABLE items (id INTEGER PRIMARY KEY)")
        (found / "faucet.yaml").write_text(_MANIFEST)
        yield found


def _bounded() -> None:
    """Limit the memory, and let root read only what its modes allow, like any other user."""
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    for capability in _READS_ANYTHING:
        ctypes.CDLL(None).prctl(_DROP_FROM_BOUNDING_SET, capability, 0, 0, 0)


def _lock(path: Path) -> int:
    """Make *path* unreadable for the user of this process; return whose it is."""
    if os.geteuid() == 0:
        os.chown(path, _OTHER_USER, -1)
    path.chmod(0)
    return path.stat().st_uid


def _run(folder: Path, *command: str) -> tuple[int, str]:
    """Return the exit status and the output of a command."""
    environment = {"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-m", "faucet", *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        preexec_fn=_bounded,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def _replace(path: Path, kind: str) -> str:
    make, reason = _KINDS[kind]
    path.unlink(missing_ok=True)
    make(path)
    return reason


@pytest.mark.fault("input.files")
@pytest.mark.parametrize("kind", _KINDS)
def test_a_manifest_that_cannot_be_one_is_reported_at_once(folder: Path, kind: str):
    reason = _replace(folder / "faucet.yaml", kind)

    checked = _run(folder, "check", "-c", "faucet.yaml")
    started = _run(folder, "serve", "-p", "0")

    assert (checked[0], started[0]) in {(2, 1), (1, 1), (3, 1)}
    assert reason in started[1]
    assert reason in checked[1] or (kind, checked[0]) == ("a folder", 3)


@pytest.mark.fault("input.files")
@pytest.mark.parametrize("kind", _KINDS)
def test_secrets_keys_and_databases_that_cannot_be_any_are_reported_at_once(
    folder: Path, kind: str
):
    texts = {"keys.json": _WITH_KEYS, "secret": _WITH_SECRET}
    for name, text in texts.items():
        (folder / "faucet.yaml").write_text(text)
        reason = _replace(folder / name, kind).replace("longer than 4", "larger than 1")

        status, output = _run(folder, "check", "--online")

        assert (status, f'"{name}"' in output, reason in output) == (1, True, True)

    (folder / "faucet.yaml").write_text(_MANIFEST)
    reason = _replace(folder / "shop.db", kind).replace("longer than 4 MiB", "not a database")
    status, output = _run(folder, "check", "--online")
    assert (status, reason in output) == (2, True)


@pytest.mark.fault("operators.modes")
def test_a_file_of_another_user_is_named_with_its_mode_and_both_users(folder: Path):
    lacks = f"permission denied for user {os.geteuid()}: "
    (folder / "secret").write_text("s" * 32)
    (folder / "keys.json").write_text("{}")
    for text, name in (
        (_WITH_SECRET, "secret"),
        (_WITH_KEYS, "keys.json"),
        (_MANIFEST, "shop.db"),
        (_MANIFEST, "faucet.yaml"),
    ):
        (folder / "faucet.yaml").write_text(text)
        owner = _lock(folder / name)

        status, output = _run(folder, "check", "--online")

        assert name in output
        assert f"{lacks}it has the mode 0000 and belongs to user {owner}" in output
        assert status == (1 if "jwt" in text else 2)
        (folder / name).chmod(0o644)

    owner = _lock(folder)
    _, output = _run(Path("/"), "serve", "-p", "0", "-c", str(folder / "faucet.yaml"))
    assert f"folder {folder} has the mode 0000 and belongs to user {owner}" in output
    folder.chmod(0o755)


@pytest.mark.fault("operators.modes")
def test_what_the_commands_write_can_be_read_by_a_container_unless_it_holds_a_secret(folder: Path):
    (folder / "faucet.yaml").unlink()
    _run(folder, "db", "add", "shop", "--driver", "sqlite", "--dsn", "shop.db")
    shared = (folder / "faucet.yaml").stat().st_mode & 0o777

    (folder / "faucet.yaml").unlink()
    secret = "postgresql://u:hunter2@127.0.0.1:1/d"
    _, output = _run(folder, "db", "add", "shop", "--driver", "postgres", "--dsn", secret)
    private = (folder / "faucet.yaml").stat().st_mode & 0o777

    assert (oct(shared), oct(private)) == ("0o644", "0o640")
    assert "only its owner and group may read it" in output


@pytest.mark.fault("input.files")
def test_a_server_keeps_its_generation_whatever_takes_the_place_of_its_files(folder: Path):
    (folder / "secret").write_text("s" * 32)
    (folder / "faucet.yaml").write_text(_WITH_SECRET)
    with FaucetProcess(folder, "-p", "0") as server:
        server.ready()
        number = 1
        for kind in _KINDS:
            reason = _replace(folder / "faucet.yaml", kind)
            server.says(reason, 2 if kind == "a device" else 1)
            kept = server.get("/api/v1/shop/_table/items")
            assert (kept.status_code, kept.headers["X-Faucet-Generation"]) == (200, str(number))
            _remove(folder / "faucet.yaml")
            number += 1
            label = f"label: number-{number}"
            (folder / "faucet.yaml").write_text(_WITH_SECRET.replace("label: one", label))
            server.generation(number)

        reason = _replace(folder / "secret", "a pipe")
        server.says(f"cannot be read: {reason} (")
        assert server.get("/api/v1/shop/_table/items").status_code == 200


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink()
