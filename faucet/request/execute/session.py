"""What a plan is carried out with: an executor, and compiled statements kept by their shape."""

import threading
from collections import OrderedDict

import msgspec

from faucet.extension.executor import Executor
from faucet.model.statement import Statement
from faucet.sql.compiled import Compiled
from faucet.sql.render import RenderContext, render

_ShapeKey = tuple[str, str, Statement]


class StatementCache:
    """
    Compiled statements of one generation, the least recently used forgotten first.

    Shapes are compared by equality, whole: role, service and every condition are part of them.
    Scripts render on worker threads, so a lock guards the order.
    """

    def __init__(self, size: int = 2048) -> None:
        self._size = size
        self._kept: OrderedDict[_ShapeKey, Compiled] = OrderedDict()
        self._lock = threading.Lock()

    def compiled(
        self, role: str, service: str, statement: Statement, render_context: RenderContext
    ) -> Compiled:
        """Return *statement* compiled, from what is kept if it is."""
        key = (role, service, statement)
        with self._lock:
            if (found := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                return found
        made = render(statement, render_context)
        with self._lock:
            self._kept[key] = made
            if len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return made


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
