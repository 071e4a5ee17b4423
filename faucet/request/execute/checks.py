"""Checks of written rows: the row check, and references into filtered tables."""

import itertools
from collections.abc import Iterable, Mapping

from faucet.errors import FOREIGN_KEY_VIOLATION, ROW_CHECK, UNIQUE_VIOLATION, ExecutionError
from faucet.model.filters.condition import (
    AnyOf,
    Comparison,
    Condition,
    Negation,
    NullTest,
    Scalar,
    Value,
    all_of,
    columns_of,
)
from faucet.model.filters.predicate import Operator
from faucet.model.plan import Change, ParentReference, WritePlan
from faucet.model.statement import (
    Count,
    CountCheckFailures,
    CountCheckPasses,
    CountMissingParents,
    EvaluateCheck,
)
from faucet.request.execute.writer import Part, Question, Writer, chunks
from faucet.sql.compiled import Answer, Key

_Sent = Mapping[str, Scalar]


def predict_check(writer: Writer, change: Change) -> Part[bool]:
    """
    Evaluate the check of *change* before it is written; return whether it may be false.

    If the values sent include all columns of the check, a false one is raised at once. Otherwise it
    depends on defaults or stored values, which a trigger may still change, or on values that only
    the database knows, so that it may be false: then the check takes precedence over a conflict,
    which might reveal rows that the caller does not see.
    """
    check = writer.plan.check
    if check is None or writer.plan.deletes:
        return False
    needed = sorted(columns_of(check))
    if _decides(change, needed):
        yield from check_sent_values(writer, (change,))
        return False
    if not _is_predictable(writer, change, needed):
        return True
    if change.where is None:
        return (yield from _predict_insert(writer, change, needed, check))
    return (yield from _predict_update(writer, change, check))


def check_kept_values(writer: Writer, change: Change) -> Part[None]:
    """Raise the fault of *change* unless every row it matches has the values that it keeps."""
    if change.fault is None:
        return
    if change.kept is not None:
        others = AnyOf(
            of=(
                Negation(of=change.kept),
                *(NullTest(column=name) for name in sorted(columns_of(change.kept))),
            )
        )
        question = _count(writer, all_of(change.where, others))
        if (yield from writer.ask(*question)).count == 0:
            return
        fault = change.fault
        raise ExecutionError(fault.kind, fault.message, **fault.context)
    raise change.fault


def check_unique_values(writer: Writer, change: Change) -> Part[None]:
    """Raise `unique_violation` if another row has a key of *change*, in whatever spelling."""
    target, sent = writer.plan.target, _sent(change)
    for key in target.spelled_keys:
        values = [sent.get(name) for name in key]
        if writer.plan.deletes or None in values:
            continue
        same = all_of(
            *(
                Comparison(column=name, operator=Operator.EQ, operand=Value(value=value))
                for name, value in zip(key, values, strict=True)
            )
        )
        own = () if change.where is None else (all_of(same, change.where),)
        every, *mine = yield from writer.ask_all(_count(writer, each) for each in (same, *own))
        if every.count > sum(answer.count for answer in mine):
            raise ExecutionError(UNIQUE_VIOLATION)


def _count(writer: Writer, where: Condition) -> Question:
    target, lifter = writer.plan.target, writer.lifter()
    condition = lifter.lift(where)
    return Count(relation=target.relation, columns=target.columns, where=condition), lifter


def check_sent_values(writer: Writer, changes: Iterable[Change]) -> Part[None]:
    """
    Raise `row_check` if the values sent alone decide the check and it is not true.

    It is evaluated once for records with the same values in the columns of the check.
    """
    check = writer.plan.check
    if check is None or writer.plan.deletes:
        return
    needed = sorted(columns_of(check))
    decided = (_sent(change) for change in changes if _decides(change, needed))
    distinct = dict.fromkeys(tuple(sent[name] for name in needed) for sent in decided)
    questions = [
        _evaluation(writer, dict(zip(needed, values, strict=True)), (), check)
        for values in distinct
    ]
    answers = yield from writer.ask_all(questions)
    if any(answer.count != 1 for answer in answers):
        raise ExecutionError(ROW_CHECK)


def check_sent_references(writer: Writer, changes: Iterable[Change]) -> Part[None]:
    """
    Raise `foreign_key_violation` if a reference that is sent has no parent that the role sees.

    Only where a trigger may run after the write: its error would tell an invisible parent, with
    which it runs, from a missing one.
    """
    plan = writer.plan
    if plan.deletes or not plan.target.moves_rows:
        return
    # A row may refer to itself, or to what the request writes later.
    parents = [
        each for each in plan.parents if not each.deferred and each.parent != plan.target.relation
    ]
    asked = dict.fromkeys(
        (parent, values)
        for change in changes
        for parent in parents
        if (values := _reference(parent, _sent(change))) is not None
    )
    answers = yield from writer.ask_all(_parents(writer, *each) for each in asked)
    if any(answer.count == 0 for answer in answers):
        raise ExecutionError(FOREIGN_KEY_VIOLATION)


