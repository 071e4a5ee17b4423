"""How many connections the open files of the process allow."""

import resource
import sys

import msgspec
import pytest

from faucet.model.settings import PoolSettings
from faucet.serve.descriptors import file_limit, most_connections, raise_file_limit
from tests.factories import service, settings


def test_the_process_may_open_as_many_files_as_it_could():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 512), hard))
    try:
        raise_file_limit()
        raised = file_limit()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert raised == (sys.maxsize if hard == resource.RLIM_INFINITY else hard)


def _most(files: int, wanted: int | None = None, pool: int = 10) -> int:
    made = settings({}, (service(pool=PoolSettings(size=pool)),))
    server = msgspec.structs.replace(made.server, max_connections=wanted)
    return most_connections(msgspec.structs.replace(made, server=server), files)


@pytest.mark.fault("attacks.idle")
@pytest.mark.parametrize(
    ("files", "wanted", "pool", "expected"),
    [
        (1_000_000, None, 10, 10_000),
        (sys.maxsize, 50_000, 10, 50_000),
        (1024, None, 10, 910),
        (1024, 500, 10, 500),
        (1024, 5000, 10, 910),
        (100, None, 10, 25),
        (100, None, 1, 40),
        (4, None, 1, 1),
    ],
)
def test_files_are_left_for_databases_and_reloads(
    files: int, wanted: int | None, pool: int, expected: int
):
    assert _most(files, wanted, pool) == expected
