"""The demo shop and the example manifest fit each other."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from faucet.cli.demo import CLERK_KEY, MANAGER_KEY, build_shop, demo

_EXAMPLE = Path(__file__).parents[3] / "faucet.yaml.example"


def test_the_shop_is_the_same_every_time_and_small(tmp_path: Path):
    dumps = []
    for _ in range(2):
        build_shop(tmp_path / "shop.db")
        with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            dumps.append(list(connection.iterdump()))

    assert dumps[0] == dumps[1]
    assert 100 < sum(line.startswith("INSERT") for line in dumps[0]) < 200


def test_building_again_keeps_the_secret_that_signs_tokens(tmp_path: Path):
    built = [CliRunner().invoke(demo, ["build", str(tmp_path)]).exit_code]
    secret = (tmp_path / "jwt.secret").read_text()
    built.append(CliRunner().invoke(demo, ["build", str(tmp_path)]).exit_code)

    assert built == [0, 0]
    assert (tmp_path / "jwt.secret").read_text() == secret
    assert (tmp_path / "jwt.secret").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("variables", "server", "url"),
    [
        ({}, "", "http://127.0.0.1:8080"),
        ({"FAUCET_SERVER_PORT": "9000"}, "", "http://127.0.0.1:9000"),
        ({"FAUCET_SERVER_HOST": "::1"}, "server: {port: 9001}", "http://[::1]:9001"),
        ({"FAUCET_SERVER_HOST": "0.0.0.0"}, "server: {host: h}", "http://127.0.0.1:8080"),
        ({}, "server: {host: shop.example.com, port: 9002}", "http://shop.example.com:9002"),
        ({}, "server: {host: '${env:H}', port: '${env:P}'}", "http://127.0.0.1:8080"),
        ({"FAUCET_SERVER_PORT": "9000"}, "server: [", "http://127.0.0.1:9000"),
    ],
)
def test_the_tour_goes_where_the_server_listens(
    tmp_path: Path, variables: dict[str, str], server: str, url: str
):
    manifest = tmp_path / "faucet.yaml"
    manifest.write_text(f"version: 1\n{server}\n")

    tour = CliRunner().invoke(demo, ["tour", "-c", str(manifest)], env=variables)

    assert tour.exit_code == 0, tour.output
    assert f"'{url}/api/v1/shop" in tour.output


@pytest.mark.parametrize(("name", "key"), [("till-1", CLERK_KEY), ("office", MANAGER_KEY)])
def test_the_tour_shows_keys_whose_hashes_the_example_holds(name: str, key: str):
    example = yaml.safe_load(_EXAMPLE.read_text())
    tour = CliRunner().invoke(demo, ["tour"]).output

    assert key in tour
    assert example["keys"][name]["hash"] == [f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"]
