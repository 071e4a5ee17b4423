"""Reloads, one at a time, with everything that can go wrong."""

import asyncio
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import pytest

from faucet import events
from faucet.serve.reloads import ReloadRequest
from faucet.serve.running import Running
from faucet.serve.startup import StartError
from tests.unit.serve.supervised import Supervised

pytestmark = pytest.mark.anyio


@pytest.fixture
def supervised(tmp_path: Path) -> Supervised:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        database.execute("CREATE TABLE items (id INTEGER PRIMARY KEY)")
    made = Supervised(tmp_path)
    made.write()
    return made


async def test_the_same_inputs_make_nothing_new(supervised: Supervised):
    await supervised.start()
    supervised.published.clear()

    await supervised.reloaded()
    supervised.manifest.write_text(supervised.manifest.read_text() + "# said\n")
    await supervised.reloaded()
    await supervised.reloaded(ReloadRequest(refresh=True))

    assert supervised.supervisor.number == 1
    assert supervised.kinds() == ["Unchanged", "Unchanged"]


@pytest.mark.fault("operators.reloads")
async def test_a_reload_says_why_it_was_what_changed_and_how_long_it_took(supervised: Supervised):
    await supervised.start()
    supervised.published.clear()

    supervised.write(verbs="GET, POST")
    await supervised.reloaded()
    with closing(sqlite3.connect(supervised.folder / "shop.db")) as database:
        database.execute("CREATE TABLE later (id INTEGER PRIMARY KEY)")
    await supervised.reloaded(ReloadRequest(refresh=True))
    supervised.write(verbs="GTE")
    await supervised.reloaded()

    told = [
        (type(event).__name__, event.trigger, getattr(event, "changed", None))
        for event in supervised.published
        if not isinstance(event, events.Retired)
    ]
    assert told == [
        ("Switched", "files", ("roles",)),
        ("Switched", "signal", ("tables",)),
        ("Refused", "files", None),
    ]
    assert all(event.ms >= 0 for event in supervised.published if hasattr(event, "ms"))


@pytest.mark.fault("attacks.control_plane")
async def test_a_reload_needs_no_thread_that_others_may_keep_busy(supervised: Supervised):
    await supervised.start()
    released = threading.Event()
    with ThreadPoolExecutor(1) as busy:
        asyncio.get_running_loop().set_default_executor(busy)
        held = asyncio.get_running_loop().run_in_executor(None, released.wait)
        try:
            supervised.write(verbs="GET, POST")
            async with asyncio.timeout(20):
                await supervised.reloaded()
        finally:
            released.set()
            await held

    assert supervised.supervisor.number == 2


async def test_a_refused_manifest_leaves_everything_and_its_fix_is_no_new_generation(
    supervised: Supervised,
):
    await supervised.start()
    before = supervised.supervisor.switch.current

    supervised.write(verbs="GTE")
    await supervised.reloaded()
    refused = supervised.last
    supervised.write()
    await supervised.reloaded()

    assert supervised.supervisor.switch.current is before
    assert not refused.ok
    assert refused.diagnostics[0]["severity"] == "error"
    assert supervised.last.ok


async def test_a_bug_while_loading_leaves_everything_and_is_told(supervised: Supervised):
    await supervised.start()

    def broken(_loaded, _number: int) -> Running:
        raise ZeroDivisionError

    supervised.write(verbs="GET, POST")
    supervised.assemble = broken
    await supervised.reloaded()
    crashed = supervised.last
    supervised.assemble = supervised._assemble
    supervised.write(verbs="GET, PUT")
    await supervised.reloaded()

    assert "ReloadCrashed" in supervised.kinds()
    assert [one["code"] for one in crashed.diagnostics] == ["FCT1903"]
    assert supervised.supervisor.number == 2


async def test_a_generation_that_does_not_start_leaves_the_one_that_serves(
    supervised: Supervised,
):
    await supervised.start()
    before = supervised.supervisor.switch.current

    @asynccontextmanager
    async def failing():
        if supervised.folder.exists():
            raise OSError("no")
        yield

    def assemble(loaded, number: int) -> Running:
        made = supervised._assemble(loaded, number)
        made._lifespan = failing()
        return made

    supervised.assemble = assemble
    supervised.write(verbs="GET, POST")
    await supervised.reloaded()

    assert supervised.supervisor.switch.current is before
    assert supervised.kinds()[-1] == "ReloadCrashed"


async def test_a_manifest_that_cannot_be_read_leaves_the_last_good_one(supervised: Supervised):
    await supervised.start()

    supervised.manifest.unlink()
    await supervised.reloaded()
    await supervised.reloaded()

    assert [one["code"] for one in supervised.last.diagnostics] == ["FCT1902"]
    assert supervised.kinds().count("ManifestGone") == 1
    assert supervised.supervisor.number == 1


async def test_a_bad_manifest_at_the_start_is_an_error(supervised: Supervised):
    supervised.write(verbs="GTE")

    with pytest.raises(StartError):
        await supervised.start()

    assert supervised.kinds() == ["Refused"]


async def test_a_manifest_that_is_a_folder_at_the_start_is_an_error(supervised: Supervised):
    supervised.manifest.unlink()
    supervised.manifest.mkdir()

    with pytest.raises(StartError):
        await supervised.start()

    (refused,) = supervised.published
    assert [one.code for one in refused.diagnostics] == ["FCT1902"]


async def test_without_a_manifest_generation_0_waits_for_the_first(supervised: Supervised):
    text = supervised.manifest.read_text()
    supervised.manifest.unlink()
    await supervised.start()
    empty = supervised.status.now()

    supervised.manifest.write_text(text)
    await supervised.reloaded()

    assert (empty.number, empty.fingerprint, empty.last_reload) == (0, None, None)
    assert supervised.kinds() == ["Waiting", "Switched"]
    assert supervised.supervisor.number == 1


