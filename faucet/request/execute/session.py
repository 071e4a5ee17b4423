"""The session of a plan: an executor, and compiled statements cached by shape."""

import threading

import msgspec

from faucet.extension.executor import Executor
from faucet.model.statement import Statement
from faucet.sql.compiled import Compiled
from faucet.sql.render import RenderContext, render

_ShapeKey = tuple[str, str, Statement]


class StatementCache:
    """
    Compiled statements of one generation; the least recently used are evicted first.

    Whole shapes are compared by equality: role, service and every condition are part of them. There
    are two halves. A shape that is used moves into the newer one; when that is full it replaces the
    older one, whose shapes are evicted. A shape in the newer half, the common case, is found
    without a lock; scripts render on worker threads, so a lock guards all changes.
    """

    def __init__(self, size: int = 2048) -> None:
        self._half = max(1, size // 2)
        self._newer: dict[_ShapeKey, Compiled] = {}
        self._older: dict[_ShapeKey, Compiled] = {}
        self._lock = threading.Lock()

    def compiled(
        self, role: str, service: str, statement: Statement, render_context: RenderContext
    ) -> Compiled:
        """Return *statement* compiled, from the cache if possible."""
        key = (role, service, statement)
        if (found := self._newer.get(key)) is not None:
            return found
        made = self._older.get(key) or render(statement, render_context)
        with self._lock:
            if len(self._newer) >= self._half:
                self._older, self._newer = self._newer, {}
            self._newer[key] = made
        return made

    def __len__(self) -> int:
        """Return how many statements are cached."""
        return len(self._newer) + len(self._older)


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One role on one service."""

    role: str
    service: str
    executor: Executor
    render_context: RenderContext
    statements: StatementCache

    def compiled(self, statement: Statement) -> Compiled:
        """Return *statement* compiled for this service."""
        return self.statements.compiled(self.role, self.service, statement, self.render_context)
