"""What is used of libraries beyond their documented interfaces, so that an upgrade shows it."""

import inspect
import re
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols import utils
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

from faucet.serve.connection import Connection, ServerConfig, WatchedTransport
from faucet.serve.protocol import BoundedProtocol
from faucet.serve.server import Server

_PROJECT = Path(__file__).parents[3] / "pyproject.toml"

_PROTOCOL = {
    "data_received": ("data",),
    "on_message_begin": (),
    "on_url": ("url",),
    "on_header": ("name", "value"),
    "on_headers_complete": (),
    "on_body": ("body",),
    "_unset_keepalive_if_required": (),
    "on_message_complete": (),
    "connection_made": ("transport",),
    "connection_lost": ("exc",),
    "eof_received": (),
    "pause_writing": (),
    "resume_writing": (),
    "timeout_keep_alive_handler": (),
    "on_response_complete": (),
    "_start_asgi_task": ("cycle", "app"),
}
_FLOW = {"pause_reading": (), "resume_reading": ()}
_SERVER = {
    "capture_signals": (),
    "main_loop": (),
    "startup": ("sockets",),
    "serve": ("sockets",),
}


def _parameters(owner: Any, name: str) -> tuple[str, ...]:
    return tuple(inspect.signature(getattr(owner, name)).parameters)[1:]


def _own_methods(extended: type) -> set[str]:
    return {name for name, member in vars(extended).items() if inspect.isfunction(member)}


@pytest.mark.parametrize(
    ("owner", "used"),
    [(HttpToolsProtocol, _PROTOCOL), (uvicorn.Server, _SERVER), (FlowControl, _FLOW)],
)
def test_uvicorn_has_the_methods_that_are_extended_or_called(owner, used):
    assert {name: _parameters(owner, name) for name in used} == used


def test_no_other_method_of_uvicorn_is_replaced():
    ours = _own_methods(BoundedProtocol) | _own_methods(Connection)
    of_protocol = ours & set(dir(HttpToolsProtocol))
    of_server = _own_methods(Server) & set(dir(uvicorn.Server))

    assert of_protocol - {"__init__"} <= set(_PROTOCOL)
    assert of_server - {"__init__"} <= set(_SERVER)


def test_uvicorn_keeps_the_attributes_that_are_set_from_outside():
    config = uvicorn.Config(lambda: None)

    assert config.timeout_graceful_shutdown is None
    assert uvicorn.Server(config).should_exit is False
    assert "self.transport" in inspect.getsource(HttpToolsProtocol)
    assert "self.flow = FlowControl(transport)" in inspect.getsource(HttpToolsProtocol)
    assert "self.timeout_keep_alive_task" in inspect.getsource(HttpToolsProtocol)
    assert "self.read_paused" in inspect.getsource(FlowControl)


def test_uvicorn_uses_nothing_of_a_transport_that_the_watched_one_lacks():
    sources = inspect.getsource(HttpToolsProtocol) + inspect.getsource(RequestResponseCycle)
    sources += inspect.getsource(FlowControl) + inspect.getsource(utils)
    of_websockets = {"set_protocol"}

    used = set(re.findall(r"\btransport\.(\w+)", sources)) - of_websockets

    assert used <= {name for name in dir(WatchedTransport) if not name.startswith("_")}


def test_nothing_of_uvicorns_configuration_is_replaced():
    unused: Any = None
    config = ServerConfig(
        unused, limits=unused, most_connections=unused, refuse=unused, full=unused
    )
    of_uvicorn = set(dir(uvicorn.Config(unused)))

    ours = set(dir(config)) - of_uvicorn
    assert ours == {"limits", "most_connections", "refuse", "full", "idle", "unread"}


def test_watchfiles_has_the_rust_class_that_is_called(tmp_path: Path):
    with RustNotify([str(tmp_path)], False, False, 0, False, False) as notifier:
        assert notifier.watch(50, 10, 20, None) == "timeout"

    assert issubclass(WatchfilesRustInternalError, RuntimeError)


@pytest.mark.parametrize("name", ["uvicorn", "watchfiles"])
def test_a_release_that_nobody_has_looked_at_is_not_installed(name: str):
    dependencies = tomllib.loads(_PROJECT.read_text())["project"]["dependencies"]
    (pinned,) = [one for one in dependencies if one.startswith(name)]

    below = pinned.partition("<")[2]
    assert [int(part) for part in version(name).split(".")[:2]] < [
        int(part) for part in below.split(".")
    ]
