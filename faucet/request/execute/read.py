"""Carry a read out: one statement, or two in one snapshot when the total is asked for."""

from faucet.errors import ROW_NOT_FOUND, ExecutionError
from faucet.extension.executor import Call, Fetched, Script
from faucet.model.plan import ReadPlan
from faucet.model.rows import RowPage, SingleRow
from faucet.request.execute.session import Session
from faucet.sql.compiled import Compiled


async def read(plan: ReadPlan, session: Session) -> RowPage | SingleRow:
    """Return the page or the row of *plan*; a missing row is `row_not_found`."""
    compiled = session.compiled(plan.select)
    total = None
    if plan.count is None:
        fetched = await session.executor.fetch(compiled.call(plan.values), plan.time_limit)
    else:
        calls = (compiled.call(plan.values), session.call(plan.count, plan.count_values))
        fetched, counted = await session.executor.transact(
            _both(*calls), time_limit=plan.time_limit, writes=False
        )
        total = integer(counted.rows[0][0])
    count, rows = _rows(fetched, compiled)
    if plan.single:
        if count == 0:
            raise ExecutionError(ROW_NOT_FOUND)
        return SingleRow(row=rows)
    return RowPage(rows=rows, count=count, limit=plan.limit, offset=plan.offset, total=total)


def _both(first: Call, second: Call) -> Script[tuple[Fetched, Fetched]]:
    one = yield first
    other = yield second
    return one, other


def _rows(fetched: Fetched, compiled: Compiled) -> tuple[int, bytes]:
    if compiled.encode is None:
        count, text = fetched.rows[0]
        return integer(count), str(text).encode()
    return len(fetched.rows), b",".join([compiled.encode(row) for row in fetched.rows])


def integer(cell: object) -> int:
    """Return a count as the driver gave it, number or text."""
    return cell if isinstance(cell, int) else int(str(cell))
