"""What stands behind `${env:}` and `${file:}`."""

import os
from pathlib import Path

import pytest

from faucet.extension.secret_source import SecretReference, Unreadable
from faucet.secret import Secret
from faucet.secret_sources.env import ENV
from faucet.secret_sources.file import FILE


def _reference(scheme: str, name: str, folder: Path = Path()) -> SecretReference:
    return SecretReference(scheme=scheme, name=name, folder=str(folder))


def test_a_variable_is_its_value_and_has_no_file(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FAUCET_TEST_SECRET", "s3cret\n")
    reference = _reference("env", "FAUCET_TEST_SECRET")

    found = ENV.fetch(reference)

    assert isinstance(found, Secret)
    assert (found.reveal(), ENV.path(reference)) == ("s3cret\n", None)
    assert ENV.fetch(_reference("env", "FAUCET_TEST_ABSENT")) is None


@pytest.mark.parametrize(
    ("written", "read"),
    [(b"a", "a"), (b"a\n", "a"), (b"a\r\n", "a"), (b"a\n\n", "a\n"), (b"a\r", "a\r"), (b"", "")],
)
def test_a_file_is_its_text_without_one_line_end(tmp_path: Path, written: bytes, read: str):
    (tmp_path / "secret").write_bytes(written)

    found = FILE.fetch(_reference("file", "secret", tmp_path))

    assert isinstance(found, Secret)
    assert found.reveal() == read


def test_a_relative_path_starts_at_the_folder_of_the_manifest(tmp_path: Path):
    assert FILE.path(_reference("file", "a/b", tmp_path)) == str(tmp_path / "a/b")
    assert FILE.path(_reference("file", "/run/secrets/b", tmp_path)) == "/run/secrets/b"


def test_what_is_no_readable_text_file_says_why(tmp_path: Path):
    (tmp_path / "binary").write_bytes(b"\xff")
    (tmp_path / "large").write_bytes(b"x" * (2**20 + 1))
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")

    reasons = {
        "binary": "it is not UTF-8",
        "large": "it is larger than 1 MiB",
        "folder": "it is a folder, not a file",
        "pipe": "not a regular file",
        "absent": "no such file",
        "nul\0": "no such file",
    }
    found = {name: FILE.fetch(_reference("file", name, tmp_path)) for name in reasons}

    assert found == {name: Unreadable(reason=reason) for name, reason in reasons.items()}
