"""The statements of changes: insert, update, delete, or only find."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from faucet.errors import ROW_CHECK, ExecutionError
from faucet.extension.executor import Batch, BatchError, Call
from faucet.model.filters.condition import all_of
from faucet.model.filters.lift import StatementValue
from faucet.model.plan import Change, ChangeKind, WritePlan
from faucet.model.statement import Delete, Insert, Locate, Statement, Update
from faucet.request.execute.refused_values import trace_value
from faucet.request.execute.writer import ChangeResult, Part, Writer
from faucet.sql.compiled import Answer, Compiled, Key

_Written = tuple[Statement, tuple[StatementValue, ...]]


def apply_change(writer: Writer, change: Change) -> Part[ChangeResult]:
    """
    Write *change* and return what it changed.

    Raises `row_check` if what was selected was not written: a trigger kept it, and nothing of what
    it did instead could be checked.
    """
    selected: tuple[Key, ...] | None = None
    if change.kind is not ChangeKind.INSERT and must_select(writer.plan):
        statement, values = _locate(writer, change)
        compiled = writer.session.compiled(statement)
        selected = compiled.read((yield compiled.call(values))).keys
    ((compiled, call),) = _calls(writer, (change,))
    try:
        fetched = yield call
    except ExecutionError as error:
        trace_value(error, change, compiled)
        raise
    result = _result(change, compiled.read(fetched))
    if selected is not None and not writer.plan.target.returns_changes:
        return _of_selected(writer, change, selected, result)
    check_number(writer.plan, change, result, None if selected is None else len(selected))
    return result


def must_select(plan: WritePlan) -> bool:
    """Return whether the rows of an update or delete must be selected before it changes them."""
    if not plan.target.returns_changes:
        return True
    return plan.target.skips_rows and _is_checked(plan)


def _is_checked(plan: WritePlan) -> bool:
    return not plan.deletes and (plan.check is not None or bool(plan.parents))


def check_number(
    plan: WritePlan, change: Change, result: ChangeResult, selected: int | None = None
) -> None:
    """Raise `row_check` if a checked write wrote fewer rows than one insert or the *selected*."""
    expected = 1 if change.kind is ChangeKind.INSERT else selected
    if expected is not None and _is_checked(plan) and len(result.keys) < expected:
        raise ExecutionError(ROW_CHECK)


def check_numbers(plan: WritePlan, results: Iterable[ChangeResult]) -> None:
    """Raise `row_check` if an insert of a checked batch wrote no row."""
    for change, result in zip(plan.changes, results, strict=True):
        check_number(plan, change, result)


def _of_selected(
    writer: Writer, change: Change, selected: tuple[Key, ...], result: ChangeResult
) -> ChangeResult:
    """Return the result of a change whose rows had the keys *selected* before."""
    sent = dict(zip(change.assign, change.values, strict=True))
    names = writer.plan.target.keys
    moved = tuple(
        tuple(sent.get(name, part) for name, part in zip(names, key, strict=True))
        for key in selected
    )
    keys = () if change.kind is ChangeKind.DELETE else moved
    return ChangeResult(keys=keys, rows=result.rows, count=len(selected))


def apply_changes(
    writer: Writer, changes: tuple[Change, ...]
) -> Part[tuple[list[ChangeResult], BatchError | None]]:
    """
    Write *changes* in one batch; return the result of each.

    If one fails, the results before it are returned with its error.
    """
    calls = list(_calls(writer, changes))
    failure = None
    try:
        done = (yield Batch(calls=tuple(call for _compiled, call in calls))).each
    except BatchError as error:
        done, failure = error.done, error
        trace_value(error, changes[len(done)], calls[len(done)][0])
    triples = zip(changes, calls, done, strict=failure is None)
    results = [_result(change, compiled.read(each)) for change, (compiled, _call), each in triples]
    return results, failure


def _calls(writer: Writer, changes: Iterable[Change]) -> Iterator[tuple[Compiled, Call]]:
    last: tuple[Statement, Compiled] | None = None
    for change in changes:
        statement, values = _statement(writer, change)
        if last is None or statement != last[0]:
            last = statement, writer.session.compiled(statement)
        yield last[1], last[1].call(values)


def _statement(writer: Writer, change: Change) -> _Written:
    return _STATEMENTS[change.kind](writer, change)


def _result(change: Change, answer: Answer) -> ChangeResult:
    return ChangeResult(
        keys=answer.keys,
        rows=answer.rows,
        count=answer.count,
        created=change.kind is ChangeKind.INSERT,
    )


def _keys_wanted(writer: Writer) -> tuple[str, ...]:
    plan = writer.plan
    needed = plan.outputs is not None or plan.check is not None or bool(plan.parents)
    # Where a write does not return its number, the rows that it returns are counted.
    return plan.target.keys if needed or not plan.target.returns_changes else ()


def _insert(writer: Writer, change: Change) -> _Written:
    target = writer.plan.target
    statement = Insert(
        relation=target.relation,
        columns=target.columns,
        assign=change.assign,
        keys=_keys_wanted(writer),
        keeps_conflicts=target.keeps_conflicts,
    )
    return statement, change.values


def _update(writer: Writer, change: Change) -> _Written:
    if not change.assign and not change.defaults:
        return _locate(writer, change)
    target, lifter = writer.plan.target, writer.lifter(*change.values)
    statement = Update(
        relation=target.relation,
        columns=target.columns,
        assign=change.assign,
        where=lifter.lift(all_of(change.where)),
        keys=_keys_wanted(writer) if target.returns_changes else (),
        defaults=change.defaults,
        default_sql=change.default_sql,
        keeps_conflicts=target.keeps_conflicts,
    )
    return statement, lifter.values


def _locate(writer: Writer, change: Change) -> _Written:
    """Find the rows of a write without any value, as an update of nothing would."""
    target, lifter = writer.plan.target, writer.lifter()
    statement = Locate(
        relation=target.relation,
        columns=target.columns,
        keys=target.keys,
        where=lifter.lift(all_of(change.where)),
        lock=target.proven_key and must_select(writer.plan),
    )
    return statement, lifter.values


def _delete(writer: Writer, change: Change) -> _Written:
    target, lifter = writer.plan.target, writer.lifter()
    statement = Delete(
        relation=target.relation,
        columns=target.columns,
        where=lifter.lift(all_of(change.where)),
        outputs=writer.plan.outputs or (),
        order=writer.plan.order if writer.plan.outputs else (),
    )
    return statement, lifter.values


_STATEMENTS: Final[Mapping[ChangeKind, Callable[[Writer, Change], _Written]]] = {
    ChangeKind.INSERT: _insert,
    ChangeKind.UPDATE: _update,
    ChangeKind.DELETE: _delete,
}
