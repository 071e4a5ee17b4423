"""docs/first-token.md: its commands and programs are run against the demo, as printed."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.faucet_process import SECONDS, FaucetProcess

pytestmark = pytest.mark.e2e

_ROOT = Path(__file__).parents[2]
_GUIDE = (_ROOT / "docs" / "first-token.md").read_text(encoding="utf-8")
_CUSTOMERS = "/api/v1/shop/_table/customers?fields=store_id"


def _blocks(language: str) -> list[str]:
    found = re.findall(r"^```(\w+)\n(.*?)^```", _GUIDE, re.MULTILINE | re.DOTALL)
    return [text for spoken, text in found if spoken == language]


def _output(*command: str, folder: Path) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What `make run` builds, in `.demo`."""
    _output(sys.executable, "-m", "faucet", "demo", "build", str(tmp_path / ".demo"), folder=_ROOT)
    example = (_ROOT / "faucet.yaml.example").read_text(encoding="utf-8")
    shared, provider = (text.split("  jwt:\n")[1] for text in _blocks("yaml"))
    assert all(line.strip() in example for line in shared.splitlines())
    (tmp_path / ".demo" / "faucet.yaml").write_text(
        example.replace("  jwt:\n", "  jwt:\n" + provider).replace(
            "  format: text", "  format: json"
        )
    )
    return tmp_path


@pytest.fixture
def server(folder: Path) -> Iterator[FaucetProcess]:
    _write_public_key(folder)
    demo = str(folder / ".demo" / "faucet.yaml")
    with FaucetProcess(folder, "-c", demo, "-p", "0").listening() as process:
        yield process


def _write_public_key(folder: Path) -> None:
    token = _output(sys.executable, "-c", _blocks("python")[1], folder=folder)
    (folder / "token").write_text(token.strip())


def _stores(server: FaucetProcess, token: str) -> set[int]:
    answer = server.get(_CUSTOMERS, Authorization=f"Bearer {token}")
    assert answer.status_code == 200, answer.text
    return {row["store_id"] for row in answer.json()["resource"]}


def test_a_token_by_hand_is_a_clerk_of_store_1(folder: Path, server: FaucetProcess):
    script, look = _blocks("sh")
    script = script.replace("http://127.0.0.1:8080", server.url)

    answer = _output("bash", "-c", f"set -e\n{script}", folder=folder)
    made = re.sub(r"^curl.*", 'echo "$TOKEN"', script, flags=re.MULTILINE)
    look = look.replace(".venv/bin/python", sys.executable)
    claims = _output("bash", "-c", f"{made}\n{look}", folder=folder)

    assert '"store_id":1' in answer
    assert '"store_id":2' not in answer
    assert "'role': 'clerk'" in claims


def test_a_token_by_python_is_a_clerk_of_store_1(folder: Path, server: FaucetProcess):
    token = _output(sys.executable, "-c", _blocks("python")[0], folder=folder).strip()

    assert _stores(server, token) == {1}


def test_a_token_of_a_provider_is_a_clerk_of_store_1(folder: Path, server: FaucetProcess):
    assert _stores(server, (folder / "token").read_text()) == {1}