async def test_wishes_meet_in_one_slot_and_none_is_lost(supervised: Supervised):
    await supervised.start()
    with closing(sqlite3.connect(supervised.folder / "shop.db")) as database:
        database.execute("ALTER TABLE items ADD COLUMN name TEXT")
    before = supervised.supervisor.loaded.surface.fingerprint
    switched = asyncio.Event()
    running = asyncio.create_task(supervised.supervisor.run(switched.set))

    supervised.supervisor.request_reload(ReloadRequest(refresh=True))
    for _ in range(100):
        supervised.supervisor.request_reload(ReloadRequest())

    async with asyncio.timeout(20):
        await switched.wait()
    running.cancel()
    assert supervised.supervisor.loaded.surface.fingerprint != before


async def test_a_catalog_is_used_again_while_its_connection_is_the_same(supervised: Supervised):
    await supervised.start()
    known = supervised.supervisor.loaded.catalogs["shop"]

    supervised.write(verbs="GET, POST")
    await supervised.reloaded()
    kept = supervised.supervisor.loaded.catalogs["shop"]
    (supervised.folder / "other.db").write_bytes((supervised.folder / "shop.db").read_bytes())
    supervised.write(database="other.db")
    await supervised.reloaded()

    assert kept is known
    assert supervised.supervisor.loaded.catalogs["shop"] is not known
    assert supervised.supervisor.number == 3


async def test_a_table_that_is_not_published_changes_nothing_until_a_manifest_grants_it(
    supervised: Supervised,
):
    hidden = supervised.manifest.read_text().replace(
        "required:", "tables: {exclude: [plans]}, required:"
    )
    supervised.manifest.write_text(hidden)
    await supervised.start()
    with closing(sqlite3.connect(supervised.folder / "shop.db")) as database:
        database.execute("CREATE TABLE plans (id INTEGER PRIMARY KEY)")
        database.execute("CREATE VIRTUAL TABLE search USING fts5 (body)")

    await supervised.reloaded(ReloadRequest(refresh=True))
    unchanged = supervised.supervisor.number
    supervised.manifest.write_text(hidden.replace("[items]", "[items, search]"))
    await supervised.reloaded()

    assert unchanged == 1
    assert supervised.supervisor.number == 2
    visitor = supervised.supervisor.loaded.surface.roles["visitor"]
    assert set(visitor.services["shop"].resources) == {"items", "search"}


@pytest.mark.parametrize(
    "change", ["tables: [items, plans]", "tables: [items], fields: [id, note]"]
)
async def test_a_manifest_for_tables_that_are_new_is_served_without_a_signal(
    supervised: Supervised, change: str
):
    await supervised.start()
    with closing(sqlite3.connect(supervised.folder / "shop.db")) as database:
        database.execute("CREATE TABLE plans (id INTEGER PRIMARY KEY)")
        database.execute("ALTER TABLE items ADD COLUMN note TEXT")

    text = supervised.manifest.read_text()
    supervised.manifest.write_text(text.replace("tables: [items]", change))
    await supervised.reloaded()

    assert supervised.last.ok
    assert supervised.supervisor.number == 2


async def test_a_database_that_comes_back_is_served_although_the_manifest_is_bad_by_now(
    supervised: Supervised,
):
    with _moved_away(supervised.folder / "shop.db"):
        await supervised.start()
        incomplete = supervised.supervisor.incomplete
        supervised.write(verbs="GTE")
        await supervised.reloaded()
        await supervised.recovered()
        assert supervised.supervisor.number == 1

    await supervised.recovered()

    assert incomplete
    assert supervised.supervisor.number == 2
    assert not supervised.supervisor.incomplete
    assert not supervised.last.ok


async def test_a_refresh_during_an_outage_keeps_what_is_known(supervised: Supervised):
    supervised.write(required=True)
    await supervised.start()

    with _moved_away(supervised.folder / "shop.db"):
        await supervised.reloaded(ReloadRequest(refresh=True))

    assert supervised.kinds()[-1] == "Unchanged"
    assert not supervised.supervisor.incomplete


@contextmanager
def _moved_away(path: Path):
    away = path.with_suffix(".away")
    path.rename(away)
    yield
    away.rename(path)


async def test_building_leaves_the_event_loop_alone(supervised: Supervised):
    await supervised.start()
    threads: list[threading.Thread] = []
    finish = supervised.loader.finish

    def watched(*arguments, **options):
        threads.append(threading.current_thread())
        return finish(*arguments, **options)

    supervised.loader.finish = watched
    supervised.write(verbs="GET, POST")
    await supervised.reloaded()

    assert threads
    assert threading.main_thread() not in threads


async def test_an_edit_that_would_lose_a_served_database_is_refused_and_tried_again(
    supervised: Supervised,
):
    await supervised.start()
    supervised.write(database="elsewhere.db")

    await supervised.reloaded()

    assert supervised.supervisor.number == 1
    assert [one["code"] for one in supervised.last.diagnostics if one["severity"] == "error"] == [
        "FCT1403"
    ]
    assert supervised.last.diagnostics[0]["line"] == 2
    assert supervised.supervisor.incomplete

    with closing(sqlite3.connect(supervised.folder / "elsewhere.db")) as database:
        database.execute("CREATE TABLE items (id INTEGER PRIMARY KEY)")
    await supervised.recovered()

    assert supervised.supervisor.number == 2
    assert not supervised.supervisor.incomplete
