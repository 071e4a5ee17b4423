"""Executes a plan: cached statements, run by the service's executor."""

from typing import Final

from faucet.errors import ExecutionError
from faucet.model.plan import ChangeKind, Plan, ReadPlan, WritePlan
from faucet.model.rows import Rows
from faucet.request.execute.constraint_columns import name_reference
from faucet.request.execute.read import read
from faucet.request.execute.session import Session, StatementCache
from faucet.request.execute.share import Share
from faucet.request.execute.write import write

# Each takes a few microseconds to bind; a thread costs as much as a few dozen.
_QUICK_VALUES: Final = 256

__all__ = ["Session", "Share", "StatementCache", "execute"]


async def execute(plan: Plan, session: Session) -> Rows:
    """Return the result of *plan* on the session's service, or raise `ExecutionError`."""
    if isinstance(plan, ReadPlan):
        return await read(plan, session)
    run = session.run_on_thread if _is_long(plan) else None
    try:
        return await session.executor.transact(
            write(plan, session), time_limit=plan.time_limit, writes=True, run=run
        )
    except ExecutionError as error:
        # A reference that is checked at the end is of no single change.
        if (named := name_reference(error, plan.changes)) is error:
            raise
        raise named from error


def _is_long(plan: WritePlan) -> bool:
    """Return whether there are many values, or the selected rows may be many."""
    selects = any(
        change.kind is not ChangeKind.INSERT and not change.must_match for change in plan.changes
    )
    return selects or sum(len(change.values) + 1 for change in plan.changes) > _QUICK_VALUES
