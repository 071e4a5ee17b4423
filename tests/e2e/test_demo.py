"""The demo, served by a real process, answers what its tour says."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from faucet.cli.demo import TOUR, Step, demo

pytestmark = pytest.mark.e2e

_EXAMPLE = Path(__file__).parents[2] / "faucet.yaml.example"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of the served demo."""
    folder = tmp_path_factory.mktemp("demo")
    assert CliRunner().invoke(demo, ["build", str(folder)]).exit_code == 0
    shutil.copy(_EXAMPLE, folder / "faucet.yaml")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "faucet", "serve", "-c", str(folder / "faucet.yaml")],
        env={**os.environ, "FAUCET_SERVER_PORT": str(port)},
        stdin=subprocess.DEVNULL,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            _await_ready(process, client)
            yield client
    finally:
        process.terminate()
        assert process.wait(timeout=30) == 0


def _await_ready(process: subprocess.Popen[bytes], client: httpx.Client) -> None:
    for _ in range(400):
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        # Waiting for the end is the pause between two tries, and notices a failed start.
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
        break
    pytest.fail("the demo was not served")


def _get(shop: httpx.Client, step: Step) -> httpx.Response:
    return shop.get(step.path, headers={"X-API-Key": step.key} if step.key else {})


@pytest.mark.parametrize("step", TOUR, ids=lambda step: step.title)
def test_the_tour_is_answered_as_it_says(shop: httpx.Client, step: Step):
    assert _get(shop, step).status_code == step.status


def test_a_clerk_sees_masked_cards_of_one_store(shop: httpx.Client):
    step = next(step for step in TOUR if "card_number" in step.path)

    rows = _get(shop, step).json()["resource"]

    assert {row["store_id"] for row in rows} == {1}
    assert all(row["card_number"].startswith("****") for row in rows)
    assert all(len(row["card_number"]) == 8 for row in rows)
