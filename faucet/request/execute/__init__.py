"""Executes a plan: cached statements, run by the service's executor."""

from faucet.model.plan import Plan, ReadPlan
from faucet.model.rows import Rows
from faucet.request.execute.read import read
from faucet.request.execute.session import Session, StatementCache
from faucet.request.execute.write import write

__all__ = ["Session", "StatementCache", "execute"]


async def execute(plan: Plan, session: Session) -> Rows:
    """Return the result of *plan* on the session's service, or raise `ExecutionError`."""
    if isinstance(plan, ReadPlan):
        return await read(plan, session)
    return await session.executor.transact(
        write(plan, session), time_limit=plan.time_limit, writes=True
    )
