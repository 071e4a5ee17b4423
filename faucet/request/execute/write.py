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
from faucet.request.execute.change import apply_change
from faucet.request.execute.checks import check_references, check_written_rows, predict_check
from faucet.request.execute.constraint_columns import name_columns
from faucet.request.execute.read_back import read_back, summarize
from faucet.request.execute.session import Session
from faucet.request.execute.writer import ChangeResult, Part, Writer

# These end the transaction itself, so no savepoint can keep the rest.
_FATAL: Final = frozenset({TRANSACTION_CONFLICT, DATABASE_UNAVAILABLE, STATEMENT_TIMEOUT})
_CONFLICTS: Final = frozenset({UNIQUE_VIOLATION, FOREIGN_KEY_VIOLATION})


def write(plan: WritePlan, session: Session) -> Script[Written]:
    """Return the script that carries *plan* out; it raises to undo everything."""
    writer = Writer(plan=plan, session=session)
    outcomes: list[ChangeResult] = []
    for index, change in enumerate(plan.changes):
        if plan.continued:
            outcomes.append((yield from _apply_in_savepoint(writer, change)))
        else:
            outcomes.append((yield from _apply_numbered(writer, index, change)))
    keys = [key for outcome in outcomes for key in outcome.keys]
    if not plan.continued and plan.verb is not Verb.DELETE:
        yield Settle()
        yield from check_written_rows(writer, keys)
    rows = yield from read_back(writer, keys)
    return summarize(plan, outcomes, rows)


def _apply_numbered(writer: Writer, index: int, change: Change) -> Part[ChangeResult]:
    try:
        return (yield from _apply(writer, change))
    except ExecutionError as error:
        if len(writer.plan.changes) == 1:
            raise
        context = {**error.context, "record": index}
        raise ExecutionError(error.kind, error.message, **context) from error


def _apply_in_savepoint(writer: Writer, change: Change) -> Part[ChangeResult]:
    """Apply one record in its own savepoint; what ends the transaction is raised on."""
    if change.fault is not None:
        return ChangeResult(error=change.fault)
    yield Savepoint.BEGIN
    try:
        outcome = yield from _apply(writer, change)
        if writer.plan.verb is not Verb.DELETE:
            yield Settle()
            yield from check_written_rows(writer, outcome.keys)
    except ExecutionError as error:
        if error.kind in _FATAL:
            raise
        yield Savepoint.UNDO
        return ChangeResult(error=error)
    yield Savepoint.RELEASE
    return outcome


def _apply(writer: Writer, change: Change) -> Part[ChangeResult]:
    if change.fault is not None:
        raise change.fault
    doubtful = yield from predict_check(writer, change)
    plan = writer.plan
    try:
        outcome = yield from apply_change(writer, change)
        # Where a missing parent is refused by this statement an invisible one must be, too.
        prompt = tuple(each for each in plan.parents if not each.deferred)
        yield from check_references(writer, outcome.keys, prompt)
    except ExecutionError as error:
        if doubtful and error.kind in _CONFLICTS:
            raise ExecutionError(ROW_CHECK) from error
        raise name_columns(error, change, plan.constraints, plan.verb) from error
    if change.must_match and outcome.count == 0:
        raise ExecutionError(ROW_NOT_FOUND)
    return outcome
