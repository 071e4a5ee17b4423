"""Whether what is written may stay: the row check, and references into filtered tables."""

from collections.abc import Iterable

from faucet.errors import FOREIGN_KEY_VIOLATION, ROW_CHECK, ExecutionError
from faucet.model.filters.condition import Condition, Scalar, all_of, columns_of
from faucet.model.plan import Change, ParentReference
from faucet.model.statement import (
    CountCheckFailures,
    CountCheckPasses,
    CountMissingParents,
    EvaluateCheck,
)
from faucet.model.surface import Verb
from faucet.request.execute.writer import Key, Part, Writer, chunks


def predict_check(writer: Writer, change: Change) -> Part[bool]:
    """
    Judge *change* before it is written; return whether its check would come out false.

    Where the values sent hold all columns of the check, a false one is raised at once. Otherwise
    defaults or stored values take part, which a trigger may still change: then a conflict, which
    might tell of rows that the caller does not see, must give way to the check.
    """
    check = writer.plan.check
    if check is None or writer.plan.verb is Verb.DELETE:
        return False
    sent = dict(zip(change.assign, change.values, strict=True))
    needed = sorted(columns_of(check))
    if needed and sent.keys() >= set(needed):
        if not (yield from _evaluate(writer, {name: sent[name] for name in needed}, (), check)):
            raise ExecutionError(ROW_CHECK)
        return False
    if change.where is None:
        return (yield from _predict_insert(writer, sent, needed, check))
    return (yield from _predict_update(writer, change, check))


def _predict_insert(
    writer: Writer, sent: dict[str, Scalar], needed: list[str], check: Condition
) -> Part[bool]:
    known = writer.plan.target.defaults
    if any(name not in sent and name not in known for name in needed):
        return False
    given = {name: sent.get(name) for name in needed if name in sent or known[name] is None}
    defaults = tuple((name, known[name] or "") for name in needed if name not in given)
    return not (yield from _evaluate(writer, given, defaults, check))


def _evaluate(
    writer: Writer,
    given: dict[str, Scalar],
    defaults: tuple[tuple[str, str], ...],
    check: Condition,
) -> Part[bool]:
    lifter = writer.lifter(*given.values())
    statement = EvaluateCheck(
        columns=writer.plan.target.columns,
        given=tuple(given),
        defaults=defaults,
        check=lifter.lift(check),
    )
    return (yield from writer.number(statement, lifter)) == 1


def _predict_update(writer: Writer, change: Change, check: Condition) -> Part[bool]:
    target, lifter = writer.plan.target, writer.lifter(*change.values)
    statement = CountCheckFailures(
        relation=target.relation,
        columns=target.columns,
        assign=change.assign,
        defaults=change.defaults,
        default_sql=change.default_sql,
        where=lifter.lift(all_of(change.where)),
        check=lifter.lift(check),
    )
    return (yield from writer.number(statement, lifter)) > 0


def check_written_rows(writer: Writer, keys: Iterable[Key]) -> Part[None]:
    """Hold every written row, found again by its key, against its references and the check."""
    keys = tuple(keys)
    # References first, as constraints speak before the check.
    yield from check_references(writer, keys, writer.plan.parents)
    if writer.plan.check is not None:
        for chunk in chunks(keys):
            yield from _verify(writer, chunk, writer.plan.check)


def check_references(
    writer: Writer, keys: Iterable[Key], parents: tuple[ParentReference, ...]
) -> Part[None]:
    """Refuse rows whose references lead to no parent that the role sees."""
    for chunk in chunks(keys) if parents else ():
        for reference in parents:
            yield from _check_reference(writer, chunk, reference)


def _verify(writer: Writer, keys: list[Key], check: Condition) -> Part[None]:
    target, lifter = writer.plan.target, writer.lifter()
    statement = CountCheckPasses(
        relation=target.relation,
        columns=target.columns,
        where=lifter.lift(writer.found(keys)),
        check=lifter.lift(check),
    )
    if (yield from writer.number(statement, lifter)) != len(keys):
        raise ExecutionError(ROW_CHECK)


def _check_reference(writer: Writer, keys: list[Key], reference: ParentReference) -> Part[None]:
    target, lifter = writer.plan.target, writer.lifter()
    statement = CountMissingParents(
        relation=target.relation,
        columns=target.columns,
        where=lifter.lift(writer.found(keys)),
        references=reference.columns,
        parent=reference.parent,
        parent_columns=reference.parent_columns,
        referenced=reference.referenced,
        seen=lifter.lift(reference.seen),
    )
    if (yield from writer.number(statement, lifter)) != 0:
        raise ExecutionError(FOREIGN_KEY_VIOLATION)
