"""Executors shared between generations."""

from typing import Any

import msgspec
import pytest

from faucet.extension.dialect import Dialect
from faucet.model.settings import PoolSettings
from faucet.secret import Secret
from faucet.serve.engines import EngineLease, Engines, identity_of
from tests.factories import FACTS, service

pytestmark = pytest.mark.anyio


class RecordingExecutor:
    def __init__(self) -> None:
        self.closed = 0

    async def close(self) -> None:
        self.closed += 1


def _closed(lease: EngineLease) -> int:
    executor: Any = lease.executors["shop"]
    return int(executor.closed)


def _engines() -> Engines:
    return Engines({"postgres": _dialect(lambda _settings: RecordingExecutor())})


def _dialect(executor: Any) -> Any:
    unused: Any = None
    return Dialect(
        facts=FACTS.dialects["postgres"], forms=unused, introspect=unused, executor=executor
    )


async def test_a_service_that_did_not_change_keeps_its_executor():
    engines = _engines()
    first = engines.acquire({"shop": service()})

    second = engines.acquire({"shop": service(label="Web shop", tables={"include": ["a*"]})})
    await engines.release(first)

    assert second.executors["shop"] is first.executors["shop"]
    assert _closed(first) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"dsn": Secret("postgresql://faucet:other@db/shop")},
        {"schema": "sales"},
        {"read_only": True},
        {"pool": PoolSettings(size=3)},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_a_service_that_changed_gets_another_and_the_old_one_closes_last(change):
    engines = _engines()
    first = engines.acquire({"shop": service()})

    second = engines.acquire({"shop": service(**change)})

    assert second.executors["shop"] is not first.executors["shop"]
    assert _closed(first) == 0
    await engines.release(first)
    assert _closed(first) == 1
    assert _closed(second) == 0
    assert len(engines) == 1


async def test_two_services_of_one_database_keep_their_own_bounds():
    engines = _engines()

    lease = engines.acquire({"shop": service("shop"), "till": service("till")})

    assert lease.executors["shop"] is not lease.executors["till"]


async def test_a_dialect_that_raises_leaves_nothing_counted():
    def refuse(_settings):
        raise ValueError("no")

    engines = Engines(
        {
            "postgres": _dialect(lambda _settings: RecordingExecutor()),
            "sqlite": _dialect(refuse),
        }
    )

    with pytest.raises(ValueError):
        engines.acquire({"shop": service(), "file": service("file", dialect="sqlite")})

    assert len(engines) == 0


def test_an_identity_holds_no_secret():
    identity = identity_of(service(dsn=Secret("postgresql://u:hunter2@db/shop")))

    assert b"hunter2" not in msgspec.json.encode(identity)
