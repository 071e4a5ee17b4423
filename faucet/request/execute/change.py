"""The statements of changes: insert, update, delete, or only find."""

from collections.abc import Iterable, Iterator

from faucet.extension.executor import Batch, BatchError, Call
from faucet.model.filters.condition import all_of
from faucet.model.filters.lift import StatementValue
from faucet.model.plan import Change
from faucet.model.statement import Delete, Insert, Locate, Statement, Update
from faucet.model.surface import Verb
from faucet.request.execute.writer import ChangeResult, Part, Writer
from faucet.sql.compiled import Answer, Compiled

_Written = tuple[Statement, tuple[StatementValue, ...]]


def apply_change(writer: Writer, change: Change) -> Part[ChangeResult]:
    """Write *change* and return what it changed."""
    ((compiled, call),) = _calls(writer, (change,))
    return _result(compiled.read((yield call)))


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
    pairs = zip(calls, done, strict=failure is None)
    return [_result(compiled.read(each)) for (compiled, _call), each in pairs], failure


def _calls(writer: Writer, changes: Iterable[Change]) -> Iterator[tuple[Compiled, Call]]:
    last: tuple[Statement, Compiled] | None = None
    for change in changes:
        statement, values = _statement(writer, change)
        if last is None or statement != last[0]:
            last = statement, writer.session.compiled(statement)
        yield last[1], last[1].call(values)


def _statement(writer: Writer, change: Change) -> _Written:
    if writer.plan.verb is Verb.DELETE:
        return _delete(writer, change)
    if change.where is None:
        return _insert(writer, change)
    if not change.assign and not change.defaults:
        return _locate(writer, change)
    return _update(writer, change)


def _result(answer: Answer) -> ChangeResult:
    return ChangeResult(keys=answer.keys, rows=answer.rows, count=answer.count)


def _keys_wanted(writer: Writer) -> tuple[str, ...]:
    plan = writer.plan
    needed = plan.outputs is not None or plan.check is not None or bool(plan.parents)
    return plan.target.keys if needed else ()


def _insert(writer: Writer, change: Change) -> _Written:
    target = writer.plan.target
    statement = Insert(
        relation=target.relation,
        columns=target.columns,
        assign=change.assign,
        keys=_keys_wanted(writer),
    )
    return statement, change.values


def _update(writer: Writer, change: Change) -> _Written:
    target, lifter = writer.plan.target, writer.lifter(*change.values)
    statement = Update(
        relation=target.relation,
        columns=target.columns,
        assign=change.assign,
        where=lifter.lift(all_of(change.where)),
        keys=_keys_wanted(writer),
        defaults=change.defaults,
        default_sql=change.default_sql,
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
