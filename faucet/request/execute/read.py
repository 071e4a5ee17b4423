"""Executes a read: one statement, or two in one snapshot if the total is requested."""

from typing import Final

from faucet.errors import (
    INVALID_VALUE,
    OUT_OF_RANGE,
    ROW_NOT_FOUND,
    SCHEMA_FAILED,
    ExecutionError,
    Operations,
)
from faucet.extension.executor import Call, Fetched, Script
from faucet.model.catalog import Kind
from faucet.model.filters.condition import columns_of
from faucet.model.plan import ReadPlan
from faucet.model.rows import RowPage, SingleRow
from faucet.request.execute.refused_values import name_compared
from faucet.request.execute.session import Session
from faucet.sql.compiled import Answer, Compiled

# Each takes about a millisecond to encode; a thread costs a tenth of that.
_QUICK_CELLS: Final = 1000
_QUICK_TEXT: Final = 128 * 1024
_TEXTS: Final = (str, bytes)
_READ_BY_DATABASE: Final = frozenset({Kind.TEXT, Kind.OPAQUE})


async def read(plan: ReadPlan, session: Session) -> RowPage | SingleRow:
    """Return the page or the row of *plan*; a missing row is `row_not_found`."""
    compiled = session.compiled(plan.select)
    try:
        fetched, total = await _fetch(plan, compiled, session)
    except ExecutionError as error:
        if (failed := _of_read(error, plan)) is error:
            raise
        raise failed from error
    if _is_quick(fetched):
        answer, rows = _encode(compiled, fetched)
    else:
        answer, rows = await session.run_on_thread(lambda: _encode(compiled, fetched))
    if plan.single:
        if answer.count == 0:
            raise ExecutionError(ROW_NOT_FOUND)
        return SingleRow(row=rows)
    meta: tuple[tuple[str, str], ...]
    meta = (("limit", str(plan.limit)), ("offset", str(plan.offset)))
    if total is not None:
        meta = (("total", str(total)), *meta)
    return RowPage(rows=rows, count=answer.count, meta=meta)


async def _fetch(
    plan: ReadPlan, compiled: Compiled, session: Session
) -> tuple[Fetched, int | None]:
    call = compiled.call(plan.values, runs_code=plan.runs_code)
    if plan.count is None:
        return await session.executor.fetch(call, plan.time_limit), None
    counting = session.compiled(plan.count)
    fetched, counted = await session.executor.transact(
        _both(call, counting.call(plan.count_values)), time_limit=plan.time_limit, writes=False
    )
    return fetched, counting.read(counted).count


def _of_read(error: ExecutionError, plan: ReadPlan) -> ExecutionError:
    """
    Return *error* of a read, which writes nothing and has no value of its own but those of *plan*.

    What only a write can violate, or only a value that was sent, a function or expression of the
    schema has violated.
    """
    written = error.kind.operations is Operations.WRITES
    of_values = error.kind in {INVALID_VALUE, OUT_OF_RANGE} and _sends_texts(plan)
    of_sums = error.kind is OUT_OF_RANGE and _aggregates(plan)
    if of_values:
        return name_compared(error, plan.select.where, plan.select.columns)
    if not written and (error.kind not in {INVALID_VALUE, OUT_OF_RANGE} or of_sums):
        return error
    own = "" if error.message == error.kind.title else error.message
    return ExecutionError(SCHEMA_FAILED, own).because(error.reason)


def _sends_texts(plan: ReadPlan) -> bool:
    """Return whether a value is compared that only the database can read: text, or of its type."""
    compared = columns_of(plan.select.where)
    return any(
        column.name in compared and column.type.kind in _READ_BY_DATABASE
        for column in plan.select.columns
    )


def _aggregates(plan: ReadPlan) -> bool:
    return any(output.function is not None for output in plan.select.outputs)


def _encode(compiled: Compiled, fetched: Fetched) -> tuple[Answer, bytes]:
    answer = compiled.read(fetched)
    return answer, b",".join(answer.rows)


def _is_quick(fetched: Fetched) -> bool:
    rows = fetched.rows
    if not rows:
        return True
    if len(rows) * len(rows[0]) > _QUICK_CELLS:
        return False
    texts = [len(cell) for row in rows for cell in row if isinstance(cell, _TEXTS)]
    return sum(texts) <= _QUICK_TEXT


def _both(first: Call, second: Call) -> Script[tuple[Fetched, Fetched]]:
    one = yield first
    other = yield second
    return one, other
