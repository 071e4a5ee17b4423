"""Carry a write out: the inside of its one transaction, as a script without I/O."""

from typing import Final

from faucet.errors import (
    DATABASE_UNAVAILABLE,
    FOREIGN_KEY_VIOLATION,
    ROW_CHECK,
    ROW_NOT_FOUND,
    STATEMENT_TIMEOUT,
    TRANSACTION_CONFLICT,
    UNIQUE_VIOLATION,
    ExecutionError,
)
from faucet.extension.executor import Savepoint, Script, Settle
from faucet.model.plan import Change, WritePlan
from faucet.model.rows import Written
from faucet.model.surface import Verb
from faucet.request.execute.changes import changed
from faucet.request.execute.explaining import explained
from faucet.request.execute.judging import adopted, foreseen, judged
from faucet.request.execute.session import Session
from faucet.request.execute.showing import shown, written
from faucet.request.execute.steps import ChangeResult, Part, Writer

# These end the transaction itself, so no savepoint can keep the rest.
_FATAL: Final = frozenset({TRANSACTION_CONFLICT, DATABASE_UNAVAILABLE, STATEMENT_TIMEOUT})
_CONFLICTS: Final = frozenset({UNIQUE_VIOLATION, FOREIGN_KEY_VIOLATION})


def write(plan: WritePlan, session: Session) -> Script[Written]:
    """Return the script that carries *plan* out; it raises to undo everything."""
    writer = Writer(plan=plan, session=session)
    outcomes: list[ChangeResult] = []
    for index, change in enumerate(plan.changes):
        if plan.continued:
            outcomes.append((yield from _guarded(writer, change)))
        else:
            outcomes.append((yield from _numbered(writer, index, change)))
    keys = [key for outcome in outcomes for key in outcome.keys]
    if not plan.continued and plan.verb is not Verb.DELETE:
        yield Settle()
        yield from judged(writer, keys)
    rows = yield from shown(writer, keys)
    return written(plan, outcomes, rows)


def _numbered(writer: Writer, index: int, change: Change) -> Part[ChangeResult]:
    try:
        return (yield from _applied(writer, change))
    except ExecutionError as error:
        if len(writer.plan.changes) == 1:
            raise
        context = {**error.context, "record": index}
        raise ExecutionError(error.kind, error.message, **context) from error


def _guarded(writer: Writer, change: Change) -> Part[ChangeResult]:
    """Apply one record in its own savepoint; what ends the transaction is raised on."""
    if change.fault is not None:
        return ChangeResult(error=change.fault)
    yield Savepoint(action="begin")
    try:
        outcome = yield from _applied(writer, change)
        if writer.plan.verb is not Verb.DELETE:
            yield Settle()
            yield from judged(writer, outcome.keys)
    except ExecutionError as error:
        if error.kind in _FATAL:
            raise
        yield Savepoint(action="undo")
        return ChangeResult(error=error)
    yield Savepoint(action="release")
    return outcome


def _applied(writer: Writer, change: Change) -> Part[ChangeResult]:
    if change.fault is not None:
        raise change.fault
    doubtful = yield from foreseen(writer, change)
    plan = writer.plan
    try:
        outcome = yield from changed(writer, change)
        # Where a missing parent is refused by this statement an invisible one must be, too.
        prompt = tuple(each for each in plan.parents if not each.deferred)
        yield from adopted(writer, outcome.keys, prompt)
    except ExecutionError as error:
        if doubtful and error.kind in _CONFLICTS:
            raise ExecutionError(ROW_CHECK) from error
        raise explained(error, change, plan.constraints, plan.verb) from error
    if change.must_match and outcome.count == 0:
        raise ExecutionError(ROW_NOT_FOUND)
    return outcome
