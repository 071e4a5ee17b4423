"""A supervisor of the manifest in a folder, without HTTP."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from faucet.control.overrides import Overrides
from faucet.control.pipeline import Built
from faucet.extension.registry import Registry
from faucet.serve.load import LoadParts
from faucet.serve.loading import Loader
from faucet.serve.recovery import Retries
from faucet.serve.reloads import ReloadRequest
from faucet.serve.running import Running
from faucet.serve.startup import start
from faucet.serve.status import Status
from faucet.serve.supervisor import Supervisor, SupervisorParts
from faucet.serve.switch import Drain
from faucet.standard import standard_registry
from faucet.workers import Workers
from tests.unit.serve.serving import generation

_MANIFEST = """\
version: 1
services: {{shop: {{driver: sqlite, dsn: {database}, required: {required}}}}}
roles: {{visitor: {{grants: [{{service: shop, tables: [items], verbs: [{verbs}]}}]}}}}
"""


class Supervised:
    """A supervisor of the manifest in a folder, whose generations are stood for by empty ones."""

    def __init__(self, folder: Path, registry: Registry | None = None) -> None:
        self.folder = folder
        self.manifest = folder / "faucet.yaml"
        self.published: list[Any] = []
        self.loader: Any = Loader(
            path=str(self.manifest),
            registry=registry or standard_registry(),
            overrides=Overrides(),
        )
        self.status = Status(lambda: 0.0)
        self.assemble: Any = self._assemble
        self.supervisor: Supervisor

    async def start(self) -> None:
        self.supervisor = await start(
            SupervisorParts(
                loads=LoadParts(loader=self.loader, workers=Workers("tests", 1)),
                assemble=self._assembled,
                status=self.status,
                publish=self.published.append,
                drain=Drain(),
            )
        )

    async def _assembled(self, loaded: Built, number: int) -> Running:
        return self.assemble(loaded, number)  # which tests exchange

    def _assemble(self, _loaded, number: int) -> Running:
        stack = AsyncExitStack()

        async def release() -> None:
            return

        unused: Any = None
        return Running(
            generation=generation(number), app=unused, lifespan=_entered(stack), release=release
        )

    def write(self, verbs: str = "GET", database: str = "shop.db", required: bool = False) -> None:
        text = _MANIFEST.format(verbs=verbs, database=database, required=str(required).lower())
        self.manifest.write_text(text)

    @property
    def last(self) -> Any:
        return self.status.now().last_reload

    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.published]

    async def reloaded(self, request: ReloadRequest | None = None) -> None:
        await self.supervisor._handle(request or ReloadRequest())

    async def recovered(self) -> None:
        """Query the databases that are missing, and handle what that leads to."""
        await Retries(self.supervisor).start().wait()
        await self.handle_requests()

    async def handle_requests(self) -> None:
        # What was asked for by callbacks is in the slot once they ran.
        await asyncio.sleep(0)
        request, self.supervisor._slot = self.supervisor._slot, None
        if request is not None:
            await self.supervisor._handle(request)


@asynccontextmanager
async def _entered(stack: AsyncExitStack):
    async with stack:
        yield
