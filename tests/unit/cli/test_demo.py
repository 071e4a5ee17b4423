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


@pytest.mark.parametrize(("name", "key"), [("till-1", CLERK_KEY), ("office", MANAGER_KEY)])
def test_the_tour_shows_keys_whose_hashes_the_example_holds(name: str, key: str):
    example = yaml.safe_load(_EXAMPLE.read_text())
    tour = CliRunner().invoke(demo, ["tour"]).output

    assert key in tour
    assert example["keys"][name]["hash"] == [f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"]
