"""The session of a plan: an executor, and compiled statements cached by shape."""

from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from faucet.caches import CacheUse, SizedCache
from faucet.extension.executor import Executor
from faucet.model.statement import Statement
from faucet.sql.compiled import Compiled
from faucet.sql.render import RenderContext, render
from faucet.workers import Workers

T = TypeVar("T")

_ShapeKey = tuple[str, str, Statement]

_MOST: Final = 2048
_LIMIT: Final = 32 * 2**20
# A shape and its compiled statement take 13 to 40 times the statement's text (measured).
_BYTES_OF_CHARACTER: Final = 40
# That of a table of 200 columns; what is larger hardly comes again.
_LARGEST: Final = 16 * 1024 * _BYTES_OF_CHARACTER


class StatementCache:
    """
    Compiled statements of one generation.

    Whole shapes are compared by equality: role, service and every condition are part of them.
    """

    def __init__(self, size: int = _MOST, limit: int = _LIMIT) -> None:
        self._kept: SizedCache[_ShapeKey, Compiled] = SizedCache(
            "statements", limit=limit, largest=_LARGEST, most=size
        )

    def compiled(
        self, role: str, service: str, statement: Statement, render_context: RenderContext
    ) -> Compiled:
        """Return *statement* compiled, from the cache if possible."""
        key = (role, service, statement)
        if (found := self._kept.get(key)) is not None:
            return found
        made = render(statement, render_context)
        self._kept.put(key, made, len(made.sql) * _BYTES_OF_CHARACTER)
        return made

    @property
    def use(self) -> CacheUse:
        """How much is cached."""
        return self._kept.use

    def __len__(self) -> int:
        """Return how many statements are cached."""
        return len(self._kept)


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """
    One request of a role on one service.

    *workers* run what would block the event loop, as work of *owner*. *prepared* are the
    statements that were compiled on one of them: a large one is not kept in any cache.
    """

    role: str
    service: str
    executor: Executor
    render_context: RenderContext
    statements: StatementCache
    workers: Workers
    owner: str
    prepared: dict[Statement, Compiled] = {}

    async def run_on_thread(self, work: Callable[[], T]) -> T:
        """Return the result of *work* on a thread, or raise what it raises."""
        return await self.workers.run(work, self.owner)

    def prepare(self, statement: Statement) -> None:
        """Compile *statement* for this request."""
        self.prepared[statement] = self._compile(statement)

    def compiled(self, statement: Statement) -> Compiled:
        """Return *statement* compiled for this service."""
        if self.prepared and (found := self.prepared.get(statement)) is not None:
            return found
        return self._compile(statement)

    def _compile(self, statement: Statement) -> Compiled:
        return self.statements.compiled(self.role, self.service, statement, self.render_context)
