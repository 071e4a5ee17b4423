"""Noticing that something may have changed."""

import asyncio
import os
import shutil
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from faucet.events import WatchFailed
from faucet.serve.inputs import folders_of
from faucet.serve.watch import Watcher

pytestmark = pytest.mark.anyio


class _Watched:
    """A running watcher of one path, and what it said."""

    def __init__(self, path: Path, mode: str = "events") -> None:
        self.path = path
        self.called = asyncio.Event()
        self.published: list[object] = []
        self.watcher = Watcher(
            folders=lambda: folders_of([str(path)]),
            changed=self.called.set,
            publish=self.published.append,
            mode=lambda: mode,
        )

    async def seen(self, text: str) -> None:
        """Wait until a call came after which the file holds *text*."""
        async with asyncio.timeout(20):
            while not self.path.exists() or self.path.read_text() != text:
                await self.called.wait()
                self.called.clear()
            await self.called.wait()


@asynccontextmanager
async def _watching(path: Path, mode: str = "events"):
    watched = _Watched(path, mode)
    task = asyncio.create_task(watched.watcher.run())
    async with asyncio.timeout(20):
        if mode == "events":
            await watched.called.wait()
    watched.called.clear()
    yield watched
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("mode", ["events", "poll"])
async def test_an_edit_is_noticed(tmp_path: Path, mode: str):
    manifest = tmp_path / "faucet.yaml"
    manifest.write_text("one")

    async with _watching(manifest, mode) as watched:
        manifest.write_text("two")

        await watched.seen("two")


async def test_an_editors_rename_is_noticed(tmp_path: Path):
    manifest, draft = tmp_path / "faucet.yaml", tmp_path / ".faucet.yaml.swp"
    manifest.write_text("one")

    async with _watching(manifest) as watched:
        draft.write_text("two")
        draft.rename(manifest)

        await watched.seen("two")


async def test_every_swap_of_a_config_map_is_noticed(tmp_path: Path):
    _config_map(tmp_path, "one")
    (tmp_path / "faucet.yaml").symlink_to("..data/faucet.yaml")

    async with _watching(tmp_path / "faucet.yaml") as watched:
        for text in ("two", "three"):
            watched.called.clear()
            _config_map(tmp_path, text)

            await watched.seen(text)


def _config_map(folder: Path, text: str) -> None:
    (folder / f"..{text}").mkdir()
    (folder / f"..{text}" / "faucet.yaml").write_text(text)
    (folder / "..data_tmp").symlink_to(f"..{text}")
    os.rename(folder / "..data_tmp", folder / "..data")  # noqa: PTH104 - as the kubelet does it


@pytest.mark.fault("operators.watch")
async def test_a_folder_that_is_deleted_and_made_again_is_watched_again(tmp_path: Path):
    manifest = tmp_path / "etc" / "faucet" / "faucet.yaml"
    manifest.parent.mkdir(parents=True)
    manifest.write_text("one")

    async with _watching(manifest) as watched:
        shutil.rmtree(tmp_path / "etc")
        manifest.parent.mkdir(parents=True)
        manifest.write_text("two")
        await watched.seen("two")

        watched.called.clear()
        manifest.write_text("three")
        await watched.seen("three")


async def test_what_cannot_be_watched_is_polled_and_said_once(tmp_path: Path):
    watched = _Watched(tmp_path / "faucet.yaml")
    watched.watcher._folders = lambda: frozenset({"/proc/self/nothing"})

    task = asyncio.create_task(watched.watcher.run())
    async with asyncio.timeout(20):
        for _ in range(2):
            await watched.called.wait()
            watched.called.clear()
    task.cancel()

    assert [type(event) for event in watched.published] == [WatchFailed]


async def test_off_notices_nothing_until_the_mode_changes(tmp_path: Path):
    mode = "off"
    watched = _Watched(tmp_path / "faucet.yaml")
    watched.watcher._mode = lambda: mode
    task = asyncio.create_task(watched.watcher.run())
    await asyncio.sleep(0)
    assert not watched.called.is_set()

    mode = "events"
    watched.watcher.rearm()

    async with asyncio.timeout(20):
        await watched.called.wait()
    task.cancel()
