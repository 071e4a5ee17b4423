"""The garbage collector does not stop requests to look at what the process loaded to start."""

from pathlib import Path

from tests.servers.faucet_process import FaucetProcess

_MANIFEST = """\
version: 1
server: {host: 127.0.0.1}
services: {shop: {driver: sqlite, dsn: test.db}}
roles: {}
"""


def test_what_was_loaded_at_the_start_is_not_collected_again(sqlite_database: Path):
    folder = sqlite_database.parent
    (folder / "faucet.yaml").write_text(_MANIFEST)

    with FaucetProcess(folder, "-p", "0", module="tests.servers.collecting") as server:
        server.listening()
        server.stop()

        # The modules alone are many more.
        assert server.event("Frozen")["objects"] > 50_000
