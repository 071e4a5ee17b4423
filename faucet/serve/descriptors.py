"""How many files the process may open, and how many of them may be connections."""

import resource
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from faucet.model.settings import ServiceSettings, Settings

_MOST_CONNECTIONS: Final = 10_000
"""The default where files are no limit; each connection takes some kilobytes."""
_OWN_FILES: Final = 48
"""Standard streams, event loop, listeners, watches, and files read by a load."""
_OF_SESSION: Final = 3
"""A session of a database takes one socket, or a file with its log and shared memory."""
_POOLS: Final = 2
"""While a generation replaces another one, the pools of both are open."""


def raise_file_limit() -> None:
    """Let the process open as many files as its hard limit allows, where the system agrees."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def file_limit() -> int:
    """Return how many files the process may open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft


def most_connections(settings: Settings, files: int) -> int:
    """
    Return how many connections a process that may open *files* accepts with *settings*.

    That leaves files for databases and reloads, so that callers cannot lock out the operator.
    """
    wanted = settings.server.max_connections or _MOST_CONNECTIONS
    reserved = _OWN_FILES + _POOLS * _pool_files(settings.services)
    return max(1, min(wanted, max(files - reserved, files // 4)))


def _pool_files(services: Mapping[str, ServiceSettings]) -> int:
    return sum(_OF_SESSION * (service.pool.size + 1) for service in services.values())
