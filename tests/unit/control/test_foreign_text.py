"""A file that is no manifest is refused without a word of what it contains."""

import re
from pathlib import Path

import pytest

from faucet.control.overrides import Overrides
from faucet.serve.loading import Loader
from faucet.standard import standard_registry

_FOREIGN = {
    "accounts": "root:x:0:0:canary:/root:/bin/sh\n",
    "a word": "canary\n",
    "variables": 'PASSWORD=canary\nAPI="canary\n',
    "a private key": "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n",
    "a mapping": "apiVersion: v1\ncanary: {token: canary}\n",
    "a document": '{"password": "canary", "canary": [1}',
    "an alias": "*canary\n",
    "a tag": "!canary x\n",
    "a directive": "%canary x\n",
    "keys that appear twice": "canary: 1\ncanary: 2\n",
}


def _found(folder: Path, text: str):
    path = folder / "faucet.yaml"
    (folder / "target").write_text(text)
    path.symlink_to(folder / "target")
    loader = Loader(path=str(path), registry=standard_registry(), overrides=Overrides())
    return loader.prepare(loader.read())[1]


@pytest.mark.parametrize("text", _FOREIGN.values(), ids=_FOREIGN)
def test_nothing_of_another_file_is_quoted(tmp_path: Path, text: str):
    outcome = _found(tmp_path, text)

    assert outcome.value is None
    (finding,) = outcome.diagnostics
    assert "canary" not in repr(finding)
    assert finding.message.startswith("this is not a manifest")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("canary\n" * 2**20, "longer than 4 MiB"),
        ("canary\x00\n", "is not text"),
        ("PK\x03\x04canary", r"character U\+0003"),
    ],
    ids=["too large", "NUL", "a control character"],
)
def test_what_is_wrong_with_another_file_as_a_whole_is_explained(
    tmp_path: Path, text: str, said: str
):
    (finding,) = _found(tmp_path, text).diagnostics

    assert re.search(said, finding.message)
    assert "canary" not in repr(finding)


@pytest.mark.parametrize(
    "text",
    [
        "version: 1\nrolls: {}\n",
        '{"rolls": {}, "version": 1}',
        "services: [\n",
        "# nothing yet\n",
    ],
)
def test_a_manifest_with_a_slip_is_explained(tmp_path: Path, text: str):
    outcome = _found(tmp_path, text)

    assert outcome.value is None
    assert not any("not a manifest" in one.message for one in outcome.diagnostics)
    assert outcome.diagnostics
