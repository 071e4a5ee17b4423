"""Executes a read: one statement, or two in one snapshot if the total is requested."""

from faucet.errors import ROW_NOT_FOUND, ExecutionError
from faucet.extension.executor import Call, Fetched, Script
from faucet.model.plan import ReadPlan
from faucet.model.rows import RowPage, SingleRow
from faucet.request.execute.session import Session


async def read(plan: ReadPlan, session: Session) -> RowPage | SingleRow:
    """Return the page or the row of *plan*; a missing row is `row_not_found`."""
    compiled = session.compiled(plan.select)
    call, total = compiled.call(plan.values), None
    if plan.count is None:
        fetched = await session.executor.fetch(call, plan.time_limit)
    else:
        counting = session.compiled(plan.count)
        fetched, counted = await session.executor.transact(
            _both(call, counting.call(plan.count_values)), time_limit=plan.time_limit, writes=False
        )
        total = counting.read(counted).count
    answer = compiled.read(fetched)
    rows = b",".join(answer.rows)
    if plan.single:
        if answer.count == 0:
            raise ExecutionError(ROW_NOT_FOUND)
        return SingleRow(row=rows)
    meta: tuple[tuple[str, int], ...] = (("limit", plan.limit), ("offset", plan.offset))
    if total is not None:
        meta = (("total", total), *meta)
    return RowPage(rows=rows, count=answer.count, meta=meta)


def _both(first: Call, second: Call) -> Script[tuple[Fetched, Fetched]]:
    one = yield first
    other = yield second
    return one, other
