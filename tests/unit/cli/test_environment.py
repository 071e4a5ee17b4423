"""Flags over environment."""

import click
import pytest

from faucet.cli.environment import Flags, overrides
from faucet.control.overrides import Overrides
from faucet.secret import Secret


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch):
    for name in ("SERVER_HOST", "SERVER_PORT", "LOG_LEVEL", "LOG_FORMAT"):
        monkeypatch.delenv(f"FAUCET_{name}", raising=False)
    for name in ("JWT_SECRET", "API_KEY_HEADER"):
        monkeypatch.delenv(f"FAUCET_AUTH_{name}", raising=False)


def test_nothing_said_overrides_nothing():
    assert overrides() == Overrides()


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FAUCET_SERVER_HOST", "::1")
    monkeypatch.setenv("FAUCET_SERVER_PORT", "0")
    monkeypatch.setenv("FAUCET_AUTH_API_KEY_HEADER", "X-Till-Key")
    monkeypatch.setenv("FAUCET_AUTH_JWT_SECRET", "s3cret")
    monkeypatch.setenv("FAUCET_LOG_LEVEL", "WARNING")
    monkeypatch.setenv("FAUCET_LOG_FORMAT", "text")

    assert overrides() == Overrides(
        host="::1",
        port=0,
        api_key_header="X-Till-Key",
        jwt_secret=Secret("s3cret"),
        log_level="warning",
        log_format="text",
    )


def test_flags_beat_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FAUCET_SERVER_HOST", "::1")
    monkeypatch.setenv("FAUCET_SERVER_PORT", "80")
    monkeypatch.setenv("FAUCET_LOG_LEVEL", "error")

    made = overrides(Flags(host="127.0.0.1", port=0, log_level="debug"))

    assert (made.host, made.port, made.log_level) == ("127.0.0.1", 0, "debug")


def test_an_empty_variable_is_an_absent_one_but_not_the_secret(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FAUCET_SERVER_PORT", "")
    assert overrides() == Overrides()

    monkeypatch.setenv("FAUCET_AUTH_JWT_SECRET", "")
    with pytest.raises(click.UsageError):
        overrides()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FAUCET_SERVER_PORT", "65536"),
        ("FAUCET_SERVER_PORT", "0655350"),
        ("FAUCET_SERVER_PORT", "+80"),
        ("FAUCET_AUTH_API_KEY_HEADER", "X Key"),
        ("FAUCET_AUTH_API_KEY_HEADER", "X-Key:"),
        ("FAUCET_LOG_LEVEL", "loud"),
        ("FAUCET_LOG_FORMAT", "xml"),
    ],
)
def test_a_value_that_cannot_be_meant_is_a_usage_error(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
):
    monkeypatch.setenv(name, value)

    with pytest.raises(click.UsageError, match=name):
        overrides()
