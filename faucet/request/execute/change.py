"""The statements of one change: insert, update, delete, or only find."""

from faucet.extension.executor import Fetched
from faucet.model.filters.condition import all_of
from faucet.model.plan import Change
from faucet.model.statement import Delete, Insert, Locate, Update
from faucet.model.surface import Verb
from faucet.request.execute.writer import ChangeResult, Part, Writer, key_of


def apply_change(writer: Writer, change: Change) -> Part[ChangeResult]:
    """Write *change* and return what it touched."""
    if writer.plan.verb is Verb.DELETE:
        return (yield from _delete(writer, change))
    if change.where is None:
        return (yield from _insert(writer, change))
    if not change.assign and not change.defaults:
        return (yield from _locate(writer, change))
    return (yield from _update(writer, change))


def _keys_wanted(writer: Writer) -> tuple[str, ...]:
    plan = writer.plan
    needed = plan.outputs is not None or plan.check is not None or bool(plan.parents)
    return plan.target.keys if needed else ()


def _insert(writer: Writer, change: Change) -> Part[ChangeResult]:
    target = writer.plan.target
    statement = Insert(
        relation=target.relation,
        columns=target.columns,
        assign=change.assign,
        keys=_keys_wanted(writer),
    )
    fetched = yield from writer.ask(statement, writer.lifter(*change.values))
    return _keyed(fetched, statement.keys)


def _update(writer: Writer, change: Change) -> Part[ChangeResult]:
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
    return _keyed((yield from writer.ask(statement, lifter)), statement.keys)


def _locate(writer: Writer, change: Change) -> Part[ChangeResult]:
    """Find what a write without any value touches, as an update of nothing would."""
    target, lifter = writer.plan.target, writer.lifter()
    statement = Locate(
        relation=target.relation,
        columns=target.columns,
        keys=target.keys,
        where=lifter.lift(all_of(change.where)),
    )
    return _keyed((yield from writer.ask(statement, lifter)), statement.keys)


def _delete(writer: Writer, change: Change) -> Part[ChangeResult]:
    target, lifter = writer.plan.target, writer.lifter()
    statement = Delete(
        relation=target.relation,
        columns=target.columns,
        where=lifter.lift(all_of(change.where)),
        outputs=writer.plan.outputs or (),
        order=writer.plan.order if writer.plan.outputs else (),
    )
    fetched = yield from writer.ask(statement, lifter)
    if not statement.outputs:
        return ChangeResult(count=fetched.affected)
    compiled = writer.session.compiled(statement)
    rows = list(fetched.rows)
    encode = compiled.encode
    if encode is None:
        texts = tuple(str(row[-1]).encode() for row in rows)
    else:
        # RETURNING knows no order; the keys stand before the cells.
        rows.sort(key=lambda row: tuple(map(_sortable, row[: compiled.keyed])))
        texts = tuple(encode(row[compiled.keyed :]) for row in rows)
    return ChangeResult(rows=texts, count=len(rows))


def _sortable(cell: object) -> tuple[bool, str, object]:
    numeric = isinstance(cell, int | float)
    return cell is None, "" if numeric else type(cell).__name__, cell if cell is not None else 0


def _keyed(fetched: Fetched, keys: tuple[str, ...]) -> ChangeResult:
    if not keys:
        return ChangeResult(count=fetched.affected or len(fetched.rows))
    found = tuple(key_of(row) for row in fetched.rows)
    return ChangeResult(keys=found, count=len(found))
