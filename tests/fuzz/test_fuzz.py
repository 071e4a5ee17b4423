"""Any bytes get an answer or an end, and leave the server as it was."""

import os
import secrets
from pathlib import Path

import pytest

from tests.fuzz.campaign import run_campaign
from tests.fuzz.messages import make_case

_SECONDS = float(os.environ.get("FAUCET_FUZZ_SECONDS", "10"))
_SEED = int(os.environ.get("FAUCET_FUZZ_SEED", secrets.randbelow(2**32)))


@pytest.mark.e2e
@pytest.mark.slow
def test_no_bytes_break_the_server(tmp_path: Path):
    print(f"seed {_SEED}: python -m tests.fuzz --seed {_SEED} --case NUMBER")

    report = run_campaign(tmp_path, _SEED, _SECONDS)

    assert report.faults == ()
    assert report.cases > 0


def test_a_case_is_the_same_each_time_and_another_for_each_seed():
    cases = [make_case(1, number) for number in range(200)]

    assert cases == [make_case(1, number) for number in range(200)]
    assert cases != [make_case(2, number) for number in range(200)]
    assert {case.intact is None for case in cases} == {True, False}
