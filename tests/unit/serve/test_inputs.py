"""What a load reads, whether it changed, and where it lies."""

import os
from pathlib import Path

import msgspec
import pytest

from faucet.extension.registry import Registrar, Registry
from faucet.extension.secret_source import SecretReference, SecretSource
from faucet.secret import Secret
from faucet.serve.inputs import (
    SecretRecorder,
    folders_of,
    paths_of,
    read_manifest,
    same_as_read,
)


def _registry() -> Registry:
    registrar = Registrar()
    registrar.secret_source(SecretSource(scheme="file", fetch=_fetch, path=lambda one: one.name))
    return registrar.freeze()


def _fetch(reference: SecretReference) -> Secret | None:
    path = Path(reference.name)
    return Secret(path.read_text()) if path.exists() else None


def _reading(manifest: Path, secret: Path):
    recorder = SecretRecorder(_registry())
    reference = SecretReference(scheme="file", name=str(secret))
    recorder(reference)
    return msgspec.structs.replace(read_manifest(str(manifest)), secrets=recorder.fetched)


def test_a_missing_manifest_is_told_from_one_that_cannot_be_read(tmp_path: Path):
    missing = read_manifest(str(tmp_path / "no" / "faucet.yaml"))
    folder = read_manifest(str(tmp_path))

    assert (missing.text, missing.missing) == (None, True)
    assert (folder.text, folder.missing, folder.problem) == (
        None,
        False,
        "it is a folder, not a file",
    )


@pytest.mark.fault("attacks.devices")
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_a_manifest_that_is_no_file_is_neither_waited_for_nor_read_without_end(
    tmp_path: Path, kind: str
):
    path = tmp_path / "faucet.yaml"
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")

    reading = read_manifest(str(path))

    assert (reading.text, reading.missing, reading.problem) == (None, False, "not a regular file")


def test_equal_texts_and_secrets_are_the_same_reading(tmp_path: Path):
    manifest, secret = tmp_path / "faucet.yaml", tmp_path / "password"
    manifest.write_text("version: 1")
    secret.write_text("hunter2")
    known = _reading(manifest, secret)

    manifest.write_text("version: 1")

    assert same_as_read(known, read_manifest(str(manifest)), _registry())


def test_another_text_or_another_secret_is_another_reading(tmp_path: Path):
    manifest, secret = tmp_path / "faucet.yaml", tmp_path / "password"
    manifest.write_text("version: 1")
    secret.write_text("hunter2")
    known = _reading(manifest, secret)

    secret.write_text("hunter3")
    other_secret = same_as_read(known, read_manifest(str(manifest)), _registry())
    secret.unlink()
    no_secret = same_as_read(known, read_manifest(str(manifest)), _registry())
    secret.write_text("hunter2")
    manifest.write_text("version: 1 # edited")
    other_text = same_as_read(known, read_manifest(str(manifest)), _registry())

    assert (other_secret, no_secret, other_text) == (False, False, False)


def test_secrets_belong_to_the_files_that_are_watched(tmp_path: Path):
    manifest, secret = tmp_path / "faucet.yaml", tmp_path / "run" / "password"

    paths = paths_of(_reading(manifest, secret), _registry())

    assert paths == {str(manifest), str(secret)}


def test_every_link_on_the_way_is_watched(tmp_path: Path):
    data = tmp_path / "map" / "..2025"
    data.mkdir(parents=True)
    (data / "faucet.yaml").write_text("version: 1")
    (tmp_path / "map" / "..data").symlink_to("..2025")
    (tmp_path / "map" / "faucet.yaml").symlink_to("..data/faucet.yaml")
    (tmp_path / "etc").symlink_to("map")

    folders = folders_of([str(tmp_path / "etc" / "faucet.yaml")])

    assert {str(tmp_path), str(tmp_path / "map"), str(data)} <= folders


def test_a_missing_folder_is_stood_for_by_the_nearest(tmp_path: Path):
    assert folders_of([str(tmp_path / "a" / "b" / "faucet.yaml")]) == {str(tmp_path)}


def test_links_in_a_circle_end(tmp_path: Path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")

    assert folders_of([str(tmp_path / "a")]) == {str(tmp_path)}
