"""Executes a write: the body of its transaction, as a script without I/O."""

from collections.abc import Iterable
from typing import Final

from faucet.errors import (
    DATABASE_UNAVAILABLE,
    FOREIGN_KEY_VIOLATION,
    RESPONSE_TOO_LARGE,
    ROW_CHECK,
    ROW_NOT_FOUND,
    SCHEMA_CHANGED,
    STATEMENT_TIMEOUT,
    TRANSACTION_CONFLICT,
    UNIQUE_VIOLATION,
    ExecutionError,
)
from faucet.extension.executor import Savepoint, Script, Settle
from faucet.model.plan import Change, ChangeKind, ParentReference, WritePlan
from faucet.model.rows import Written
from faucet.request.execute.change import apply_change, apply_changes, check_numbers, must_select
from faucet.request.execute.checks import (
    check_kept_values,
    check_references,
    check_sent_references,
    check_sent_values,
    check_undecided,
    check_unique_values,
    check_written_rows,
    predict_check,
)
from faucet.request.execute.constraint_columns import name_columns, name_reference
from faucet.request.execute.read_back import RowsByKey, read_back, summarize
from faucet.request.execute.session import Session
from faucet.request.execute.writer import ChangeResult, Part, Writer

# These end the transaction itself, so no savepoint can keep the rest.
_FATAL: Final = frozenset(
    {TRANSACTION_CONFLICT, DATABASE_UNAVAILABLE, STATEMENT_TIMEOUT, SCHEMA_CHANGED}
)
_CONFLICTS: Final = frozenset({UNIQUE_VIOLATION, FOREIGN_KEY_VIOLATION})


def write(plan: WritePlan, session: Session) -> Script[Written]:
    """Return the script that executes *plan*; it raises to undo everything."""
    writer = Writer(plan=plan, session=session)
    results = yield from _apply_all(writer)
    keys = [key for result in results for key in result.keys]
    if not plan.continued and not plan.deletes:
        yield Settle()
        yield from check_written_rows(writer, keys)
    rows = yield from read_back(writer, keys)
    _check_size(writer, results, rows)
    return summarize(plan, results, rows)


def _check_size(writer: Writer, results: list[ChangeResult], rows: RowsByKey) -> None:
    """Raise if the rows of several statements are together larger than a response may be."""
    deleted = sum(len(row) for result in results for row in result.rows)
    if deleted + sum(map(len, rows.values())) > writer.session.render_context.max_bytes:
        raise ExecutionError(RESPONSE_TOO_LARGE)


def _apply_all(writer: Writer) -> Part[list[ChangeResult]]:
    plan = writer.plan
    if plan.continued:
        return (yield from _each(_apply_in_savepoint(writer, change) for change in plan.changes))
    if _can_batch(plan):
        results = yield from _apply_batch(writer)
        if results is not None:
            return results
    return (
        yield from _each(
            _apply_numbered(writer, index, change) for index, change in enumerate(plan.changes)
        )
    )


def _each(parts: Iterable[Part[ChangeResult]]) -> Part[list[ChangeResult]]:
    results: list[ChangeResult] = []
    for part in parts:
        results += ((yield from part),)
    return results


def _can_batch(plan: WritePlan) -> bool:
    # Where a record may become the parent of another one, each must be checked in its turn.
    to_itself = any(each.parent == plan.target.relation for each in _prompt(plan))
    faulty = any(change.fault is not None for change in plan.changes)
    spelled = plan.target.spelled_keys and not plan.deletes
    inserts = all(change.kind is ChangeKind.INSERT for change in plan.changes)
    selected = not inserts and must_select(plan)
    return len(plan.changes) > 1 and not (to_itself or faulty or spelled or selected)


def _prompt(plan: WritePlan) -> tuple[ParentReference, ...]:
    """Return the references that are checked after each statement, as opposed to deferred ones."""
    return tuple(each for each in plan.parents if not each.deferred)