def _reference(parent: ParentReference, sent: _Sent) -> tuple[Scalar, ...] | None:
    """Return the values of a reference if all are sent and none is null."""
    values = tuple(sent.get(name) for name in parent.columns)
    return None if None in values else values


def _parents(writer: Writer, parent: ParentReference, values: tuple[Scalar, ...]) -> Question:
    same = (
        Comparison(column=name, operator=Operator.EQ, operand=Value(value=value))
        for name, value in zip(parent.referenced, values, strict=True)
    )
    lifter = writer.lifter()
    where = lifter.lift(all_of(parent.seen, *same))
    statement = Count(
        relation=parent.parent,
        columns=parent.parent_columns,
        where=where,
        spans=parent.spans,
    )
    return statement, lifter


def _sent(change: Change) -> _Sent:
    return dict(zip(change.assign, change.values, strict=True))


def _decides(change: Change, needed: list[str]) -> bool:
    return bool(needed) and set(needed) <= set(change.assign)


def _is_predictable(writer: Writer, change: Change, needed: list[str]) -> bool:
    """Return whether the values of *needed* columns after *change* are known before it."""
    target = writer.plan.target
    if change.where is None:
        return target.defaults.keys() >= set(needed).difference(change.assign)
    left = set(change.defaults) - target.defaults.keys()
    return left.union(target.computed).isdisjoint(needed)


def _predict_insert(
    writer: Writer, change: Change, needed: list[str], check: Condition
) -> Part[bool]:
    known, sent = writer.plan.target.defaults, _sent(change)
    given = {name: sent.get(name) for name in needed if name in sent or known[name] is None}
    defaults = tuple((name, known[name] or "") for name in needed if name not in given)
    answer = yield from writer.ask(*_evaluation(writer, given, defaults, check))
    return answer.count != 1


def _evaluation(
    writer: Writer, given: _Sent, defaults: tuple[tuple[str, str], ...], check: Condition
) -> Question:
    lifter = writer.lifter(*given.values())
    statement = EvaluateCheck(
        columns=writer.plan.target.columns,
        given=tuple(given),
        defaults=defaults,
        check=lifter.lift(check),
    )
    return statement, lifter


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
    return (yield from writer.ask(statement, lifter)).count > 0


def check_undecided(writer: Writer, changes: Iterable[Change], keys: Iterable[Key]) -> Part[None]:
    """
    Check the row check of the rows with *keys*, unless what was sent decided it for all *changes*.

    Before anything else of the request is reported: a later conflict, or another record's error.
    """
    check = writer.plan.check
    if check is None:
        return
    needed = sorted(columns_of(check))
    if writer.plan.deletes or all(_decides(change, needed) for change in changes):
        return
    parts = list(chunks(keys))
    answers = yield from writer.ask_all([_passes(writer, part, check) for part in parts])
    if any(answer.count < len(part) for answer, part in zip(answers, parts, strict=True)):
        raise ExecutionError(ROW_CHECK)


def check_written_rows(writer: Writer, keys: Iterable[Key]) -> Part[None]:
    """Check the references and the row check of every written row, found by its key."""
    parts, check = list(chunks(keys)), writer.plan.check
    references = _references(writer, parts, writer.plan.parents)
    found = _must_identify(writer.plan)
    counts = [_count(writer, writer.found(part)) for part in parts if found]
    passes = [] if check is None else [_passes(writer, part, check) for part in parts]
    answers = yield from writer.ask_all([*references, *counts, *passes])
    # References first, since constraints are checked before the row check.
    _refuse_missing(answers[: len(references)])
    checked = zip(answers[len(references) :], itertools.cycle(parts), strict=False)
    if any(answer.count != len(part) for answer, part in checked):
        raise ExecutionError(ROW_CHECK)


def _must_identify(plan: WritePlan) -> bool:
    """Return whether a key may now be that of another row, or of none, unnoticed by the checks."""
    if plan.check is not None:
        return not plan.target.proven_key
    return bool(plan.parents) and (plan.target.moves_rows or not plan.target.proven_key)


def check_references(
    writer: Writer, keys: Iterable[Key], parents: tuple[ParentReference, ...]
) -> Part[None]:
    """Reject rows whose references match no parent that the role sees."""
    questions = _references(writer, list(chunks(keys)), parents)
    _refuse_missing((yield from writer.ask_all(questions)))


def _references(
    writer: Writer, parts: list[list[Key]], parents: tuple[ParentReference, ...]
) -> list[Question]:
    return [_missing_parents(writer, part, each) for part in parts for each in parents]


def _refuse_missing(answers: list[Answer]) -> None:
    if any(answer.count for answer in answers):
        raise ExecutionError(FOREIGN_KEY_VIOLATION)


def _passes(writer: Writer, keys: list[Key], check: Condition) -> Question:
    target, lifter = writer.plan.target, writer.lifter()
    statement = CountCheckPasses(
        relation=target.relation,
        columns=target.columns,
        where=lifter.lift(writer.found(keys)),
        check=lifter.lift(check),
    )
    return statement, lifter


def _missing_parents(writer: Writer, keys: list[Key], reference: ParentReference) -> Question:
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
        collations=reference.collations,
        spans=reference.spans,
    )
    return statement, lifter
