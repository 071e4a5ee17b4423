"""A file is read only if it is one, and not beyond its bound."""

import os
from pathlib import Path

import pytest

from faucet.regular_file import read_regular_file


def test_no_more_than_one_byte_beyond_the_bound_is_read(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"12345")

    read = [read_regular_file(tmp_path / "file", most) for most in (3, 5, 9)]

    assert read == [b"1234", b"12345", b"12345"]


def test_a_link_is_followed(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"1")
    (tmp_path / "link").symlink_to("file")

    assert read_regular_file(tmp_path / "link", 9) == b"1"


@pytest.mark.fault("attacks.devices")
@pytest.mark.parametrize("name", ["pipe", "link", "/dev/zero"])
def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path, name: str):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")

    with pytest.raises(OSError, match="not a regular file"):
        read_regular_file(tmp_path / name, 9)


@pytest.mark.parametrize(("name", "kind"), [(".", IsADirectoryError), ("no", FileNotFoundError)])
def test_a_folder_and_a_missing_file_are_errors_of_their_own(
    tmp_path: Path, name: str, kind: type[OSError]
):
    with pytest.raises(kind):
        read_regular_file(tmp_path / name, 9)
