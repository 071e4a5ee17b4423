"""The texts of errors: bounded, whatever the caller sent."""

from faucet.errors import UNKNOWN_COLUMN, PlanError


def test_an_error_quotes_only_the_start_of_a_long_name():
    name = "k" * 10_000_000

    error = PlanError(UNKNOWN_COLUMN, f'there is no column "{name}"', column=name, record=3)

    assert error.message.startswith('there is no column "kkk')
    assert len(error.message) == len(str(error)) == 1_001
    assert error.context == {"column": "k" * 200 + "…", "record": 3}


def test_an_error_quotes_a_name_of_any_usual_length():
    error = PlanError(UNKNOWN_COLUMN, f'there is no column "{"k" * 200}"', column="k" * 200)

    assert error.context == {"column": "k" * 200}
    assert error.message.endswith('k"')
