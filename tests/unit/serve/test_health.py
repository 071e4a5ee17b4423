"""What readiness knows of databases."""

import asyncio
from typing import Any

import pytest

from faucet.errors import DATABASE_UNAVAILABLE, ExecutionError
from faucet.events import ServiceChecked
from faucet.model.catalog import Unreachable
from faucet.serve.health import HealthChecks
from tests.factories import catalog, service, settings, surface

pytestmark = pytest.mark.anyio


class _Database:
    def __init__(self, answer: object) -> None:
        self.answer = answer

    async def ping(self) -> object:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


_SURFACE = surface(
    settings({}, (service("shop"), service("till"))),
    {"shop": catalog(), "till": Unreachable(reason="no")},
)


async def test_a_service_counts_by_its_catalog_until_it_is_asked():
    assert HealthChecks(print).of(_SURFACE) == {"shop": "ok", "till": "unreachable"}


@pytest.mark.parametrize("answer", [False, ExecutionError(DATABASE_UNAVAILABLE), TimeoutError()])
async def test_a_database_that_does_not_answer_is_unreachable_until_it_does(answer: object):
    told: list[object] = []
    health = HealthChecks(told.append)
    database: Any = _Database(answer)

    await health.check({"shop": database})
    down = health.of(_SURFACE)["shop"]
    await health.check({"shop": database})
    database.answer = True
    await health.check({"shop": database})

    assert down == "unreachable"
    assert health.of(_SURFACE)["shop"] == "ok"
    assert told == [
        ServiceChecked(service="shop", state="unreachable"),
        ServiceChecked(service="shop", state="ok"),
    ]


async def test_services_are_asked_side_by_side():
    asked = 0
    both = asyncio.Event()

    class Slow:
        async def ping(self) -> bool:
            nonlocal asked
            asked += 1
            if asked == 2:
                both.set()
            await both.wait()
            return True

    async with asyncio.timeout(20):
        services: Any = {"shop": Slow(), "till": Slow()}
        await HealthChecks(print).check(services)
