"""Databases that accept a query and never answer it: they delay no revocation."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import pytest

from faucet.model.catalog import Catalog, Unreachable
from faucet.serve.recovery import Retries
from faucet.serve.refreshes import Refreshes
from faucet.serve.reloads import ReloadRequest
from tests.fake_dialect import new_store, registry_with
from tests.unit.serve.serving import until
from tests.unit.serve.supervised import Supervised

pytestmark = pytest.mark.anyio

_MANIFEST = """\
version: 1
services: {{{services}}}
roles:
  clerk: {{grants: [{{service: quick, tables: [notes], verbs: [{verbs}]}}]}}
"""
_QUICK = "quick: {driver: fake, dsn: 'fake://quick'}"
_SLOW = "slow: {{driver: fake, dsn: 'fake://slow', required: {required}}}"


class _Stores(dict[str, Connection]):
    """Stores of which the one named slow answers only while *answers* is set."""

    def __init__(self) -> None:
        super().__init__(quick=new_store(), slow=new_store())
        self.answers = threading.Event()
        self.queried = 0

    def __contains__(self, name: object) -> bool:
        if name == "slow":
            self.queried += 1
            self.answers.wait()
        return super().__contains__(name)


class _Hanging(Supervised):
    """A supervisor of a manifest with the services quick and slow."""

    def __init__(self, folder: Path) -> None:
        self.stores = _Stores()
        super().__init__(folder, registry_with(self.stores))

    def write_services(self, *services: str, verbs: str = "GET") -> None:
        text = _MANIFEST.format(services=", ".join(services), verbs=verbs)
        self.manifest.write_text(text)

    @property
    def verbs(self) -> Any:
        service = self.supervisor.loaded.surface.roles["clerk"].services["quick"]
        return {verb.value for verb in service.resources["notes"].grants}

    @property
    def slow(self) -> Any:
        return self.supervisor.loaded.catalogs["slow"]


@pytest.fixture
def hanging(tmp_path: Path) -> Iterator[_Hanging]:
    made = _Hanging(tmp_path)
    yield made
    made.stores.answers.set()


def _slow(*, required: bool = False) -> str:
    return _SLOW.format(required=str(required).lower())


async def test_a_start_does_not_wait_for_an_optional_database_and_applies_it_once_it_answers(
    hanging: _Hanging,
):
    hanging.write_services(_QUICK, _slow())
    await hanging.start()
    at_start = hanging.slow

    hanging.stores.answers.set()
    await until(lambda: hanging.supervisor._slot is not None)
    await hanging.handle_requests()

    assert isinstance(at_start, Unreachable)
    assert isinstance(hanging.slow, Catalog)
    assert hanging.kinds() == ["Switched", "Switched"]


async def test_a_required_database_that_answers_during_a_build_is_not_missing(hanging: _Hanging):
    loop, finish = asyncio.get_running_loop(), hanging.loader.finish

    def finish_after_the_answer(*inputs: Any) -> Any:
        hanging.stores.answers.set()
        for thread in threading.enumerate():
            if thread.name == "faucet-introspect":
                thread.join()
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result()
        return finish(*inputs)

    hanging.loader.finish = finish_after_the_answer
    hanging.write_services(_QUICK, _slow(required=True))
    await hanging.start()

    assert isinstance(hanging.slow, Catalog)


@pytest.mark.fault("attacks.hanging")
async def test_a_revocation_queries_no_database_that_is_known_to_hang(hanging: _Hanging):
    hanging.write_services(_QUICK, _slow(), verbs="GET, DELETE")
    await hanging.start()

    hanging.write_services(_QUICK, _slow(), verbs="GET")
    await hanging.reloaded()

    assert hanging.verbs == {"GET"}
    assert hanging.stores.queried == 1


@pytest.mark.fault("attacks.hanging")
async def test_a_revocation_does_not_wait_for_the_recovery_of_a_database(hanging: _Hanging):
    hanging.write_services(_QUICK, _slow(), verbs="GET, DELETE")
    await hanging.start()
    retrying = Retries(hanging.supervisor).start()
    again = Retries(hanging.supervisor)
    again.start()
    repeated = again.start()

    hanging.write_services(_QUICK, _slow(), verbs="GET")
    await hanging.reloaded()

    assert retrying.pending == ("slow",)
    assert repeated.pending == ()
    assert hanging.verbs == {"GET"}


async def test_a_query_that_hangs_does_not_keep_a_database_that_is_back_from_another(
    hanging: _Hanging,
):
    hanging.write_services(_QUICK, _slow())
    await hanging.start()
    now = 0.0
    began: list[float] = []
    retries = Retries(hanging.supervisor, lambda: now)
    for now in (0.0, 1.0, 2.0, 5.0, 6.0, 13.0, 14.0):
        began += [now] if retries.start().pending else []

    hanging.stores.answers.set()
    await until(lambda: hanging.supervisor._slot is not None)
    await hanging.handle_requests()

    # Each time after twice as long: few threads wait for what never answers.
    assert began == [0.0, 2.0, 6.0, 14.0]
    assert isinstance(hanging.slow, Catalog)


async def test_a_refresh_applies_the_manifest_although_a_known_database_hangs(hanging: _Hanging):
    hanging.stores.answers.set()
    hanging.write_services(_QUICK, _slow(), verbs="GET, DELETE")
    await hanging.start()
    hanging.stores.answers.clear()

    hanging.write_services(_QUICK, _slow(), verbs="GET")
    await hanging.reloaded(ReloadRequest(refresh=True))

    assert hanging.verbs == {"GET"}
    assert isinstance(hanging.slow, Catalog)
    assert not hanging.supervisor.incomplete


async def test_an_edit_is_applied_although_the_one_before_waits_for_a_required_database(
    hanging: _Hanging,
):
    hanging.write_services(_QUICK, verbs="GET, DELETE")
    await hanging.start()
    running = asyncio.create_task(hanging.supervisor.run(lambda: None))

    hanging.write_services(_QUICK, _slow(required=True), verbs="GET, DELETE")
    hanging.supervisor.request_reload(ReloadRequest())
    await until(lambda: "AwaitingDatabases" in hanging.kinds())
    hanging.supervisor.request_reload(ReloadRequest())
    hanging.write_services(_QUICK, verbs="GET")
    hanging.supervisor.request_reload(ReloadRequest())
    await until(lambda: hanging.supervisor.number == 2)
    running.cancel()

    assert hanging.verbs == {"GET"}
    assert hanging.kinds() == ["Switched", "AwaitingDatabases", "Switched"]


async def test_an_edit_that_needs_a_database_waits_for_it_whatever_else_is_requested(
    hanging: _Hanging,
):
    hanging.write_services(_QUICK)
    await hanging.start()
    running = asyncio.create_task(hanging.supervisor.run(lambda: None))

    hanging.write_services(_QUICK, _slow(required=True))
    hanging.supervisor.request_reload(ReloadRequest())
    await until(lambda: "AwaitingDatabases" in hanging.kinds())
    hanging.supervisor.request_reload(ReloadRequest())
    await until(lambda: not hanging.supervisor._requested.is_set())
    hanging.stores.answers.set()
    await until(lambda: hanging.supervisor.number == 2)
    running.cancel()

    assert isinstance(hanging.slow, Catalog)
    assert hanging.stores.queried == 1


async def test_a_start_reports_the_required_database_that_it_waits_for(hanging: _Hanging):
    hanging.write_services(_QUICK, _slow(required=True))
    starting = asyncio.create_task(hanging.start())
    await until(lambda: "AwaitingDatabases" in hanging.kinds())

    hanging.stores.answers.set()
    await starting

    assert hanging.published[0].services == ("slow",)
    assert hanging.supervisor.number == 1


@pytest.mark.fault("catalog.notify")
async def test_a_refresh_requested_during_another_is_not_lost(hanging: _Hanging):
    hanging.stores.answers.set()
    hanging.write_services(_QUICK, _slow())
    await hanging.start()
    refreshes = Refreshes()
    refreshes.follow(hanging.supervisor)
    hanging.stores.answers.clear()

    for _ in range(3):
        refreshes.request("slow")
    await until(lambda: hanging.stores.queried == 2)
    for _ in range(3):
        refreshes.request("slow")
    hanging.stores.answers.set()
    await until(lambda: hanging.stores.queried == 3)
    await until(lambda: not refreshes._reading)

    assert hanging.stores.queried == 3
    assert hanging.supervisor._slot is None