def _apply_batch(writer: Writer) -> Part[list[ChangeResult] | None]:
    """
    Apply all changes at once.

    The database runs them one after the other, so that its errors are the same as one by one.
    Checks are evaluated for all records together: if one fails, or might explain an error,
    everything is undone and None returned, so that the changes are applied one by one to find the
    first error.
    """
    plan = writer.plan
    if plan.check is None and not _prompt(plan):
        results, failure = yield from apply_changes(writer, plan.changes)
        if error := _first_error(plan, results, failure):
            raise error
        check_numbers(plan, results)
        return results
    yield Savepoint.BEGIN
    try:
        return (yield from _apply_checked(writer))
    except ExecutionError as error:
        if error.kind in _FATAL:
            raise
    yield Savepoint.UNDO
    return None


def _apply_checked(writer: Writer) -> Part[list[ChangeResult]]:
    plan = writer.plan
    yield from check_sent_values(writer, plan.changes)
    yield from check_sent_references(writer, plan.changes)
    results, failure = yield from apply_changes(writer, plan.changes)
    if error := _first_error(plan, results, failure):
        raise error
    check_numbers(plan, results)
    keys = [key for result in results for key in result.keys]
    yield from check_undecided(writer, plan.changes, keys)
    yield from check_references(writer, keys, _prompt(plan))
    return results


def _first_error(
    plan: WritePlan, results: list[ChangeResult], failure: ExecutionError | None
) -> ExecutionError | None:
    """Return the error of the first record that has one; *failure* is of that after *results*."""
    for index, (change, result) in enumerate(zip(plan.changes, results, strict=False)):
        if change.must_match and result.count == 0:
            return _numbered(ExecutionError(ROW_NOT_FOUND), index)
    if failure is None:
        return None
    change = plan.changes[len(results)]
    named = name_columns(failure, change, plan.constraints)
    return _numbered(named, len(results))


def _apply_numbered(writer: Writer, index: int, change: Change) -> Part[ChangeResult]:
    try:
        return (yield from _apply(writer, change))
    except ExecutionError as error:
        if len(writer.plan.changes) == 1:
            raise
        raise _numbered(error, index) from error


def _numbered(error: ExecutionError, index: int) -> ExecutionError:
    context = {**error.context, "record": index}
    numbered = ExecutionError(error.kind, error.message, **context).because(error.reason)
    numbered.__cause__ = error
    return numbered


def _apply_in_savepoint(writer: Writer, change: Change) -> Part[ChangeResult]:
    """Apply one record in its own savepoint; an error that ends the transaction is raised again."""
    if change.fault is not None and change.kept is None:
        return ChangeResult(error=change.fault)
    yield Savepoint.BEGIN
    try:
        outcome = yield from _apply(writer, change)
        if not writer.plan.deletes:
            yield Settle()
            yield from check_written_rows(writer, outcome.keys)
    except ExecutionError as error:
        if error.kind in _FATAL:
            raise
        yield Savepoint.UNDO
        return ChangeResult(error=name_reference(error, (change,)))
    yield Savepoint.RELEASE
    return outcome


def _apply(writer: Writer, change: Change) -> Part[ChangeResult]:
    yield from check_kept_values(writer, change)
    doubtful = yield from predict_check(writer, change)
    plan = writer.plan
    try:
        yield from check_sent_references(writer, (change,))
        yield from check_unique_values(writer, change)
        outcome = yield from apply_change(writer, change)
        if doubtful:
            yield from check_undecided(writer, (change,), outcome.keys)
        # If this statement rejects a missing parent, it must also reject an invisible one.
        yield from check_references(writer, outcome.keys, _prompt(plan))
    except ExecutionError as error:
        if doubtful and error.kind in _CONFLICTS:
            raise ExecutionError(ROW_CHECK).because(error.reason) from error
        named = name_columns(error, change, plan.constraints)
        if named is error:
            raise
        raise named from error
    if change.must_match and outcome.count == 0:
        raise ExecutionError(ROW_NOT_FOUND)
    return outcome
