"""Checks of written rows: the row check, and references into filtered tables."""

from collections.abc import Iterable, Mapping

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
from faucet.request.execute.writer import Part, Question, Writer, chunks
from faucet.sql.compiled import Answer, Key

_Sent = Mapping[str, Scalar]


def predict_check(writer: Writer, change: Change) -> Part[bool]:
    """
    Evaluate the check of *change* before it is written; return whether it may be false.

    If the values sent include all columns of the check, a false one is raised at once. Otherwise it
    depends on defaults or stored values, which a trigger may still change: then the check takes
    precedence over a conflict, which might reveal rows that the caller does not see.
    """
    check = writer.plan.check
    if check is None or writer.plan.verb is Verb.DELETE:
        return False
    needed = sorted(columns_of(check))
    if _decides(change, needed):
        yield from check_sent_values(writer, (change,))
        return False
    if change.where is None:
        return (yield from _predict_insert(writer, change, needed, check))
    return (yield from _predict_update(writer, change, check))


def check_sent_values(writer: Writer, changes: Iterable[Change]) -> Part[None]:
    """
    Raise `row_check` if the values sent alone decide the check and it is not true.

    It is evaluated once for records with the same values in the columns of the check.
    """
    check = writer.plan.check
    if check is None or writer.plan.verb is Verb.DELETE:
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


def _sent(change: Change) -> _Sent:
    return dict(zip(change.assign, change.values, strict=True))


def _decides(change: Change, needed: list[str]) -> bool:
    return bool(needed) and set(needed) <= set(change.assign)


def _predict_insert(
    writer: Writer, change: Change, needed: list[str], check: Condition
) -> Part[bool]:
    known, sent = writer.plan.target.defaults, _sent(change)
    if any(name not in sent and name not in known for name in needed):
        return False
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


def check_written_rows(writer: Writer, keys: Iterable[Key]) -> Part[None]:
    """Check the references and the row check of every written row, found by its key."""
    parts, check = list(chunks(keys)), writer.plan.check
    references = _references(writer, parts, writer.plan.parents)
    passes = [] if check is None else [_passes(writer, part, check) for part in parts]
    answers = yield from writer.ask_all([*references, *passes])
    # References first, since constraints are checked before the row check.
    _refuse_missing(answers[: len(references)])
    checked = answers[len(references) :]
    if any(answer.count != len(part) for answer, part in zip(checked, parts, strict=False)):
        raise ExecutionError(ROW_CHECK)


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
    )
    return statement, lifter
