"""How a start ends, and what it reports first."""

import socket
from contextlib import closing
from pathlib import Path

import pytest

from tests.servers.faucet_process import FaucetProcess

pytestmark = pytest.mark.e2e

_MANIFEST = "version: 1\nserver: {host: 127.0.0.1, port: 0}\n"


@pytest.mark.fault("operators.missing")
def test_a_manifest_that_is_named_and_missing_ends_with_1_and_one_line(tmp_path: Path):
    with FaucetProcess(tmp_path, "-c", "other.yaml") as by_flag:
        by_flag.ended()
    with FaucetProcess(tmp_path, environment={"FAUCET_CONFIG": "other.yaml"}) as by_variable:
        by_variable.ended()

    for process in (by_flag, by_variable):
        assert process.process.returncode == 1
        assert len(process.lines) == 1
        assert "other.yaml: no such file" in process.lines[0]
        assert "--wait" in process.lines[0]


@pytest.mark.fault("operators.missing")
def test_with_wait_a_manifest_that_is_named_may_come_later(tmp_path: Path):
    with FaucetProcess(tmp_path, "-c", "other.yaml", "-p", "0", "--wait") as server:
        server.listening()
        (tmp_path / "other.yaml").write_text("version: 1\n")
        server.generation(1)


@pytest.mark.fault("operators.port")
def test_the_port_is_bound_before_the_generation_is_reported(tmp_path: Path):
    (tmp_path / "faucet.yaml").write_text(_MANIFEST)

    with FaucetProcess(tmp_path) as server:
        server.listening()
        order = [
            name
            for line in server.lines
            for name in ("Bound", "Switched", "Listening")
            if f'"event":"{name}"' in line
        ]

    assert order == ["Bound", "Switched", "Listening"]


@pytest.mark.fault("operators.port")
def test_a_port_in_use_has_an_event_of_its_own_and_nothing_is_reported_as_serving(tmp_path: Path):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        (tmp_path / "faucet.yaml").write_text(_MANIFEST.replace("port: 0", f"port: {port}"))

        with FaucetProcess(tmp_path) as server:
            code = server.ended()

    assert code == 1
    (event,) = server.events("CannotListen")
    assert (event["level"], event["host"], event["port"]) == ("error", "127.0.0.1", port)
    assert server.events("Switched") == []


@pytest.mark.fault("operators.dev")
@pytest.mark.parametrize(
    ("arguments", "environment", "host"),
    [
        ((), {}, "127.0.0.1"),
        (("--host", "0.0.0.0"), {}, "0.0.0.0"),
        ((), {"FAUCET_SERVER_HOST": "0.0.0.0"}, "0.0.0.0"),
    ],
)
def test_dev_listens_on_this_machine_alone_unless_a_flag_or_variable_names_a_host(
    tmp_path: Path, arguments: tuple[str, ...], environment: dict[str, str], host: str
):
    (tmp_path / "faucet.yaml").write_text("version: 1\nserver: {host: 0.0.0.0, port: 0}\n")

    with FaucetProcess(tmp_path, "--dev", *arguments, environment=environment) as server:
        server.listening()

    assert any(f"listening on http://{host}:" in line for line in server.lines)


@pytest.mark.fault("operators.options")
def test_a_variable_that_nothing_reads_is_reported_and_one_of_the_manifest_is_not(tmp_path: Path):
    (tmp_path / "faucet.yaml").write_text(_MANIFEST + "logging: {level: '${env:FAUCET_LEVEL}'}\n")
    environment = {
        "FAUCET_XYZZY": "9000",
        "FAUCET_SERVER_PRT": "9000",
        "FAUCET_LEVEL": "info",
        "FAUCET_TELEMETRY": "off",
        "FAUCET_SERVICE_HOST": "10.0.0.1",
        "FAUCET_PORT_8080_TCP": "tcp://10.0.0.1:8080",
    }

    with FaucetProcess(tmp_path, environment=environment) as server:
        server.listening()
        found = {event["name"]: event["hint"] for event in server.events("UnknownVariable")}

    assert found == {"FAUCET_XYZZY": "", "FAUCET_SERVER_PRT": 'did you mean "FAUCET_SERVER_PORT"?'}
