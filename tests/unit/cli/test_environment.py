"""Flags over environment."""

import click
import pytest

from faucet.cli.environment import Flags, overrides
from faucet.control.overrides import Overrides
from faucet.secret import Secret


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch):
    for name in ("SERVER_HOST", "SERVER_PORT", "LOG_LEVEL", "LOG_FORMAT", "MCP_ENABLED"):
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


@pytest.mark.fault("operators.warn")
def test_the_level_may_be_warn(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FAUCET_LOG_LEVEL", "WARN")

    assert overrides().log_level == "warn"


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


@pytest.mark.parametrize(
    ("text", "enabled"), [("true", True), ("1", True), ("FALSE", False), ("0", False), ("", None)]
)
def test_the_environment_enables_and_disables_agents(
    monkeypatch: pytest.MonkeyPatch, text: str, enabled: bool | None
):
    monkeypatch.setenv("FAUCET_MCP_ENABLED", text)

    assert overrides().mcp_enabled is enabled


def test_a_switch_that_is_neither_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FAUCET_MCP_ENABLED", "maybe")

    with pytest.raises(click.UsageError, match="FAUCET_MCP_ENABLED must be true or false"):
        overrides()
